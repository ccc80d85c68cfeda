"""StoreFolder: daily rows in a folder, a Parquet file a day, and a manifest switched as a whole.

Rows are Arrow tables sorted by user_id:

| column | type | meaning |
|---|---|---|
| `user_id` | int64 or string | the person |
| `known` | int32 | only with arrival times: the day on which this version of the row was known |
| measures | whole numbers | `acts` and others |

A file that the manifest does not name does not exist, so a crash leaves the store as it was; the
next update removes what was left behind, and nothing that others have put there. File names hold
the digest of the content, and nothing depends on a clock: the same rows make the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from filelock import FileLock, Timeout

from churnlab.errors import LockedError, OutputError, StoreError
from churnlab.events.addresses import local_folder
from churnlab.schema.days import before, day_text
from churnlab.schema.files import PartFile, check_path, one_line
from churnlab.store.carry import DERIVED, carry_schema, fold
from churnlab.store.disk import allow_open_files, sweep, sync_folder
from churnlab.store.later_columns import filled, grown, later_of
from churnlab.store.manifest import (
    NAME,
    SCHEMA_VERSION,
    DayEntry,
    Manifest,
    fingerprint,
    read_manifest,
)
from churnlab.store.ranges import OpenFiles, PeopleRange
from churnlab.store.row_file import ID, KNOWN, FileEntry, RowFile, check_file
from churnlab.store.row_writer import RowWriter, checked_rows

PEOPLE = 100_000
TRIES = 20
T = TypeVar("T")


class StoreFolder:
    """A folder of daily rows. Readers need no lock; a writer holds `<folder>/.lock`.

    Readers see the store as it was when it was opened or last refreshed; when an update has
    removed a file since, they look again. Days count from 1970-01-01. Raises StoreError,
    LockedError while another update runs, OutputError when the disk refuses, and ConfigError when
    the meaning differs.
    """

    def __init__(self, path: str | Path, manifest: Manifest) -> None:
        self.path = local_folder(path, "the folder of the store")
        self.manifest = manifest
        self._lock = FileLock(self.path / ".lock")
        self._unsure = False  # whether the newest manifest may be lost in a crash

    @classmethod
    def create(cls, path: str | Path, meaning: Mapping[str, Any], wait: float = 0.0) -> StoreFolder:
        """A new store without days, or the store in the folder if its rows mean the same.

        `meaning` is ready for JSON: roles, zone, measures and whatever else decides what the rows
        say. A store that never had a day takes a new meaning. Raises ConfigError when the rows
        of the store mean something else.
        """
        check_path(path)
        store = cls(path, Manifest(dict(meaning)))
        if store._means(meaning):
            return store
        with one_line(store.path):
            store.path.mkdir(parents=True, exist_ok=True)
        with store.locked(wait):
            if not store._means(meaning):
                store._switch(Manifest(dict(meaning)))
        return store

    def _means(self, meaning: Mapping[str, Any]) -> bool:
        """True if the folder holds a store of this meaning; raises if its rows have another."""
        if not (self.path / NAME).exists():
            return False
        self.refresh()
        if self.manifest.first_day is not None:
            self.check_meaning(meaning)
        return self.fingerprint == fingerprint(meaning)

    @classmethod
    def open(cls, path: str | Path) -> StoreFolder:
        """The store in a folder.

        Raises StoreError when there is none, it is damaged, or a newer version wrote it.
        """
        return cls(path, read_manifest(Path(path)))

    def refresh(self) -> bool:
        """Read the manifest again; True if it has changed."""
        before, self.manifest = self.manifest, read_manifest(self.path)
        return before != self.manifest

    def check_meaning(self, meaning: Mapping[str, Any]) -> None:
        """Raise ConfigError, with the first key that differs, unless the store means the same."""
        self.manifest.check_meaning(meaning, self.path)

    @property
    def meaning(self) -> Mapping[str, Any]:
        """The meaning of the rows, as given to `create`."""
        return self.manifest.meaning

    @property
    def fingerprint(self) -> str:
        """sha256 of the meaning."""
        return fingerprint(self.meaning)

    @property
    def days(self) -> tuple[int, ...]:
        """The days whose rows are kept, ascending, empty days included."""
        return tuple(self.manifest.days)

    @property
    def first_day(self) -> int | None:
        """The earliest day that was ever written, folded or not."""
        return self.manifest.first_day

    @property
    def before_day(self) -> int | None:
        """The day before which all days are folded into the carry; None without a carry."""
        return self.manifest.folded.before_day if self.manifest.folded else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The measures, in the order of the stored columns."""
        return self.manifest.columns or ()

    def counts(self, day: int) -> Mapping[str, Any]:
        """The counts that were stored with a day."""
        self._require(range(day, day + 1))
        return self.manifest.days[day].counts

    def missing_days(self) -> tuple[int, ...]:
        """Days between the first and the last kept one that were never written."""
        return tuple(self.manifest.missing(self._kept()))

    def _kept(self) -> range:
        """The days from the first to the last kept one, missing days included."""
        return range(self.manifest.kept_from or 0, self.days[-1] + 1) if self.days else range(0)

    def describe(self) -> dict[str, Any]:
        """Days, rows, bytes of all files, people and compaction of the store, ready for JSON."""
        days, folded = self.days, self.manifest.folded
        carry = folded and {
            "before_day": day_text(folded.before_day),
            "days": folded.days,
            "rows": folded.rows,
            "people": folded.file.people,
        }
        return {
            "folder": str(self.path),
            "schema_version": SCHEMA_VERSION,
            "fingerprint": self.fingerprint,
            "days": len(days),
            "first_day": day_text(days[0]) if days else None,
            "last_day": day_text(days[-1]) if days else None,
            "missing_days": [day_text(d) for d in self.missing_days()],
            "rows": sum(e.file.rows for e in self.manifest.days.values()),
            "bytes": sum(f.bytes for f in self.manifest.files()),
            "people_newest_day": self.manifest.days[days[-1]].file.people if days else 0,
            "compaction": carry,
        }

    # ── writing ──

    @contextmanager
    def locked(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the store for one writer; inside, `replace` and `compact` do not wait.

        While another update runs, it waits up to `wait` seconds, and then raises LockedError.
        """
        with one_line(self.path):
            try:
                self._lock.acquire(timeout=wait)
            except Timeout as error:  # a Timeout is an OSError
                raise LockedError.from_locked(folder=self.path) from error
        try:
            yield
        finally:
            self._lock.release()

    def replace(
        self,
        tables: Mapping[int, pa.Table] | Iterable[tuple[int, pa.Table]],
        counts: Mapping[int, Mapping[str, Any]] | None = None,
        wait: float = 0.0,
    ) -> None:
        """Add days or replace them: all of them, or none when anything fails.

        `tables` may be a generator, of which one table is in memory at a time. `counts`, ready for
        JSON, is stored with each day; it is read after the last table. A table without rows
        records that the day is empty.
        """
        with self.locked(wait), self._update() as now:
            files: dict[int, FileEntry] = {}
            for day, table in tables.items() if isinstance(tables, Mapping) else tables:
                rows, now = self._admit(now, day, table)
                files[day] = self._write(f"day={day_text(day)}/rows", rows.schema, [rows])
            said = counts or {}
            entries = {day: DayEntry(file, said.get(day, {})) for day, file in files.items()}
            self._switch(now.with_days(entries))

    def compact(self, before_day: int, people: int = PEOPLE, wait: float = 0.0) -> None:
        """Fold all days before `before_day` into one carry row a person, and remove their rows.

        Works on about `people` people at a time. The carry is the same in one step or in many.
        Raises StoreError when a day is missing; days that are folded already are left alone.
        """
        with self.locked(wait), self._update() as now:
            if now.folded and before_day <= now.folded.before_day:
                return
            first = now.kept_from if now.kept_from is not None else before_day - 1
            self._require(range(first, before_day))
            days = [d for d in self.days if before(d, before_day)]
            schema = carry_schema(pa.type_for_alias(now.ids or "int64"), self.columns)
            ranges = self.ranges(days, people, everybody=True)
            file = self._write(
                "carry", schema, (fold(r.tables, r.carry, self.columns) for r in ranges)
            )
            self._switch(now.with_folded(file, before_day))

    @contextmanager
    def _update(self) -> Iterator[Manifest]:
        """The manifest as it is now; afterwards, files of updates that it lacks are removed."""
        meaning = self.meaning
        self.refresh()
        self.check_meaning(meaning)
        self._unsure = False
        now = self.manifest
        try:
            yield now
        finally:
            self._sweep(dropped=now)

    def _admit(self, now: Manifest, day: int, table: pa.Table) -> tuple[pa.Table, Manifest]:
        """A day's rows as they are written, and the manifest with their columns and id type.

        Raises StoreError for a folded day, and for rows that do not fit the other days.
        """
        if now.folded and before(day, now.folded.before_day):
            raise self._folded(day)
        rows = checked_rows(table, day_text(day), DERIVED)
        ids = str(rows.schema.field(ID).type)
        measures = tuple(n for n in rows.column_names if n not in (ID, KNOWN))
        columns = grown(now.columns or measures, measures)
        rows = filled(rows, [c for c in later_of(columns) if c in columns])
        measures = tuple(n for n in rows.column_names if n not in (ID, KNOWN))
        if rows.num_rows and ids != (now.ids or ids):
            raise StoreError.from_ids(day=day_text(day), given=ids, folder=self.path, kept=now.ids)
        if sorted(columns) != sorted(measures):
            reason = f"have the measures {', '.join(measures)}, the store {', '.join(columns)}"
            raise StoreError.from_rows(day=day_text(day), reason=reason)
        now = replace(now, ids=ids if rows.num_rows else now.ids, columns=columns)
        return rows.select([n for n in (ID, KNOWN, *columns) if n in rows.column_names]), now

    def _write(self, stem: str, schema: pa.Schema, tables: Iterable[pa.Table]) -> FileEntry:
        """A new file of the store, of tables over which people ascend."""
        with one_line(self.path), RowWriter(self.path, schema) as writer:
            for table in tables:
                writer.write(table)
            return writer.finish(stem)

    def _switch(self, manifest: Manifest) -> None:
        """Make a manifest the store's: the files that it names are durable, then one rename."""
        with one_line(self.path):
            sync_folder(self.path)
            with PartFile(self.path) as part:
                part.file.write(manifest.text().encode())
                part.sync()
                part.put(self.path / NAME)
        self.manifest, self._unsure = manifest, True
        try:
            sync_folder(self.path)
        except OSError as error:
            raise OutputError.from_unsure(folder=self.path, reason=error) from error
        self._unsure = False

    def _sweep(self, dropped: Manifest) -> None:
        """Remove files that the manifest lacks; none while it may be lost in a crash."""
        if self._unsure:
            return
        with suppress(OSError, StoreError):
            keep = {file.name for file in read_manifest(self.path).files()}
            sweep(self.path, keep, {file.name for file in dropped.files()})

    # ── reading ──

    def table(self, day: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a day, sorted by user_id; `columns` are the measures to read.

        The columns are declared to hold no nulls. Raises StoreError when the day is missing or
        folded, or its file is not what was written.
        """
        file = self._open_files([day], columns).days[0][1]
        rows = file.take()
        file.close()
        return file.schema.empty_table() if rows is None else rows

    def ranges(
        self,
        days: Iterable[int] | None = None,
        people: int = PEOPLE,
        *,
        columns: Sequence[str] | None = None,
        carry_columns: Sequence[str] | None = None,
        everybody: bool = False,
        threads: int = 2,
    ) -> Iterator[PeopleRange]:
        """All rows of some days, in ascending ranges of about `people` people.

        None for `days` means all from the first to the last kept one. Together the ranges hold
        every row once; each also has the carry of its people. Ranges without rows are left out,
        unless `everybody` asks for those with a carry. A range is in memory, and a row group of
        every file. `columns` are the measures to read, `carry_columns` the columns of the carry.
        Raises StoreError as `table` does, before the first range when a day is missing.
        """
        return self._open_files(days, columns, carry_columns).ranges(people, everybody, threads)

    def verify(self) -> None:
        """Read every byte; raises StoreError with the first file that is not what was written."""
        self._again(self._check_files)

    def _check_files(self) -> None:
        for file in self.manifest.files():
            check_file(self.path, file)

    def _open_files(
        self,
        days: Iterable[int] | None,
        columns: Sequence[str] | None,
        carry_columns: Sequence[str] | None = None,
    ) -> OpenFiles:
        wanted = None if days is None else sorted({*days})

        def open_now() -> OpenFiles:
            """Open the files of the days, as the manifest has them now."""
            entries, folded = self.manifest.days, self.manifest.folded
            picked = self._kept() if wanted is None else wanted
            self._require(picked)
            allow_open_files(len(picked))
            later = later_of(self.columns)
            of_days = [c for c in later if c in self.columns]
            files = [
                (day, RowFile(self.path, entries[day].file, columns, of_days)) for day in picked
            ]
            if not folded:
                return OpenFiles(files, None)
            carried = [c for c in later if c not in of_days]
            return OpenFiles(files, RowFile(self.path, folded.file, carry_columns, carried))

        return self._again(open_now)

    def _again(self, read: Callable[[], T]) -> T:
        """The result of `read`; when a file is missing and the manifest has changed, once more."""
        for _ in range(TRIES):
            try:
                return read()
            except FileNotFoundError as error:
                gone = error
                if not self.refresh():
                    break
        raise StoreError.from_corrupt(file=gone.filename, reason="it is missing") from gone

    def _require(self, days: Iterable[int]) -> None:
        """Raise StoreError for days that are folded, or were never written."""
        missing = self.manifest.missing(days)
        if not missing:
            return
        if missing[0] < (self.before_day or missing[0]):
            raise self._folded(missing[0])
        raise StoreError.from_missing(
            folder=self.path, count=len(missing), day=day_text(missing[0])
        )

    def _folded(self, day: int) -> StoreError:
        kept = day_text(self.before_day or 0)
        return StoreError.from_folded(folder=self.path, day=day_text(day), kept=kept)
