"""Row groups of Parquet files: which days they reach into, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec
from churnlab.schema.zones import local_day, zone_changes


@dataclass(frozen=True)
class Group:
    """A row group: its file and place, rows, and smallest and largest time in microseconds (None where statistics do not say)."""

    file: str
    place: int
    rows: int
    low: int | None
    high: int | None
    naive: bool
    text: tuple[str, ...]


def groups_of(file: str, meta: pq.FileMetaData, arrow: pa.Schema, time: str) -> Iterator[Group]:
    """The row groups of a file that have rows, with what the statistics of the column `time` say."""
    text = tuple(
        f.name for f in arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
    )
    column = next((i for i in range(meta.num_columns) if meta.schema.column(i).path == time), None)
    kind = arrow.field(time).type
    usable = column is not None and pa.types.is_timestamp(kind)
    for place in range(meta.num_row_groups):
        rows = meta.row_group(place).num_rows
        found = meta.row_group(place).column(column).statistics if usable else None
        low, high = (_ends(found) if found is not None else None) or (None, None)
        if low is not None or rows:
            yield Group(file, place, rows, low, high, usable and kind.tz is None, text)


def _ends(found: Any) -> tuple[int, int] | None:
    """The first and last microsecond that statistics tell of; None where they do not, or some row has no time and so belongs to no day."""
    if not found.has_min_max or found.null_count:
        return None
    try:
        low, high = (
            int(np.datetime64(v.replace(tzinfo=None), "us").astype(np.int64))
            for v in (found.min, found.max)
        )
    except (OverflowError, ValueError, TypeError):  # no calendar shows it
        return None
    return low, high


class DayGroups:
    """Row groups in the order of time, to be cut into ranges of local days."""

    def __init__(self, groups: list[Group], zone_name: str | None) -> None:
        self.groups, self.rows = groups, sum(g.rows for g in groups)
        low, high = min(g.low for g in groups), max(g.high for g in groups)  # type: ignore[type-var]
        turns, shifts = zone_changes(zone_name, low, high)  # type: ignore[arg-type]
        # A zone that sets its clock back over midnight returns to the day before: one more day on either side.
        slack = 0 if len(turns) == 1 else 1
        self.low = local_day(np.array([g.low for g in groups]), turns, shifts) - slack
        self.high = local_day(np.array([g.high for g in groups]), turns, shifts) + slack

    def parts(
        self, wanted: int, days: tuple[int, int] | None, slack: int
    ) -> list[tuple[int, int, list[Group]]] | None:
        """Ranges of days of about equal rows, with the row groups that reach into each; None where groups overlap so much that by half more rows
        would be read, and `slack` for each range."""
        first, last = int(self.low.min()), int(self.high.max()) + 1
        if days is not None:
            first, last = max(first, days[0]), min(last, days[1])
        edges = self._edges(wanted, first, last)
        order = np.argsort(self.low, kind="stable")
        parts = [
            (
                low,
                high,
                [self.groups[i] for i in order if self.low[i] < high and self.high[i] >= low],
            )
            for low, high in pairwise(edges)
        ]
        if sum(g.rows for _, _, found in parts for g in found) > 1.5 * self.rows + slack * len(
            parts
        ):
            return None
        return [p for p in parts if p[2]]

    def _edges(self, wanted: int, first: int, last: int) -> list[int]:
        order = np.argsort(self.low, kind="stable")
        share = np.cumsum(np.array([self.groups[i].rows for i in order])) / max(self.rows, 1)
        cuts = [
            int(self.low[order[min(int(np.searchsorted(share, k / wanted)), len(order) - 1)]])
            for k in range(1, wanted)
        ]
        return sorted({first, *(c for c in cuts if first < c < last), max(last, first)})


def read_groups(groups: list[Group], spec: LogSpec, batch: int) -> Iterator[pa.RecordBatch]:
    """The wanted columns of row groups; texts come as dictionaries. One thread decodes: parts run beside one another."""
    while groups:
        file = groups[0].file
        texts = [c for c in spec.columns if c in groups[0].text]
        mine, groups = [g for g in groups if g.file == file], [g for g in groups if g.file != file]
        try:
            with pq.ParquetFile(
                file, read_dictionary=texts, page_checksum_verification=True
            ) as opened:
                for some, rows in together([(g.place, g.rows) for g in mine], batch):
                    yield from opened.iter_batches(
                        rows, row_groups=some, columns=spec.columns, use_threads=False
                    )
        except (pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(file, str(error)) from error


def together(groups: list[tuple[int, int]], batch: int) -> Iterator[tuple[list[int], int]]:
    """Row groups (place, rows) to be read at once, and how many rows a batch is to have. A batch that ends within a row group makes
    pyarrow join and copy its columns, so a batch is one large row group, or many small ones."""
    held: list[int] = []
    rows = 0
    for place, more in groups:
        if held and rows + more > batch:
            yield held, min(max(rows, 1), 4 * batch)
            held, rows = [], 0
        held, rows = [*held, place], rows + more
    if held:
        yield held, min(max(rows, 1), 4 * batch)
