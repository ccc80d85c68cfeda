"""Store: daily rows in a folder, one Parquet file a day, and a manifest that is switched as a whole.

Rows are Arrow tables of `user_id` (int64 or string), perhaps `known` (int32: the day on which this version of the row was known;
versions ascend), and integer measures, `acts` among them, sorted by user_id. A file that the manifest does not name does not
exist, so a crash leaves the store as it was; what is left behind goes at the next update. Names carry the digest of what they
hold, and nothing depends on a clock or on chance: the same rows make the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from filelock import FileLock, Timeout

from churnlab.errors import OutputError, StoreError
from churnlab.schema.days import before, day_text
from churnlab.store.carry import DERIVED, fold, schema_of
from churnlab.store.manifest import (
    NAME,
    SCHEMA_VERSION,
    DayEntry,
    Manifest,
    fingerprint,
    read_manifest,
)
from churnlab.store.row_file import (
    ID,
    KNOWN,
    FileEntry,
    RowFile,
    RowWriter,
    bounds,
    check_file,
    checked_rows,
    sync_folder,
)

PART = ".rows.part"
MANIFEST_PART = ".manifest.part"
TRIES = 20
T = TypeVar("T")


@dataclass(frozen=True)
class Chunk:
    """All rows of the persons with `low < id <= high` (None: no bound): (day, rows) of the days that have some, and their carry."""

    tables: list[tuple[int, pa.Table]]
    carry: pa.Table | None
    low: Any
    high: Any


class Store:
    """A folder of daily rows. Readers need no lock; one writer at a time holds `<folder>/.lock`.

    What is read is the store as it was when it was opened or last `refresh`ed; files that an update took away meanwhile make the
    reader look again. Days are whole numbers since 1970-01-01. Errors are StoreError (exit code 3, or 6 when locked), OutputError
    (7) when the disk refuses, and ConfigError (2) when the meaning differs.
    """

    def __init__(self, folder: str | Path, manifest: Manifest) -> None:
        self.folder, self.manifest = Path(folder), manifest
        self._lock, self._unsure = FileLock(self.folder / ".lock"), False

    @classmethod
    def create(cls, folder: str | Path, meaning: Mapping[str, Any], wait: float = 0.0) -> Store:
        """A new store without days; or the one that is there, when its rows mean the same (else a ConfigError).

        `meaning` is ready for JSON: roles, zone, measures and whatever else decides what the rows say. A store that never had a day takes it.
        """
        store = cls(folder, Manifest(dict(meaning)))
        if store._same(meaning):
            return store
        with _writing(store.folder):
            store.folder.mkdir(parents=True, exist_ok=True)
        with store.locked(wait):
            if not store._same(meaning):
                store._switch(Manifest(dict(meaning)))
        return store

    def _same(self, meaning: Mapping[str, Any]) -> bool:
        """Whether the folder holds a store of this meaning; refused when it holds rows of another."""
        if not (self.folder / NAME).exists():
            return False
        self.refresh()
        if self.manifest.first_day is not None:
            self.check_meaning(meaning)
        return self.fingerprint == fingerprint(meaning)

    @classmethod
    def open(cls, folder: str | Path) -> Store:
        """The store in a folder. Raises StoreError when there is none, it is damaged, or a newer version wrote it."""
        return cls(folder, read_manifest(Path(folder)))

    def refresh(self) -> bool:
        """Looks at the folder again; whether it has changed."""
        before, self.manifest = self.manifest, read_manifest(self.folder)
        return before != self.manifest

    def check_meaning(self, meaning: Mapping[str, Any]) -> None:
        """Raises ConfigError, with the first key that differs and the way out, unless `meaning` is this store's."""
        self.manifest.check_meaning(meaning, self.folder)

    @property
    def meaning(self) -> Mapping[str, Any]:
        """What the rows mean, as it was given to `create`."""
        return self.manifest.meaning

    @property
    def fingerprint(self) -> str:
        """sha256 of the meaning."""
        return fingerprint(self.meaning)

    @property
    def days(self) -> tuple[int, ...]:
        """The days whose rows are kept, ascending, those recorded as empty too."""
        return tuple(self.manifest.days)

    @property
    def first_day(self) -> int | None:
        """The earliest day that was ever written, folded or not."""
        return self.manifest.first_day

    @property
    def before_day(self) -> int | None:
        """The day before which all days are folded into the carry; None without one."""
        return self.manifest.folded.before_day if self.manifest.folded else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The measures, as they stand in the rows."""
        return self.manifest.columns or ()

    def counts(self, day: int) -> Mapping[str, Any]:
        """What was said of a day when it was written."""
        self._require(range(day, day + 1))
        return self.manifest.days[day].counts

    def missing_days(self) -> tuple[int, ...]:
        """Days between the first and the last kept one that were never written."""
        return tuple(self.manifest.missing(self._kept()))

    def _kept(self) -> range:
        """The days from the first to the last kept one, missing ones too."""
        return range(self.manifest.kept_from or 0, self.days[-1] + 1) if self.days else range(0)

    def describe(self) -> dict[str, Any]:
        """What the store holds, ready for JSON; bytes are those of all files."""
        days, folded = self.days, self.manifest.folded
        carry = folded and {
            "before_day": day_text(folded.before_day),
            "days": folded.days,
            "rows": folded.rows,
            "people": folded.file.people,
        }
        return {
            "folder": str(self.folder),
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
        """Holds the store for one writer; inside, `replace` and `compact` need no wait.

        Another update that runs makes it wait up to `wait` seconds and then raises LockedError.
        """
        with _writing(self.folder):
            try:
                self._lock.acquire(timeout=wait)
            except Timeout as error:  # an OSError itself
                raise StoreError.from_fault("locked", folder=self.folder) from error
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
        """Puts days in, new or in the place of what they were; all of them or, when anything fails, none.

        `tables` may be a generator: one table is in memory at a time. `counts`, ready for JSON, is kept beside each day; it is read
        after the last table. A table of no rows records that the day is empty.
        """
        with self.locked(wait), self._update() as now:
            files: dict[int, FileEntry] = {}
            for day, table in tables.items() if isinstance(tables, Mapping) else tables:
                rows, now = self._admit(now, day, table)
                files[day] = self._write(f"day={day_text(day)}/rows", rows.schema, [rows])
            self._switch(
                now.with_days(
                    {
                        day: DayEntry(file, (counts or {}).get(day, {}))
                        for day, file in files.items()
                    }
                )
            )

    def compact(self, before_day: int, people: int = 100_000, wait: float = 0.0) -> None:
        """Folds all days before `before_day` into one carry row a person (see `_carry`), `people` at a time.

        In one step or in many, the carry is the same. The days' rows are gone after it. Days that are missing are an error; folded
        already: nothing happens.
        """
        with self.locked(wait), self._update() as now:
            if now.folded and before_day <= now.folded.before_day:
                return
            self._require(
                range(now.kept_from if now.kept_from is not None else before_day - 1, before_day)
            )
            chunks = self.chunks([d for d in self.days if d < before_day], people, everybody=True)
            target = schema_of(pa.type_for_alias(now.ids or "int64"), self.columns)
            file = self._write(
                "carry", target, (fold(c.tables, c.carry, self.columns) for c in chunks)
            )
            self._switch(now.with_folded(file, before_day))

    @contextmanager
    def _update(self) -> Iterator[Manifest]:
        """The manifest of the moment; afterwards, files that no manifest names are taken away, whether it went well or not."""
        meaning = self.meaning
        self.refresh()
        self.check_meaning(meaning)
        self._unsure = False
        try:
            yield self.manifest
        finally:
            self._sweep()

    def _admit(self, now: Manifest, day: int, table: pa.Table) -> tuple[pa.Table, Manifest]:
        """A day's rows as they are written, and the manifest that knows their columns; refused when they do not fit the others."""
        if now.folded and before(day, now.folded.before_day):
            raise self._folded(day)
        rows = checked_rows(table, day_text(day), DERIVED)
        ids, measures = (
            str(rows.schema.field(ID).type),
            tuple(n for n in rows.column_names if n not in (ID, KNOWN)),
        )
        if rows.num_rows and ids != (now.ids or ids):
            raise StoreError.from_fault(
                "ids", day=day_text(day), given=ids, folder=self.folder, kept=now.ids
            )
        if sorted(now.columns or measures) != sorted(measures):
            reason = (
                f"have the measures {', '.join(measures)}, the store {', '.join(now.columns or ())}"
            )
            raise StoreError.from_fault("rows", day=day_text(day), reason=reason)
        now = replace(now, ids=ids if rows.num_rows else now.ids, columns=now.columns or measures)
        return rows.select(
            [n for n in (ID, KNOWN, *(now.columns or ())) if n in rows.column_names]
        ), now

    def _write(self, stem: str, target: pa.Schema, tables: Iterable[pa.Table]) -> FileEntry:
        """A new file of the store, from tables whose persons ascend."""
        with _writing(self.folder), RowWriter(self.folder / PART, target) as writer:
            for table in tables:
                writer.write(table)
            return writer.finish(self.folder, stem)

    def _switch(self, manifest: Manifest) -> None:
        """Makes the store what the manifest says: all that it names is on disk before, and one rename does it."""
        part = self.folder / MANIFEST_PART
        with _writing(self.folder):
            sync_folder(self.folder)
            with part.open("w", encoding="utf-8") as file:
                file.write(manifest.text())
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.folder / NAME)
        self.manifest, self._unsure = manifest, True
        try:
            sync_folder(self.folder)
        except OSError as error:
            raise StoreError.from_fault("unsure", folder=self.folder, reason=error) from error
        self._unsure = False

    def _sweep(self) -> None:
        """Removes files that the manifest on disk does not name; while it may still fall back to the one before, none."""
        if self._unsure:
            return
        with suppress(OSError, StoreError):
            keep = {file.name for file in read_manifest(self.folder).files()}
            for name in _ours(self.folder):
                if name not in keep:
                    with suppress(OSError):
                        (self.folder / name).unlink(missing_ok=True)
                        (self.folder / name).parent.rmdir()

    # ── reading ──

    def table(self, day: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a day, sorted by user_id; `columns` are the measures to read. Columns are declared to hold no nulls.

        Raises StoreError when the day is missing or folded, or its file is not what was written.
        """
        file = self._opened([day], columns)[0][0][1]
        rows = file.take()
        file.close()
        return file.schema.empty_table() if rows is None else rows

    def chunks(
        self,
        days: Iterable[int] | None = None,
        people: int = 100_000,
        *,
        columns: Sequence[str] | None = None,
        carry_columns: Sequence[str] | None = None,
        everybody: bool = False,
        threads: int = 2,
    ) -> Iterator[Chunk]:
        """All rows of some days (None: from the first to the last kept one), the persons in ascending ranges of about `people`.

        Together the chunks hold every row once. Beside its rows a chunk has the carry of its range of ids; ranges in which nobody has
        a row are left out, unless `everybody`. Memory is bounded by a chunk and `16,384` rows a file. `columns` are the measures
        to read, `carry_columns` the carry's columns. Raises StoreError as `table` does, before the first chunk when a day is missing.
        """
        files, carry = self._opened(days, columns, carry_columns)
        cuts = bounds(
            [*(file for _, file in files), *([carry] if carry and everybody else [])], people
        )
        return _walk(files, carry, cuts, everybody, threads)

    def verify(self) -> None:
        """Reads every byte; raises StoreError with the name of the first file that is not what was written."""
        self._again(self._check_files)

    def _check_files(self) -> None:
        for file in self.manifest.files():
            check_file(self.folder, file)

    def _opened(
        self,
        days: Iterable[int] | None,
        columns: Sequence[str] | None,
        carry_columns: Sequence[str] | None = None,
    ) -> tuple[list[tuple[int, RowFile]], RowFile | None]:
        """The files of days, ascending, and the carry's, all of one manifest."""

        def opened() -> tuple[list[tuple[int, RowFile]], RowFile | None]:
            """As things stand in the manifest now."""
            picked, folded = (
                self._kept() if days is None else sorted({*wanted}),
                self.manifest.folded,
            )
            self._require(picked)
            _allow_handles(len(picked))
            files = [
                (day, RowFile(self.folder, self.manifest.days[day].file, columns)) for day in picked
            ]
            return files, RowFile(self.folder, folded.file, carry_columns) if folded else None

        wanted = list(days or ())
        return self._again(opened)

    def _again(self, read: Callable[[], T]) -> T:
        """What is read; when a file is gone and an update has switched the manifest meanwhile, once more from the new one."""
        for _ in range(TRIES):
            try:
                return read()
            except FileNotFoundError as error:
                gone = error
                if not self.refresh():
                    break
        raise StoreError.from_fault("corrupt", file=gone.filename, reason="it is missing") from gone

    def _require(self, days: Iterable[int]) -> None:
        """Refuses days that are not kept."""
        missing = self.manifest.missing(days)
        if missing and missing[0] < (self.before_day or missing[0]):
            raise self._folded(missing[0])
        if missing:
            raise StoreError.from_fault(
                "missing", folder=self.folder, count=len(missing), day=day_text(missing[0])
            )

    def _folded(self, day: int) -> StoreError:
        kept = day_text(self.before_day or 0)
        return StoreError.from_fault("folded", folder=self.folder, day=day_text(day), kept=kept)


def _walk(
    files: Sequence[tuple[int, RowFile]],
    carry: RowFile | None,
    cuts: Sequence[Any],
    everybody: bool,
    threads: int,
) -> Iterator[Chunk]:
    """The chunks between the cuts; each file goes forward only."""
    low = None
    with ThreadPoolExecutor(threads) as pool:
        for high in (*cuts, None):
            taken = pool.map(lambda file, high=high: file.take(high), [file for _, file in files])
            tables = [
                (day, rows) for (day, _), rows in zip(files, taken, strict=True) if rows is not None
            ]
            carried = carry.take(high) if carry else None
            if tables or (everybody and carried is not None):
                yield Chunk(tables, carried, low, high)
            low = high
    for file in [*(file for _, file in files), *([carry] if carry else [])]:
        file.close()


def _ours(folder: Path) -> list[str]:
    """The files and empty day folders that an update may have left, by their names in the folder."""
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("day=") and entry.is_dir():
                inside = sorted(os.listdir(entry.path))
                names += [f"{entry.name}/{n}" for n in inside if n.startswith("rows-")] or [
                    f"{entry.name}/rows-none"
                ]
            elif entry.name.endswith(".part") or entry.name.startswith("carry-"):
                names.append(entry.name)
    return names


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """What the disk refuses, as an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError.from_unwritable(str(folder), error.strerror or str(error)) from error


def _allow_handles(files: int) -> None:
    """Lets this process open that many files, as far as the system permits."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < files + 256:
            most = files + 256 if hard == resource.RLIM_INFINITY else min(hard, files + 256)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
