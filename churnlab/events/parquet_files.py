"""Parquet files as a log, read a range of days at a time where their statistics allow it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events.row_groups import DayGroups, Group, groups_of, read_groups
from churnlab.events.source import BATCH, BYTES_A_ROW, TASKS_A_THREAD, Task, check_columns
from churnlab.events.spec import LogSpec


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
            days = DayGroups(groups, spec.clock_zone(groups[0].naive))
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
