"""A store that is updated in memory alone: what an update would do, without a file of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_text
from churnlab.schema.files import one_line
from churnlab.store.activity_store import ActivityStore
from churnlab.store.folder import StoreFolder
from churnlab.store.manifest import NAME, DayEntry, Manifest, read_manifest
from churnlab.store.meaning import meaning_of
from churnlab.store.row_file import FileEntry
from churnlab.store.row_writer import RowWriter


class RehearsedFolder(StoreFolder):
    """The folder of a store as it is, with days that are put in and never written there.

    >>> folder = RehearsedFolder.of("/nowhere", {"timezone": "UTC"})
    >>> folder.days, folder.written
    ((), {})
    """

    def __init__(self, path: str | Path, manifest: Manifest) -> None:
        super().__init__(path, manifest)
        self.written: dict[int, FileEntry] = {}
        self._tables: dict[int, pa.Table] = {}

    @classmethod
    def of(cls, path: str | Path, meaning: Mapping[str, Any]) -> RehearsedFolder:
        """The store in a folder, or a new one without days where there is none.

        Raises ConfigError when the rows of the store there mean something else, StoreError when it
        cannot be read.
        """
        if not (Path(path) / NAME).exists():
            return cls(path, Manifest(dict(meaning)))
        found = cls(path, read_manifest(Path(path)))
        if found.first_day is None:
            return cls(path, Manifest(dict(meaning)))
        found.check_meaning(meaning)
        return found

    @contextmanager
    def locked(self, wait: float = 0.0) -> Iterator[None]:
        """Nothing is locked: nothing is written."""
        yield

    def refresh(self) -> bool:
        """Nothing: what was put in would be forgotten."""
        return False

    def replace(
        self,
        tables: Mapping[int, pa.Table] | Iterable[tuple[int, pa.Table]],
        counts: Mapping[int, Mapping[str, Any]] | None = None,
        wait: float = 0.0,
    ) -> None:
        """Put days in as `StoreFolder.replace` does; their files are made elsewhere and removed."""
        now, files = self.manifest, dict[int, FileEntry]()
        for day, table in tables.items() if isinstance(tables, Mapping) else tables:
            rows, now = self._admit(now, day, table)
            with tempfile.TemporaryDirectory(prefix="churnlab-") as folder:
                place = Path(folder)
                with one_line(place), RowWriter(place, rows.schema) as writer:
                    writer.write(rows)
                    files[day] = writer.finish(f"day={day_text(day)}/rows")
            self._tables[day] = rows
        said = counts or {}
        entries = {day: DayEntry(file, said.get(day, {})) for day, file in files.items()}
        self.manifest = now.with_days(entries)
        self.written |= files

    def table(self, day: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a day, of those that were put in too."""
        if day not in self._tables:
            return super().table(day, columns)
        found = self._tables[day]
        return found if columns is None else found.select(list(columns))


def rehearsed(folder: str | Path, log: str | Path | None = None, **options: Any) -> ActivityStore:
    """The store of `ActivityStore.create`, for updates of which nothing is written.

    Raises as `create` does.

    >>> columns = {"user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    >>> rehearsed("/nowhere", **columns)
    ActivityStore('/nowhere', 0 days, no day)
    """
    spec = LogSpec.of(**options)
    return ActivityStore(RehearsedFolder.of(folder, meaning_of(spec)), log, spec)
