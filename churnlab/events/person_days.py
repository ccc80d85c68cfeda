"""Events that lie together by person, to blocks of daily rows, without a table of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from churnlab.activity.blocks import Block
from churnlab.activity.memory import ReusedMemory
from churnlab.activity.rows import PIECE_BITS
from churnlab.events.batches import Counts
from churnlab.events.codes import Tables
from churnlab.events.open_day import Disorder, checked_wide
from churnlab.events.source import BYTES_A_ROW
from churnlab.events.spec import LogSpec
from churnlab.kernels import windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.rollup import PersonRoll, Slice
from churnlab.kernels.units import SESSION_GAP_MICROS
from churnlab.schema.zones import zone_changes

_MOST = 2**20  # rows that are held before they become blocks, where memory is enough
_LEAST = 2**17  # no more than a batch of events has: fewer would be blocks of a few rows
_SELDOM = 8  # wide rows are so many times fewer
NOBODY = np.zeros(0, np.int32)


def serves(spec: LogSpec) -> bool:
    """Whether the rows of a day have one version and are made of sums alone."""
    return spec.arrived is None and all(m.kind != "distinct" for m in spec.measures)


class PersonDays:
    """Rolls up events that come one person after the other, by rising ids, each by time.

    The first and the last person may have more events elsewhere: theirs are left in `borders`. Of
    these, and of one person's events, up to `memory` bytes are held; rows wait in memory of
    `reused`. After `finish` the rows of all others are in `blocks`, their number of events by day
    in `events`, and `people` and `at_borders` are the codes of those with rows and those without.
    """

    def __init__(
        self,
        spec: LogSpec,
        tables: Tables,
        keep: Callable[[Block], Block],
        memory: int,
        reused: ReusedMemory,
    ) -> None:
        self.spec = spec
        self.tables = tables
        self.keep = keep
        self.room = memory
        self.reused = reused
        self.blocks: list[Block] = []
        self.events: dict[int, int] = {}
        self.borders: list[Slice] = []
        self.people = NOBODY
        self.at_borders = NOBODY
        self._latest: list[Slice] = []  # the events of the person who came last
        self._roll: PersonRoll | None = None
        self._rows: list[_Rows] = []
        self._people: list[np.ndarray] = []

    def add(self, events: Slice, zone_name: str | None) -> None:
        """Add events; `zone_name` is the zone of the log's clock.

        Raises Disorder when ids fall, or the days or times of a person.
        """
        if not len(events):
            return
        begin = _last_run(events.ids)
        if begin == 0 and (not self._latest or self._latest[0].ids[0] == events.ids[0]):
            self._hold(self._latest, events)
            return
        self._add_latest(zone_name)
        self._add(events.part(slice(0, begin)), zone_name)
        self._hold(self._latest, events.part(slice(begin, len(events))))

    def finish(self, counts: Counts) -> None:
        """Make blocks of the rows that are left, and add what was counted to `counts`."""
        if self._roll is not None:
            self._roll.end()
            for rows in self._rows:
                self._make_blocks(rows)
            counts.events += self._roll.events
            counts.bad_amounts += self._roll.bad_amounts
            counts.duplicates += self._roll.repeats()
        self.borders += self._latest
        self.people = np.unique(np.concatenate([NOBODY, *self._people]))
        ids = np.array([events.ids[0] for events in self.borders], np.int64)
        self.at_borders = self.tables.person_codes(ids) if len(ids) else NOBODY

    def close(self) -> None:
        """Let the memory of the rows go at once, also where `finish` was not reached."""
        self._roll = None
        self._rows = []
        self._people = []

    def _hold(self, held: list[Slice], events: Slice) -> None:
        """Hold events as they are; Disorder when they are many."""
        if len(events):
            held.append(events)
        self.room -= len(events) * BYTES_A_ROW
        if self.room < 0:
            raise Disorder

    def _add_latest(self, zone_name: str | None) -> None:
        """Add the events of the person who came last, because another came."""
        for events in self._latest:
            self.room += len(events) * BYTES_A_ROW
            self._add(events, zone_name)
        self._latest = []

    def _add(self, events: Slice, zone_name: str | None) -> None:
        """Roll up the events of all people but the first."""
        if self._roll is None and len(events):
            first = int((self.borders or [events])[0].ids[0])
            count = _first_run(events.ids, first)
            self._hold(self.borders, events.part(slice(0, count)))
            events = events.part(slice(count, len(events)))
            self._roll = self._started(first) if len(events) else None
        if self._roll is None or not len(events):
            return
        changes = zone_changes(zone_name, int(events.clock.min()), int(events.clock.max()))
        if not self._roll.add(events, *changes, self.tables.meaning()):
            raise Disorder

    def _started(self, first: int) -> PersonRoll:
        """The rows of all people after the first."""
        roll = PersonRoll(
            first,
            self.tables.kinds,
            len(self.tables.roles.names),
            len(self.spec.measures),
            SESSION_GAP_MICROS,
            self._take,
        )
        most = min(max(self.room // BYTES_A_ROW, _LEAST, roll.ROWS), _MOST)
        self._rows = [
            _Rows(False, most, roll.width, self.reused),
            _Rows(True, max(most // _SELDOM, roll.ROWS), roll.width, ReusedMemory()),
        ]
        return roll

    def _take(self, roll: PersonRoll) -> None:
        """Take the rows of the people at work; LogError for a sum that does not fit in 64 bits."""
        wide = checked_wide(roll, self.spec)
        codes = self.tables.person_codes(roll.ids())
        self._people.append(codes[np.flatnonzero(np.diff(codes, prepend=-1))])
        for rows in self._rows:
            mine = wide == rows.wide
            if rows.count + np.count_nonzero(mine) > len(rows.codes):
                self._make_blocks(rows)
            rows.take(roll, codes, mine)

    def _make_blocks(self, rows: _Rows) -> None:
        """Make blocks of the rows that are held, and count their events."""
        for block in rows.blocks():
            acts, receipts = block.counts[:, 0], block.counts[:, 1]
            count = int(acts.sum(dtype=np.int64) + receipts.sum(dtype=np.int64))
            self.events[block.day] = self.events.get(block.day, 0) + count
            self.blocks.append(self.keep(block))
        rows.count = 0


class _Rows:
    """Rows of several days, with int32 counts or with a byte for each, until they are blocks."""

    def __init__(self, wide: bool, most: int, width: tuple[int, int], memory: ReusedMemory) -> None:
        self.wide = wide
        self.width = width
        self.count = 0
        self.sums, self.codes, self.days, self.counts = memory.arrays(
            ((most, width[1]), np.int64),
            ((most,), np.int32),
            ((most,), np.int32),
            ((most, width[0]), np.int32 if wide else np.uint8),
        )

    def take(self, roll: PersonRoll, codes: np.ndarray, mine: np.ndarray) -> None:
        """Take those rows that are `mine`, bool[m]."""
        to = np.where(mine, np.cumsum(mine) + (self.count - 1), -1)
        roll.fill(to, self.counts, self.sums)
        begin, self.count = self.count, self.count + int(np.count_nonzero(mine))
        self.codes[begin : self.count] = codes[mine]
        self.days[begin : self.count] = roll.days[: len(mine)][mine]

    def blocks(self) -> Iterator[Block]:
        """The rows as blocks, one for each day that has any."""
        if not self.count:
            return
        piece = self.codes[: self.count] >> PIECE_BITS
        first = int(piece.min())
        pieces = int(piece.max()) - first + 1
        earliest = int(self.days[: self.count].min())
        behind = self.days[: self.count] - earliest
        present = np.bincount(behind) > 0
        place = np.cumsum(present) - 1  # of each day among those that have rows
        starts = np.empty((int(place[-1]) + 1) * pieces + 1, np.int64)
        to = np.empty(self.count, np.int64)
        marks = np.zeros(self.count, bool)
        group = place[behind] * pieces + (piece - first)
        windows.by_piece(frozen(group), frozen(marks), False, 0, starts, to)
        codes, counts, sums = self._in_order(to)
        for i, day in enumerate((np.flatnonzero(present) + earliest).tolist()):
            mine = starts[i * pieces : (i + 1) * pieces + 1]
            rows = slice(int(mine[0]), int(mine[-1]))
            own = mine - rows.start
            yield Block(day, day, codes[rows], own, counts[rows], sums[rows], first)

    def _in_order(self, to: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Codes, counts and sums with row i at place `to[i]`, int64[m]."""
        codes = np.empty(self.count, np.int32)
        codes[to] = self.codes[: self.count]
        counts = np.empty((self.count, self.width[0]), self.counts.dtype)
        sums = np.empty((self.count, self.width[1]), np.int64)
        held = self.counts[: self.count], self.sums[: self.count]
        windows.scatter(*map(frozen, held), to, counts, sums)
        return codes, counts, sums


def _last_run(ids: np.ndarray) -> int:
    """Where the run of the last id begins."""
    others = np.flatnonzero(ids != ids[-1])
    return int(others[-1]) + 1 if len(others) else 0


def _first_run(ids: np.ndarray, first: int) -> int:
    """How many events at the beginning have the first id."""
    others = np.flatnonzero(ids != first)
    return int(others[0]) if len(others) else len(ids)
