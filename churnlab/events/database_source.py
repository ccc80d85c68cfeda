"""A table of a database as a log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from churnlab.events.inner_columns import InnerColumns
from churnlab.events.source import TASKS_A_THREAD, Source, Task
from churnlab.events.spec import LogSpec
from churnlab.schema.zones import day_settled, instant, local_day, zone_changes


@dataclass(frozen=True)
class DatabaseTable:
    """A table of a database, of Delta or of Iceberg, queried a range of days at a time."""

    name: str
    table: Any

    @property
    def rows(self) -> int:
        """A hundred million: the true number would need a query."""
        return 100_000_000

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Ranges of local days of about equal length."""
        kinds = self.table.schema()
        inner = InnerColumns(self.name, kinds, spec.wanted())
        time = inner.places[spec.time][0]
        span = self.table.span(time) if time == spec.time else None
        if span is None or self.table.lacks(time):
            return [Task(partial(self._batches, inner, time, None, None), spec.days)]
        zoned = getattr(kinds.field(spec.time).type, "tz", None) is not None
        zone_name = spec.clock_zone(not zoned)
        first, last = local_day(np.array(span), *zone_changes(zone_name, *span)).tolist()
        if spec.days is not None:
            first = max(first, spec.days[0])
            last = min(last, spec.days[1] - 1)
        begins = _begins(first, last + 1, threads * TASKS_A_THREAD, zone_name)
        return [
            Task(partial(self._batches, inner, time, begins[a], begins[z]), (a, z))
            for a, z in pairwise(begins)
        ]

    def _batches(
        self, inner: InnerColumns, time: str, low: int | None, high: int | None
    ) -> Iterator[pa.RecordBatch]:
        """The wanted columns of the rows with `low <= time < high` on the table's clock."""
        return map(inner.pick, self.table.batches(inner.outer, time, low, high))

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """None: the table is read batch by batch."""
        return None


def versioned(source: Source) -> dict[str, int]:
    """The version of a table that keeps versions, as `{"version": 7}`; else nothing."""
    version = getattr(source.table, "version", None) if isinstance(source, DatabaseTable) else None
    return {} if version is None else {"version": version}


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
