"""Where events come from: files, frames and tables of databases, cut into tasks."""

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
from churnlab.events.databases import open_database
from churnlab.events.row_groups import DayGroups, Group, groups_of, read_groups
from churnlab.events.spec import LogSpec
from churnlab.events.times import micros_of
from churnlab.schema.zones import day_settled, instant, local_day, zone_changes

BATCH = 131_072
TASKS_A_THREAD = 4
BYTES_A_ROW = 64  # of a decoded event in memory, roughly
_LONG = 1_000_000  # rows from which on a frame is worth cutting
_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")


@dataclass(frozen=True)
class Task:
    """Events that one core rolls up on its own: whole local days, or whole people.

    `batches` starts from the beginning at each call. Events outside the local days
    `[days[0], days[1])` belong to another task. `ordered` says that the events probably come in the
    order of time.
    """

    batches: Callable[[], Iterator[pa.RecordBatch]]
    days: tuple[int, int] | None = None
    ordered: bool = True


class Source(Protocol):
    """A log before it is checked."""

    @property
    def name(self) -> str:
        """The name of the source in messages."""

    @property
    def rows(self) -> int:
        """The number of events, roughly; it decides how many partitions a log has on disk."""

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """The whole log as tasks; LogError when a column is missing or a file cannot be read."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation | None:
        """The whole log for DuckDB to sort on disk, None where DuckDB cannot read it."""


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files, read a range of days at a time where the statistics of row groups allow it."""

    name: str
    files: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of events by the files' metadata."""
        return sum(pq.read_metadata(f).num_rows for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of days where the times of row groups hardly overlap, else one unordered task."""
        groups = [g for file in self.files for g in self._groups(file, spec)]
        if not groups:
            raise LogError.from_empty(self.name)
        if all(g.low is not None for g in groups):
            days = DayGroups(groups, None if groups[0].naive else spec.timezone or "UTC")
            to_fit = days.rows * BYTES_A_ROW * threads // spec.memory + 1
            wanted = max(threads * TASKS_A_THREAD, to_fit)
            ranges = days.ranges(wanted, spec.days, 4 * BATCH)
            if ranges is not None:
                return [Task(partial(read_groups, g, spec, BATCH), (a, z)) for a, z, g in ranges]
        ordered = len(groups) == 1 or groups[0].low is None
        return [Task(lambda: read_groups(groups, spec, BATCH), spec.days, ordered=ordered)]

    def _groups(self, file: str, spec: LogSpec) -> list[Group]:
        try:
            with pq.ParquetFile(file) as opened:
                meta = opened.metadata
                arrow = opened.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(file, str(error)) from error
        check_columns(file, spec.wanted(), arrow.names)
        return list(groups_of(file, meta, arrow, spec.time))

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All files as one relation, columns matched by name."""
        return connection.read_parquet(list(self.files), union_by_name=True)


@dataclass(frozen=True)
class CsvFiles:
    """CSV files with one header line each; all columns are text."""

    name: str
    files: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of events if each took 32 bytes, or 4 in a compressed file."""
        return sum(Path(f).stat().st_size // (4 if f.endswith(".gz") else 32) for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One task, in the order of the files."""
        check_columns(self.name, spec.wanted(), header(self.files[0])[0])
        return [Task(lambda: self._batches(spec), spec.days)]

    def _batches(self, spec: LogSpec) -> Iterator[pa.RecordBatch]:
        try:
            with duckdb.connect(":memory:") as connection:
                columns = self.relation(connection).project(quoted(spec.columns))
                yield from columns.to_arrow_reader(BATCH)
        except (duckdb.Error, OSError, UnicodeError, EOFError, pa.ArrowException) as error:
            name = self.files[0] if len(self.files) == 1 else self.name
            raise LogError.from_unreadable(name, str(error)) from error

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All files as one relation; LogError where a header differs from the first file's."""
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
    """A dataframe as an Arrow table, cut into ranges of days where it is long and in order."""

    name: str
    table: pa.Table

    @property
    def rows(self) -> int:
        """The number of events."""
        return self.table.num_rows

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of rows that begin with a day, or one task."""
        check_columns(self.name, spec.wanted(), self.table.column_names)
        table = self.table.select(spec.columns)
        cuts = _day_cuts(table.column(spec.time), spec, threads * TASKS_A_THREAD)
        if spec.days is not None or len(cuts) < 3:
            return [Task(lambda: iter(table.to_batches(BATCH)), spec.days)]
        return [Task(partial(_rows_of, table, a, z)) for a, z in pairwise(cuts)]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """None: DuckDB would need the types of every Arrow column."""
        return None


def _rows_of(table: pa.Table, begin: int, end: int) -> Iterator[pa.RecordBatch]:
    yield from table.slice(begin, end - begin).to_batches(BATCH)


def _day_cuts(times: pa.ChunkedArray, spec: LogSpec, wanted: int) -> list[int]:
    """Rows at which to cut a long table in the order of time so that no local day is cut in two.

    The first is 0 and the last the number of rows. Empty for any other table.
    """
    if len(times) < _LONG or not pa.types.is_timestamp(times.type) or times.null_count:
        return []
    chunks = [micros_of(chunk) for chunk in times.chunks]
    if any(chunk is None for chunk in chunks):
        return []
    clock: np.ndarray = np.concatenate(chunks)  # type: ignore[arg-type]
    if (np.diff(clock) < 0).any():
        return []
    zone_name = None if times.type.tz is None else spec.timezone or "UTC"
    changes = zone_changes(zone_name, int(clock[0]), int(clock[-1]))
    rows = [0]
    for k in range(1, wanted):
        at = clock[len(clock) * k // wanted]
        day = int(local_day(np.array([at]), *changes)[0])
        begin = instant(day, zone_name)
        if begin == day_settled(day, zone_name):
            rows.append(int(np.searchsorted(clock, begin)))
    return sorted({*rows, len(clock)})


@dataclass(frozen=True)
class DatabaseTable:
    """A table of DuckDB or PostgreSQL, queried a range of days at a time."""

    name: str
    table: Any

    @property
    def rows(self) -> int:
        """A hundred million: the true number would need a query."""
        return 100_000_000

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of local days of about equal length."""
        kinds = self.table.schema()
        check_columns(self.name, spec.wanted(), kinds.names)
        span = self.table.span(spec.time)
        if span is None or self.table.lacks(spec.time):
            whole = partial(self.table.batches, spec.columns, spec.time, None, None)
            return [Task(whole, spec.days)]
        zoned = getattr(kinds.field(spec.time).type, "tz", None) is not None
        zone_name = spec.timezone or "UTC" if zoned else None
        first, last = local_day(np.array(span), *zone_changes(zone_name, *span)).tolist()
        if spec.days is not None:
            first = max(first, spec.days[0])
            last = min(last, spec.days[1] - 1)
        begins = _begins(first, last + 1, threads * TASKS_A_THREAD, zone_name)
        return [
            Task(partial(self.table.batches, spec.columns, spec.time, begins[a], begins[z]), (a, z))
            for a, z in pairwise(begins)
        ]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """None: the table is read batch by batch."""
        return None


def _begins(first: int, end: int, wanted: int, zone_name: str | None) -> dict[int, int]:
    """The days at which to cut `[first, end)` into `wanted` ranges, and the clock at which to cut.

    No cut is made where the clock is set back over midnight: the same hours belong to both days.
    """
    count = min(wanted, max(end - first, 1))
    edges = np.unique(np.linspace(first, end, count + 1).astype(int)).tolist()
    begins = {edges[0]: instant(edges[0], zone_name)}
    for day in edges[1:-1]:
        if instant(day, zone_name) == day_settled(day, zone_name):
            begins[day] = instant(day, zone_name)
    return begins | {edges[-1]: day_settled(edges[-1], zone_name)}


def open_path(path: str | Path | Sequence[str], spec: LogSpec) -> Source:
    """The files that a path, a pattern or several of them name, or the table of a database."""
    paths = _as_paths(path)
    memory = f"{max(spec.memory // 2**20, 64)}MB"
    found = open_database(paths[0], spec.table, memory_limit=memory, threads=spec.threads)
    return DatabaseTable(found.name, found) if found is not None else open_files(paths)


def open_files(path: str | Path | Sequence[str]) -> ParquetFiles | CsvFiles:
    """The Parquet or CSV files that a path, a pattern or several of them name."""
    paths = _as_paths(path)
    files = tuple(dict.fromkeys(f for p in paths for f in matching(p)))
    return (CsvFiles if files[0].lower().endswith(_CSV) else ParquetFiles)(paths[-1], files)


def _as_paths(path: str | Path | Sequence[str]) -> list[str]:
    return [str(p) for p in ([path] if isinstance(path, str | Path) else path)]


def is_there(path: str) -> bool:
    """Whether a path or pattern names any file."""
    return any(Path(f).is_file() for f in glob.glob(path, recursive=True))


def matching(path: str | Path) -> list[str]:
    """The files of a path or pattern, sorted; LogError when there is none.

    A folder stands for the Parquet files in it and in its folders.
    """
    text = str(path)
    if Path(text).is_dir():
        text = str(Path(text) / "**" / "*.parquet")
    files = sorted(f for f in glob.glob(text, recursive=True) if Path(f).is_file())
    if not files:
        raise LogError.from_no_file(str(path))
    return files


def header(file: str) -> tuple[list[str], str]:
    """The column names of a CSV file and its separator, the commonest mark of its first line."""
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
    """Column names for SQL.

    >>> print(quoted(["user", 'a"b']))
    "user", "a""b"
    """
    return ", ".join('"' + n.replace('"', '""') + '"' for n in columns)


def open_frame(frame: Any, columns: dict[str, str]) -> Frame:
    """A dataframe of pandas, polars, pyarrow or DuckDB, or one that gives an Arrow C stream.

    `columns` takes options to the columns that they name. LogError when a column is missing or the
    frame cannot be read.
    """
    names = list(dict.fromkeys(columns.values()))
    if isinstance(frame, pd.DataFrame):
        check_columns("the frame", columns, frame.columns)
        return Frame("the frame", _from_pandas(frame[names]))
    if isinstance(frame, duckdb.DuckDBPyRelation):
        check_columns("the relation", columns, frame.columns)
        return Frame("the relation", frame.project(quoted(names)).to_arrow_table())
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        wanted = "a dataframe that gives an Arrow C stream (pandas, polars, pyarrow, DuckDB)"
        raise LogError.from_wrong_type("the log", "frame", type(frame).__name__, wanted)
    return Frame("the frame", pa.table(frame))


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    with warnings.catch_warnings():  # pyarrow 25 asks pandas 3.1 for zoned times in the old way
        warnings.filterwarnings("ignore", "Series.values returning an ndarray that drops timezone")
        try:
            return pa.Table.from_pandas(frame, preserve_index=False)
        except pa.ArrowException as error:
            reason = ": ".join(map(str, error.args))
            way = "give every column values of one type"
            raise LogError.from_unreadable("the frame", reason, way) from error


def check_columns(source: str, columns: dict[str, str], present: Any) -> None:
    """Raise LogError for the first column that is missing or there twice.

    `columns` takes options to the columns that they name.
    """
    names = list(present)
    for option, name in columns.items():
        if name not in names:
            raise LogError.from_missing_column(source, option, name, names)
        if names.count(name) > 1:
            given, wanted = "there more than once", "one column of that name"
            raise LogError.from_wrong_type(source, name, given, wanted)
