"""The manifest of an activity store: what its rows mean and which files hold them. What it does not name does not exist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from churnlab.errors import ConfigError, StoreError
from churnlab.schema.days import before, day_number, day_text
from churnlab.store.row_file import FileEntry

NAME = "manifest.json"
SCHEMA_VERSION = 1


def canonical(content: object) -> str:
    """JSON of which there is one form: keys sorted, no NaN."""
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
    """The file of a day, and what the writer counted."""

    file: FileEntry
    counts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Folded:
    """The carry: its file, the day before which days are in it, how many days and rows they were, and what was counted on them."""

    file: FileEntry
    before_day: int
    days: int
    rows: int
    counts: Mapping[str, Any] = field(default_factory=dict)


def total_counts(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What was counted on several days: numbers are added, lists united.

    >>> total_counts([{"events": 2, "roles": ["open"]}, {"events": 3, "roles": ["buy", "open"]}])
    {'events': 5, 'roles': ['buy', 'open']}
    """
    out: dict[str, Any] = {}
    for each in counts:
        for name, value in each.items():
            out[name] = (
                sorted({*out.get(name, ()), *value})
                if isinstance(value, list)
                else out.get(name, 0) + value
            )
    return out


@dataclass(frozen=True)
class Manifest:
    """What a store is at one moment. `columns` name the measures, `ids` the type of user ids, once a day was written."""

    meaning: Mapping[str, Any]
    days: Mapping[int, DayEntry] = field(default_factory=dict)
    first_day: int | None = None
    folded: Folded | None = None
    columns: tuple[str, ...] | None = None
    ids: str | None = None

    @property
    def kept_from(self) -> int | None:
        """The first day whose rows are there, if nothing is missing."""
        return self.folded.before_day if self.folded else self.first_day

    def files(self) -> list[FileEntry]:
        """Every file that is part of the store."""
        return [*(d.file for d in self.days.values()), *([self.folded.file] if self.folded else [])]

    def missing(self, days: Iterable[int]) -> list[int]:
        """Those of the days that were never written, not even as empty."""
        return [d for d in days if d not in self.days]

    def with_days(self, entries: Mapping[int, DayEntry]) -> Manifest:
        """The same with days added or replaced."""
        days = dict(sorted({**self.days, **entries}.items()))
        return replace(
            self,
            days=days,
            first_day=min(
                [*days, *([] if self.first_day is None else [self.first_day])], default=None
            ),
        )

    def with_folded(self, file: FileEntry, before_day: int) -> Manifest:
        """The same with the days before `before_day` in the carry."""
        gone = [entry for day, entry in self.days.items() if before(day, before_day)]
        days, rows = (self.folded.days, self.folded.rows) if self.folded else (0, 0)
        counts = total_counts(
            [*([self.folded.counts] if self.folded else []), *(e.counts for e in gone)]
        )
        folded = Folded(
            file, before_day, days + len(gone), rows + sum(e.file.rows for e in gone), counts
        )
        return replace(
            self, days={d: e for d, e in self.days.items() if d >= before_day}, folded=folded
        )

    def check_meaning(self, meaning: Mapping[str, Any], where: object) -> None:
        """Refuses rows that would not mean what these mean; a ConfigError names the first key that differs."""
        change = next(
            _changes(json.loads(canonical(self.meaning)), json.loads(canonical(meaning)), ""), None
        )
        if change:
            key, then, now = change
            raise ConfigError.from_changed(
                key,
                then,
                now,
                f"when the store {where} was made",
                "build a new store in another folder",
            )

    def text(self) -> str:
        """The one text of this manifest, with its own sha256."""
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


def _changes(then: object, now: object, where: str) -> Any:
    """(key, then, now) of everything that differs, keys joined by dots."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            yield from _changes(then.get(key), now.get(key), f"{where}.{key}" if where else key)
    elif then != now:
        yield where, then, now


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; raises StoreError when there is none, when it is not what was written, or newer than this."""
    path = folder / NAME
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StoreError.from_fault("none", folder=folder) from error
    except (OSError, ValueError) as error:
        raise StoreError.from_fault(
            "corrupt", file=path, reason=" ".join(str(error).split())[:200]
        ) from error
    return _parsed(path, text)


@lru_cache(maxsize=4)
def _parsed(path: Path, text: str) -> Manifest:
    """The manifest of a text; an update reads the same one several times."""
    try:
        content = json.loads(text)
        version = content["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError.from_fault(
            "corrupt", file=path, reason=" ".join(str(error).split())[:200]
        ) from error
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StoreError.from_fault(
            "newer", folder=path.parent, version=version, known=SCHEMA_VERSION
        )
    try:
        manifest = _of(content)
        same = manifest.text() == text
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError.from_fault("corrupt", file=path, reason=repr(error)[:200]) from error
    if not same:
        raise StoreError.from_fault("corrupt", file=path, reason="its sha256 differs")
    return manifest


def _of(content: Mapping[str, Any]) -> Manifest:
    days = {
        day_number(d): DayEntry(FileEntry(**e["file"]), e["counts"])
        for d, e in content["days"].items()
    }
    folded = content["folded"]
    if folded is not None:
        folded = Folded(
            FileEntry(**folded["file"]),
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
