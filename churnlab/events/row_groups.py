"""Row groups of Parquet files: which days they reach into, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events.file_system import File
from churnlab.events.picked import Picker
from churnlab.events.spec import LogSpec
from churnlab.schema.zones import local_day, zone_changes


@dataclass(frozen=True)
class Group:
    """A row group by its file and its place in it.

    `low` and `high` are the smallest and largest time in microseconds, None where the statistics do
    not say; `naive`: the times carry no zone; `text` names the text columns of the file; `picker`
    makes the wanted columns.
    """

    file: File
    place: int
    rows: int
    low: int | None
    high: int | None
    naive: bool
    text: tuple[str, ...]
    picker: Picker = field(compare=False)


def groups_of(
    file: File, meta: pq.FileMetaData, arrow: pa.Schema, spec: LogSpec
) -> Iterator[Group]:
    """The row groups of a file that have rows, with the statistics of the column of times.

    LogError where the file lacks a column of the log.
    """
    picker = Picker(file, arrow, spec.wanted())
    time = spec.time
    text = tuple(
        f.name for f in arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)
    )
    column = next((i for i in range(meta.num_columns) if meta.schema.column(i).path == time), None)
    kind = arrow.field(time).type if column is not None and time in arrow.names else pa.null()
    usable = pa.types.is_timestamp(kind)
    for place in range(meta.num_row_groups):
        rows = meta.row_group(place).num_rows
        found = meta.row_group(place).column(column).statistics if usable else None
        low, high = (_ends(found) if found is not None else None) or (None, None)
        if low is not None or rows:
            yield Group(file, place, rows, low, high, usable and kind.tz is None, text, picker)


def _ends(found: Any) -> tuple[int, int] | None:
    """The first and last microsecond by the statistics.

    None where they do not say, or where a row has no time and so belongs to no day.
    """
    if not found.has_min_max or found.null_count:
        return None
    try:
        low, high = (
            int(np.datetime64(v.replace(tzinfo=None), "us").astype(np.int64))
            for v in (found.min, found.max)
        )
    except (OverflowError, ValueError, TypeError):  # a time that no calendar shows
        return None
    return low, high


class DayGroups:
    """Row groups in the order of time, to be cut into ranges of local days."""

    def __init__(self, groups: list[Group], zone_name: str | None) -> None:
        self.groups = groups
        self.rows = sum(g.rows for g in groups)
        low = min(g.low for g in groups)  # type: ignore[type-var]
        high = max(g.high for g in groups)  # type: ignore[type-var]
        changes = zone_changes(zone_name, low, high)  # type: ignore[arg-type]
        # A zone that sets its clock back over midnight returns to the day before: one more day on
        # either side.
        slack = 0 if len(changes[0]) == 1 else 1
        self.low = local_day(np.array([g.low for g in groups]), *changes) - slack
        self.high = local_day(np.array([g.high for g in groups]), *changes) + slack
        self.order = np.argsort(self.low, kind="stable")

    def ranges(
        self, wanted: int, days: tuple[int, int] | None, slack: int
    ) -> list[tuple[int, int, list[Group]]] | None:
        """About `wanted` ranges of days `[low, high)` of about equal rows, within `days`.

        Each comes with the row groups that reach into it. None where row groups overlap so much
        that reading by range would read more than 1.5 times the rows, and `slack` more for each
        range.
        """
        first = int(self.low.min())
        last = int(self.high.max()) + 1
        if days is not None:
            first = max(first, days[0])
            last = min(last, days[1])
        found = [
            (low, high, self._reaching(low, high))
            for low, high in pairwise(self._edges(wanted, first, last))
        ]
        rows = sum(g.rows for _, _, groups in found for g in groups)
        if rows > 1.5 * self.rows + slack * len(found):
            return None
        return [r for r in found if r[2]]

    def _reaching(self, low: int, high: int) -> list[Group]:
        """The row groups that may hold events of the days `[low, high)`."""
        return [self.groups[i] for i in self.order if self.low[i] < high and self.high[i] >= low]

    def _edges(self, wanted: int, first: int, last: int) -> list[int]:
        """The days at which to cut `[first, last)`, both ends included."""
        rows = np.array([self.groups[i].rows for i in self.order])
        share = np.cumsum(rows) / max(self.rows, 1)
        at = np.searchsorted(share, np.arange(1, wanted) / wanted)
        cuts = self.low[self.order[np.minimum(at, len(rows) - 1)]].tolist()
        return sorted({first, *(c for c in cuts if first < c < last), max(last, first)})


def read_groups(groups: list[Group], spec: LogSpec, batch: int) -> Iterator[pa.RecordBatch]:
    """The columns of the log in batches of about `batch` rows, file by file; text as dictionaries.

    One thread decodes, because several tasks run at the same time. LogError for a damaged file.
    """
    by_file: dict[str, list[Group]] = {}
    for group in groups:
        by_file.setdefault(group.file.name, []).append(group)
    for mine in by_file.values():
        file = mine[0].file
        picker = mine[0].picker
        texts = [c for c in spec.columns if c in mine[0].text]
        try:
            with opened(file, read_dictionary=texts, page_checksum_verification=True) as found:
                for places, rows in together([(g.place, g.rows) for g in mine], batch):
                    for some in found.iter_batches(
                        rows, row_groups=places, columns=picker.read, use_threads=False
                    ):
                        yield picker.pick(some)
        except (pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(file.name, str(error)) from error


def opened(file: File, **options: Any) -> pq.ParquetFile:
    """A Parquet file; one at an address is read in few large requests."""
    if file.system is None:
        return pq.ParquetFile(file.path, **options)
    return pq.ParquetFile(file.path, filesystem=file.system, pre_buffer=True, **options)


def together(groups: list[tuple[int, int]], batch: int) -> Iterator[tuple[list[int], int]]:
    """Places of row groups to read at once, and the rows that a batch of them shall have.

    `groups` are places and rows. A batch that ends within a row group makes pyarrow join and copy
    its columns, so a batch is one large row group or several small ones.

    >>> list(together([(0, 60), (1, 60), (2, 900)], 100))
    [([0], 60), ([1], 60), ([2], 400)]
    """
    held: list[int] = []
    rows = 0
    for place, more in groups:
        if held and rows + more > batch:
            yield held, min(max(rows, 1), 4 * batch)
            held = []
            rows = 0
        held.append(place)
        rows += more
    if held:
        yield held, min(max(rows, 1), 4 * batch)
