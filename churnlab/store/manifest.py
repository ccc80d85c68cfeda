"""The manifest of a store: what the rows mean, and which files hold them.

A file that it does not name does not exist.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from churnlab.errors import ConfigError, StoreError
from churnlab.events.span import Span, observed
from churnlab.schema.days import before, day_number, day_text
from churnlab.store.disk import ROW_FILE
from churnlab.store.row_file import FileEntry

NAME = "manifest.json"
SCHEMA_VERSION = 1


def canonical(content: object) -> str:
    """The one JSON text of some content: keys sorted, no spaces, no NaN."""
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )


def fingerprint(meaning: Mapping[str, Any]) -> str:
    """sha256 of a meaning.

    >>> fingerprint({"zone": "UTC", "roles": {}}) == fingerprint({"roles": {}, "zone": "UTC"})
    True
    """
    return hashlib.sha256(canonical(meaning).encode()).hexdigest()


@dataclass(frozen=True)
class DayEntry:
    """The file of a day, and the counts that the writer gave."""

    file: FileEntry
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Folded:
    """The carry: its file, and the days before `before_day` that are folded into it.

    `days` and `rows` are how many they were, `counts` their counts in total.
    """

    file: FileEntry
    before_day: int
    days: int
    rows: int
    counts: Mapping[str, Any] = field(default_factory=dict)


def total_counts(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of several days in total: numbers are added, lists united.

    >>> total_counts([{"events": 2, "roles": ["open"]}, {"events": 3, "roles": ["buy", "open"]}])
    {'events': 5, 'roles': ['buy', 'open']}
    """
    out: dict[str, Any] = {}
    for each in counts:
        for name, value in each.items():
            if isinstance(value, list):
                out[name] = sorted({*out.get(name, ()), *value})
            else:
                out[name] = out.get(name, 0) + value
    return out


@dataclass(frozen=True)
class Manifest:
    """A store at one moment.

    `columns` are the measures in stored order, and `ids` is the type of user ids; both are None
    until a day is written.
    """

    meaning: Mapping[str, Any]
    days: Mapping[int, DayEntry] = field(default_factory=dict)
    first_day: int | None = None
    folded: Folded | None = None
    columns: tuple[str, ...] | None = None
    ids: str | None = None

    @property
    def kept_from(self) -> int | None:
        """The first day whose rows are kept one by one, if none is missing; None without a day."""
        return self.folded.before_day if self.folded else self.first_day

    @property
    def span(self) -> Span | None:
        """The observed ones of the kept days; None without a kept day."""
        if not self.days:
            return None
        events = {day: entry.counts.get("events", 0) for day, entry in self.days.items()}
        return observed(events)

    def files(self) -> list[FileEntry]:
        """Every file that is part of the store."""
        return [*(d.file for d in self.days.values()), *([self.folded.file] if self.folded else [])]

    def missing(self, days: Iterable[int]) -> list[int]:
        """The days that were never written, not even as empty ones."""
        return [d for d in days if d not in self.days]

    def with_days(self, entries: Mapping[int, DayEntry]) -> Manifest:
        """The manifest with days added or replaced."""
        days = dict(sorted({**self.days, **entries}.items()))
        first = [] if self.first_day is None else [self.first_day]
        return replace(self, days=days, first_day=min([*days, *first], default=None))

    def with_folded(self, file: FileEntry, before_day: int) -> Manifest:
        """The manifest with the days before `before_day` folded into the carry in `file`."""
        gone = {day: entry for day, entry in self.days.items() if before(day, before_day)}
        kept = {day: entry for day, entry in self.days.items() if day not in gone}
        earlier = [self.folded] if self.folded else []
        folded = Folded(
            file,
            before_day,
            days=sum(f.days for f in earlier) + len(gone),
            rows=sum(f.rows for f in earlier) + sum(e.file.rows for e in gone.values()),
            counts=total_counts([*(f.counts for f in earlier), *(e.counts for e in gone.values())]),
        )
        return replace(self, days=kept, folded=folded)

    def check_meaning(self, meaning: Mapping[str, Any], where: object) -> None:
        """Raise ConfigError, with the first key that differs, unless the rows mean the same."""
        then, now = (json.loads(canonical(m)) for m in (self.meaning, meaning))
        for key, old, new in _changes(then, now, ""):
            when, remedy = f"when the store {where} was made", "build a new store in another folder"
            raise ConfigError.from_changed(key, old, new, when, remedy)

    def text(self) -> str:
        """The one text of this manifest, which ends with its own sha256."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "meaning": self.meaning,
            "fingerprint": fingerprint(self.meaning),
            "first_day": None if self.first_day is None else day_text(self.first_day),
            "days": {
                day_text(d): {"file": vars(e.file), "counts": e.counts}
                for d, e in self.days.items()
            },
            "folded": asdict(self.folded) if self.folded else None,
            "columns": self.columns,
            "ids": self.ids,
        }
        text = canonical(content)
        return f'{text[:-1]},"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}\n'


def _changes(then: object, now: object, where: str) -> Iterator[tuple[str, object, object]]:
    """(key, then, now) of everything that differs; nested keys are joined by dots."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            yield from _changes(then.get(key), now.get(key), f"{where}.{key}" if where else key)
    elif then != now:
        yield where, then, now


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises StoreError when there is none, it is not what was written, or a newer version wrote it.
    """
    path = folder / NAME
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError.from_none(folder=folder) from error
    except (OSError, ValueError) as error:
        raise _corrupt(path, str(error)) from error
    return parse_manifest(path, text)


@lru_cache(maxsize=4)
def parse_manifest(path: Path, text: str) -> Manifest:
    """The manifest of a text, cached because an update reads the same one several times."""
    try:
        content = json.loads(text)
        version = content["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _corrupt(path, str(error)) from error
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StoreError.from_newer(folder=path.parent, version=version, known=SCHEMA_VERSION)
    try:
        manifest = _of(content)
        same = manifest.text() == text
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _corrupt(path, repr(error)) from error
    if not same:
        raise _corrupt(path, "its sha256 differs")
    return manifest


def _corrupt(path: Path, reason: str) -> StoreError:
    return StoreError.from_corrupt(file=path, reason=" ".join(reason.split())[:200])


def _file(entry: Mapping[str, Any]) -> FileEntry:
    """A file's entry; ValueError for a name that no update gives, such as one outside the store."""
    file = FileEntry(**entry)
    if not ROW_FILE.fullmatch(file.name):
        raise ValueError(f"{file.name!r} is no file of a store")
    return file


def _of(content: Mapping[str, Any]) -> Manifest:
    """The manifest of its JSON content."""
    days = {
        day_number(day): DayEntry(_file(entry["file"]), entry["counts"])
        for day, entry in content["days"].items()
    }
    folded = content["folded"]
    if folded is not None:
        folded = Folded(
            _file(folded["file"]),
            folded["before_day"],
            folded["days"],
            folded["rows"],
            folded["counts"],
        )
    first, columns = content["first_day"], content["columns"]
    return Manifest(
        content["meaning"],
        days,
        None if first is None else day_number(first),
        folded,
        None if columns is None else tuple(columns),
        content["ids"],
    )
