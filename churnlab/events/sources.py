"""Where events come from: files and frames as record batches, a range of days at a time where the source can tell."""

from __future__ import annotations

import csv
import glob
import gzip
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events import databases
from churnlab.events.row_groups import DayGroups, Group, groups_of, read_groups
from churnlab.events.spec import LogSpec
from churnlab.kernels.units import DAY_MICROS, MICRO
from churnlab.schema.days import day_number
from churnlab.schema.zones import day_settled, instant, local_day, zone_changes

BATCH = 131_072
TASKS_A_THREAD = 4
_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")


@dataclass(frozen=True)
class Task:
    """A part of a log that can be rolled up on its own: whole local days, or whole persons.

    `batches` starts from the beginning each time. Events outside the local days `[days[0], days[1])` belong to another task. `ordered` says
    that it is worth a try to read it as ordered by time.
    """

    batches: Callable[[], Iterator[pa.RecordBatch]]
    days: tuple[int, int] | None = None
    ordered: bool = True


class Source(Protocol):
    """A log before it is checked. `rows` is about how many events it has, for the number of parts that it is cut into on disk."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def rows(self) -> int:
        """Events, about."""

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """The log in parts; errors in one line where columns are missing or a file cannot be read."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation | None:
        """The whole log for DuckDB to sort out on disk, None where it cannot."""


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files; row groups whose statistics say that they follow in time are read a range of days at a time."""

    name: str
    files: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Events, by the files' metadata."""
        return sum(pq.read_metadata(f).num_rows for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """By day where the row groups' times hardly overlap, else one unordered task."""
        groups = [g for file in self.files for g in self._groups(file, spec)]
        if not groups:
            raise LogError.from_empty(self.name)
        zone_name, naive = spec.timezone or "UTC", groups[0].naive
        if all(g.low is not None for g in groups):
            days = DayGroups(groups, None if naive else zone_name)
            parts = days.parts(
                max(threads * TASKS_A_THREAD, days.rows * 64 * threads // spec.memory + 1),
                spec.days,
                4 * BATCH,
            )
            if parts is not None:
                return [
                    Task(partial(read_groups, found, spec, BATCH), (low, high))
                    for low, high, found in parts
                ]
        return [
            Task(
                lambda: read_groups(groups, spec, BATCH),
                spec.days,
                ordered=len(groups) == 1 or groups[0].low is None,
            )
        ]

    def _groups(self, file: str, spec: LogSpec) -> list[Group]:
        try:
            with pq.ParquetFile(file) as opened:
                meta, arrow = opened.metadata, opened.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(file, str(error)) from error
        check_columns(file, spec.wanted(), arrow.names)
        return list(groups_of(file, meta, arrow, spec.time))

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All files, columns matched by name."""
        return connection.read_parquet(list(self.files), union_by_name=True)


@dataclass(frozen=True)
class CsvFiles:
    """CSV files with one header line each, all columns text."""

    name: str
    files: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Events, were each as short as 32 bytes (4 when compressed)."""
        return sum(Path(f).stat().st_size // (4 if f.endswith(".gz") else 32) for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One, in the order of the files."""
        check_columns(self.name, spec.wanted(), header(self.files[0])[0])
        return [Task(lambda: self._batches(spec), spec.days)]

    def _batches(self, spec: LogSpec) -> Iterator[pa.RecordBatch]:
        try:
            with duckdb.connect(":memory:") as connection:
                yield from (
                    self.relation(connection).project(quoted(spec.columns)).to_arrow_reader(BATCH)
                )
        except (duckdb.Error, OSError, UnicodeError, EOFError, pa.ArrowException) as error:
            raise LogError.from_unreadable(
                self.files[0] if len(self.files) == 1 else self.name, str(error)
            ) from error

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All files as text columns; LogError where a header differs from the first file's."""
        names, mark = header(self.files[0])
        for file in self.files[1:]:
            if header(file) != (names, mark):
                raise LogError.from_other_header(file, self.files[0])
        return connection.read_csv(
            list(self.files),
            header=True,
            sep=mark,
            quotechar='"',
            escapechar='"',
            auto_detect=False,
            columns=dict.fromkeys(names, "VARCHAR"),
        )


@dataclass(frozen=True)
class Frame:
    """A dataframe as an Arrow table; cut into ranges of days where it is ordered by time."""

    name: str
    table: pa.Table

    @property
    def rows(self) -> int:
        """Events."""
        return self.table.num_rows

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of rows that begin with a day, or one task."""
        check_columns(self.name, spec.wanted(), self.table.column_names)
        table = self.table.select(spec.columns)
        cuts = _day_cuts(table.column(spec.time), spec, threads * TASKS_A_THREAD)
        if spec.days is not None or len(cuts) < 3:
            return [Task(lambda: iter(table.to_batches(BATCH)), spec.days)]
        return [Task(partial(_slices, table, a, z)) for a, z in pairwise(cuts)]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """It is in memory already."""
        return None


def _slices(table: pa.Table, begin: int, end: int) -> Iterator[pa.RecordBatch]:
    yield from table.slice(begin, end - begin).to_batches(BATCH)


_STEPS = {"s": MICRO, "ms": 1000, "us": 1}
_FIRST = day_number("0001-01-01") * DAY_MICROS
_LAST = (day_number("9999-12-31") + 1) * DAY_MICROS


def micros_of(column: pa.Array) -> np.ndarray | None:
    """Times without nulls, of any Arrow type, as microseconds since 1970, int64[n], rounded down; None where some are outside the years 1 to 9999."""
    kind = column.type
    wide = pa.types.is_timestamp(kind) or pa.types.is_date64(kind)
    data = column.buffers()[1]
    raw = (
        np.frombuffer(data, np.int64 if wide else np.int32)[
            column.offset : column.offset + len(column)
        ]
        if data
        else np.zeros(0, np.int64)
    )
    unit = kind.unit if pa.types.is_timestamp(kind) else "ms"
    if wide and unit == "ns":
        return raw // 1000
    step = _STEPS[unit] if wide else DAY_MICROS
    if len(raw) and not _FIRST // step <= raw.min() <= raw.max() < _LAST // step:
        return None
    return raw if step == 1 else raw.astype(np.int64) * step


def _day_cuts(times: pa.ChunkedArray, spec: LogSpec, parts: int) -> list[int]:
    """Rows at which to cut a long table ordered by time so that no local day falls into two parts; [] for any other."""
    if len(times) < 1_000_000 or not pa.types.is_timestamp(times.type) or times.null_count:
        return []
    chunks = [chunk for chunk in map(micros_of, times.chunks) if chunk is not None]
    clock: np.ndarray = (
        np.concatenate(chunks) if len(chunks) == times.num_chunks else np.zeros(0, np.int64)
    )
    if not len(clock) or (np.diff(clock) < 0).any():
        return []
    zone_name = None if times.type.tz is None else spec.timezone or "UTC"
    turns, shifts = zone_changes(zone_name, int(clock[0]), int(clock[-1]))
    rows = [0]
    for k in range(1, parts):
        at = clock[len(clock) * k // parts]
        day = int(local_day(np.array([at]), turns, shifts)[0])
        if instant(day, zone_name) == day_settled(day, zone_name):
            rows.append(int(np.searchsorted(clock, instant(day, zone_name))))
    return sorted({*rows, len(clock)})


@dataclass(frozen=True)
class DatabaseTable:
    """A table of DuckDB or PostgreSQL, a range of days at a time, pushed down into the query."""

    name: str
    table: Any

    @property
    def rows(self) -> int:
        """Not known without a query: the parts are cut for a hundred million."""
        return 100_000_000

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of local days of about equal length."""
        kinds = self.table.schema()
        check_columns(self.name, spec.wanted(), kinds.names)
        kind, span = kinds.field(spec.time).type, self.table.span(spec.time)
        if span is None or self.table.lacks(spec.time):
            return [
                Task(lambda: self.table.batches(spec.columns, spec.time, None, None), spec.days)
            ]
        zone_name = None if getattr(kind, "tz", None) is None else spec.timezone or "UTC"
        turns, shifts = zone_changes(zone_name, *span)
        first, last = local_day(np.array(span), turns, shifts).tolist()
        if spec.days is not None:
            first, last = max(first, spec.days[0]), min(last, spec.days[1] - 1)
        edges = np.unique(
            np.linspace(
                first, last + 1, min(threads * TASKS_A_THREAD, max(last + 1 - first, 1)) + 1
            ).astype(int)
        ).tolist()
        # No cut where the clock is set back over midnight: what is read for one part is not read for another.
        cuts = [d for d in edges[1:-1] if instant(d, zone_name) == day_settled(d, zone_name)]
        begins = {d: instant(d, zone_name) for d in (edges[0], *cuts)} | {
            edges[-1]: day_settled(edges[-1], zone_name)
        }
        return [
            Task(partial(self.table.batches, spec.columns, spec.time, begins[a], begins[z]), (a, z))
            for a, z in pairwise(begins)
        ]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """It is read batch by batch."""
        return None


def open_path(path: str | Path | Sequence[str], spec: LogSpec) -> Source:
    """The files that a path, a pattern or several name, or the table of a database."""
    paths = [str(p) for p in ([path] if isinstance(path, str | Path) else path)]
    found = databases.open_database(
        paths[0],
        spec.table,
        memory_limit=f"{max(spec.memory // 2**20, 64)}MB",
        threads=spec.threads,
    )
    if found is not None:
        return DatabaseTable(found.name, found)
    return open_files(paths)


def open_files(path: str | Path | Sequence[str]) -> ParquetFiles | CsvFiles:
    """The Parquet or CSV files that a path, a pattern or several name."""
    paths = [str(p) for p in ([path] if isinstance(path, str | Path) else path)]
    files = tuple(dict.fromkeys(f for p in paths for f in matching(p)))
    return (CsvFiles if files[0].lower().endswith(_CSV) else ParquetFiles)(paths[-1], files)


def is_there(path: str) -> bool:
    """Whether a path or pattern names any file."""
    return any(Path(f).is_file() for f in glob.glob(path, recursive=True))


def matching(path: str | Path) -> list[str]:
    """The files of a path or pattern, sorted; a folder stands for the Parquet files in it."""
    text = str(path)
    if Path(text).is_dir():
        text = str(Path(text) / "**" / "*.parquet")
    files = sorted(f for f in glob.glob(text, recursive=True) if Path(f).is_file())
    if not files:
        raise LogError.from_no_file(str(path))
    return files


def header(file: str) -> tuple[list[str], str]:
    """The column names of a CSV file and what separates them: the mark that its first line has most of."""
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8-sig")
            if file.endswith(".gz")
            else open(file, encoding="utf-8-sig") as lines
        ):
            line = lines.readline()
    except (OSError, UnicodeError, EOFError) as error:
        raise LogError.from_unreadable(file, str(error)) from error
    mark = max(",;\t|", key=line.count)
    return next(csv.reader([line.rstrip("\r\n")], delimiter=mark), []), mark


def quoted(columns: Sequence[str]) -> str:
    """Column names for SQL."""
    return ", ".join('"' + n.replace('"', '""') + '"' for n in columns)


def open_frame(frame: Any, columns: dict[str, str]) -> Frame:
    """pandas, polars, pyarrow, a DuckDB relation: anything that speaks the Arrow C stream."""
    names = list(dict.fromkeys(columns.values()))
    if isinstance(frame, pd.DataFrame):
        check_columns("the frame", columns, frame.columns)
        with warnings.catch_warnings():  # pyarrow 25 asks pandas 3.1 for zoned times in the old way
            warnings.filterwarnings(
                "ignore", "Series.values returning an ndarray that drops timezone"
            )
            try:
                return Frame("the frame", pa.Table.from_pandas(frame[names], preserve_index=False))
            except pa.ArrowException as error:
                raise LogError.from_unreadable(
                    "the frame", ": ".join(map(str, error.args))
                ) from error
    if isinstance(frame, duckdb.DuckDBPyRelation):
        check_columns("the relation", columns, frame.columns)
        return Frame("the relation", frame.project(quoted(names)).to_arrow_table())
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        raise LogError.from_wrong_type(
            "the log",
            "frame",
            type(frame).__name__,
            "a dataframe that speaks the Arrow C stream (pandas, polars, pyarrow, DuckDB)",
        )
    return Frame("the frame", pa.table(frame))


def check_columns(source: str, columns: dict[str, str], present: Any) -> None:
    """Refuses the first column that is not there, with near names."""
    names = list(present)
    for role, name in columns.items():
        if name not in names:
            raise LogError.from_missing_column(source, role, name, names)
        if names.count(name) > 1:
            raise LogError.from_wrong_type(
                source, name, "there more than once", "one column of that name"
            )
