"""A dataframe as a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.inner_columns import InnerColumns, outer_columns
from churnlab.events.pandas_columns import arrow_of
from churnlab.events.source import BATCH, TASKS_A_THREAD, Task, check_columns, quoted
from churnlab.events.spec import LogSpec
from churnlab.events.times import micros_of
from churnlab.schema.zones import day_settled, instant, local_day, zone_changes

_LONG = 1_000_000  # rows from which on a frame is worth cutting


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
    zone_name = spec.clock_zone(times.type.tz is None)
    changes = zone_changes(zone_name, int(clock[0]), int(clock[-1]))
    rows = [0]
    for k in range(1, wanted):
        at = clock[len(clock) * k // wanted]
        day = int(local_day(np.array([at]), *changes)[0])
        begin = instant(day, zone_name)
        if begin == day_settled(day, zone_name):
            rows.append(int(np.searchsorted(clock, begin)))
    return sorted({*rows, len(clock)})


def open_frame(frame: Any, columns: dict[str, str]) -> Frame:
    """A dataframe of pandas, polars, pyarrow or DuckDB, or one that gives an Arrow C stream.

    `columns` takes options to the columns that they name. LogError when a column is missing or the
    frame cannot be read.
    """
    if isinstance(frame, pd.DataFrame):
        outer = outer_columns("the frame", list(frame.columns), columns)
        times = [columns[o] for o in ("time", "arrived") if columns.get(o) in frame.columns]
        _check_objects(frame, times)
        return _frame("the frame", arrow_of(frame[outer], _of_numbers(columns)), columns)
    if isinstance(frame, duckdb.DuckDBPyRelation):
        outer = outer_columns("the relation", frame.columns, columns)
        return _frame("the relation", frame.project(quoted(outer)).to_arrow_table(), columns)
    if hasattr(frame, "collect") and not hasattr(frame, "__arrow_c_stream__"):
        frame = frame.collect()
    if not hasattr(frame, "__arrow_c_stream__"):
        wanted = "a dataframe that gives an Arrow C stream (pandas, polars, pyarrow, DuckDB)"
        raise LogError.from_wrong_type("the log", "frame", type(frame).__name__, wanted)
    return _frame("the frame", pa.table(frame), columns)


def _frame(name: str, table: pa.Table, columns: dict[str, str]) -> Frame:
    """The frame of the wanted columns of a table, inner ones by a dotted path."""
    return Frame(name, InnerColumns(name, table.schema, columns).table(table))


def _check_objects(frame: pd.DataFrame, times: list[str]) -> None:
    """Refuse a column of Python's times of which some have a zone, which pyarrow would mix up."""
    for name in times:
        if frame[name].dtype != object:
            continue
        kinds = {
            (type(t) is date, t.tzinfo is None if isinstance(t, datetime) else True)
            for t in frame[name]
            if isinstance(t, date) and t is not pd.NaT
        }
        if len({naive for _, naive in kinds}) > 1:
            raise LogError.from_mixed_zones("the frame", name)
        if len(kinds) > 1:
            given, wanted = "dates in some rows and times in others", "one of the two"
            raise LogError.from_wrong_type("the frame", name, given, wanted)


def _of_numbers(columns: dict[str, str]) -> set[str]:
    """The columns that may be numbers: of the amounts and of the measures."""
    needed = {columns.get(o) for o in ("user", "time", "event", "event_id", "arrived")}
    return {*columns.values()} - needed
