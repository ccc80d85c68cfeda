"""Row groups of Parquet files: which days they reach into, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events.file_system import File
from churnlab.events.picked import Picker
from churnlab.events.source import EVERY_DAY
from churnlab.events.spec import LogSpec
from churnlab.schema.zones import local_day, zone_changes

_DAYS_A_RUN = 4


@dataclass(frozen=True)
class Group:
    """A row group by its file and its place in it.

    `low` and `high` are the smallest and largest time in microseconds, `users` the smallest and
    largest id, None where the statistics do not say; `naive`: the times carry no zone; `text` names
    the text columns of the file; `picker` makes the wanted columns.
    """

    file: File
    place: int
    rows: int
    low: int | None
    high: int | None
    users: tuple[Any, Any] | None
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
    paths = [meta.schema.column(i).path for i in range(meta.num_columns)]
    column = paths.index(time) if paths.count(time) == 1 else None
    ids = paths.index(spec.user) if paths.count(spec.user) == 1 else None
    kind = arrow.field(time).type if column is not None and time in arrow.names else pa.null()
    usable = pa.types.is_timestamp(kind)
    for place in range(meta.num_row_groups):
        rows = meta.row_group(place).num_rows
        found = meta.row_group(place).column(column).statistics if usable else None
        low, high = (_ends(found) if found is not None else None) or (None, None)
        if low is not None or rows:
            users = None if ids is None else _users(meta.row_group(place).column(ids).statistics)
            naive = usable and kind.tz is None
            yield Group(file, place, rows, low, high, users, naive, text, picker)


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


def _users(found: Any) -> tuple[Any, Any] | None:
    """The smallest and largest id by the statistics, None where they do not say."""
    if found is None or not found.has_min_max:
        return None
    try:
        both = found.min, found.max
    except ValueError:  # text that was cut within a character
        return None
    alike = all(isinstance(v, int) for v in both) or all(isinstance(v, str) for v in both)
    return both if alike else None


def by_person(groups: list[Group], most: int) -> list[list[Group]]:
    """Up to `most` runs of about equal rows, by rising ids; none where people do not lie together.

    Two row groups may share one person: the last of the one and the first of the other.
    """
    users = [g.users for g in groups if g.users is not None]
    if len(users) < max(len(groups), 2) or len({type(least) for least, _ in users}) > 1:
        return []
    order = sorted(range(len(users)), key=users.__getitem__)
    reach_on = any(users[i][1] > users[j][0] for i, j in pairwise(order))
    rising = [groups[i] for i in order]
    files = [g.file.name for g in rising]
    read_in_turn = sum(one != other for one, other in pairwise(files)) == len(set(files)) - 1
    if reach_on or not read_in_turn:
        return []
    return [rising[a:z] for a, z in pairwise(_edges(rising, most))]


def _edges(groups: list[Group], runs: int) -> list[int]:
    """Where to cut groups into up to so many runs of about equal rows, from 0 to their number."""
    rows = np.cumsum([g.rows for g in groups])
    cuts = np.searchsorted(rows, rows[-1] * np.arange(1, runs) / runs) + 1
    return sorted({0, *cuts.tolist(), len(groups)})


@dataclass(frozen=True)
class DayGroups:
    """Row groups in the order of time, with the first and last day of each, int64[groups]."""

    groups: list[Group]
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, groups: list[Group], zone_name: str | None) -> DayGroups:
        """Row groups whose statistics are all known; `zone_name` is the zone of the log's clock."""
        low = np.array([g.low for g in groups], np.int64)
        high = np.array([g.high for g in groups], np.int64)
        changes = zone_changes(zone_name, int(low.min()), int(high.max()))
        # A zone that sets its clock back over midnight returns to the day before: one more day on
        # either side.
        slack = 0 if len(changes[0]) == 1 else 1
        order = np.argsort(low, kind="stable")
        return cls(
            [groups[i] for i in order],
            local_day(low[order], *changes) - slack,
            local_day(high[order], *changes) + slack,
        )

    def within(self, days: tuple[int, int] | None) -> DayGroups:
        """Only the row groups that reach into the days `[days[0], days[1])`; None: all."""
        if days is None:
            return self
        reach = np.flatnonzero((self.low < days[1]) & (self.high >= days[0]))
        return replace(
            self,
            groups=[self.groups[i] for i in reach],
            low=np.maximum(self.low[reach], days[0]),
            high=np.minimum(self.high[reach], days[1] - 1),
        )

    def runs(self, most: int) -> list[tuple[list[Group], tuple[int, int]]]:
        """Up to `most` runs of about equal rows; with each the days `[low, high)` it alone has.

        Runs are fewer where a log in the order of time has few days, because the days between two
        runs cost more.
        """
        if not self.groups:
            return []
        found = self._cut(most)
        days = int(self.high.max() - self.low.min()) + 1
        ordered = any(low < high for _, (low, high) in found)
        return self._cut(max(1, min(most, days // _DAYS_A_RUN))) if ordered else found

    def _cut(self, runs: int) -> list[tuple[list[Group], tuple[int, int]]]:
        edges = _edges(self.groups, runs)
        return [(self.groups[a:z], self._alone(a, z)) for a, z in pairwise(edges)]

    def _alone(self, begin: int, end: int) -> tuple[int, int]:
        """The days that only the row groups from `begin` to `end` reach into.

        None where these are less than half of the days that they reach into: such groups are
        hardly in the order of time.
        """
        first, last = EVERY_DAY
        low = int(self.high[:begin].max(initial=first)) + 1
        high = int(self.low[end:].min(initial=last))
        reach = int(self.low[begin:end].min()), int(self.high[begin:end].max()) + 1
        alone = min(high, reach[1]) - max(low, reach[0])
        return (low, high) if 2 * alone >= reach[1] - reach[0] else (0, 0)


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
