"""Events of one local day, or of one person after the other, to one row a person and day."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from churnlab.kernels import day_rows, in_turn
from churnlab.kernels import records as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.kernels.records import Kinds as Kinds
from churnlab.kernels.records import Meaning as Meaning
from churnlab.kernels.units import DAY_MICROS


@dataclass(frozen=True)
class Slice:
    """Columns of n events, as read-only arrays.

    | field   | type        | meaning                                                          |
    |---------|-------------|------------------------------------------------------------------|
    | ids     | int64[n]    | people, as codes or as their own whole numbers                   |
    | clock   | int64[n]    | microseconds of one clock                                        |
    | name    | int32[n]    | codes of event names                                             |
    | amount  | float64[n]  | amounts; empty where the log has none                            |
    | lacking | uint8[n]    | 1 where the amount is null; empty where none is                  |
    | extra   | int64[n, k] | values of the measures, added to the sums beyond SUMS            |
    | known   | int32[n]    | the local day on which the event arrived; empty without arrivals |
    """

    ids: np.ndarray
    clock: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    lacking: np.ndarray
    extra: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.clock)

    def part(self, rows: slice | np.ndarray) -> Slice:
        """Some of the events: a slice, a mask or positions."""
        return Slice(*(frozen(a[rows]) if len(a) else a for a in self.columns()))

    def columns(self) -> tuple[np.ndarray, ...]:
        """All seven columns, in the order of the fields."""
        return self.ids, self.clock, self.name, self.amount, self.lacking, self.extra, self.known


class _Roll:
    """Records while events are added to them, and the rows that come of the slots in use.

    `kinds` are those of the events, `roles` and `extra` the numbers of roles and of measures,
    `session_gap` the microseconds without an act that end a session. After `wide`, `overflow` lists
    the sums that may not fit in 64 bits: 0 for money, then 1 + the column of `extra`.
    """

    _index: np.ndarray
    _records: np.ndarray

    def __init__(self, kinds: Kinds, roles: int, extra: int, session_gap: int) -> None:
        self.kinds = kinds
        self.roles = roles
        self.extra = extra
        self.session_gap = session_gap
        self.slots = 0
        self.events = 0
        self.overflow: list[int] = []
        self._cold = (int(kernel.KINDS) + len(kinds.act) + 1) // 2
        self._words = -(-(self._cold + 3 + 2 * extra) // 8) * 8
        self._tally = np.zeros(4, np.int64)
        self._seen = np.full((1024, 2), -1, np.int64)
        self._ties: list[np.ndarray] = []

    @property
    def _half(self) -> np.ndarray:
        return self._records.view(np.int32)

    def _table(self, ties: np.ndarray) -> kernel.Table:
        return kernel.Table(self._index, self._records, self._half, self._seen, ties, self._tally)

    def _reserve_names(self, need: int) -> None:
        """Make room for so many more names beyond the first 64."""
        names = int(self._tally[1]) + need
        if 2 * names > len(self._seen):
            old = self._seen
            self._seen = np.full((1 << (4 * names - 1).bit_length(), 2), -1, np.int64)
            kernel.rehash(old, self._seen)

    def _keep(self, ties: np.ndarray) -> None:
        """Keep the ties of the events that were just added."""
        if self._tally[0]:
            self._ties.append(ties[: self._tally[0]].copy())

    @property
    def width(self) -> tuple[int, int]:
        """The number of counts and of sums of a row."""
        return len(COUNTS) + self.roles, len(SUMS) + self.extra

    def ids(self) -> np.ndarray:
        """The ids of the rows, int64[m], in the order of their first event."""
        return self._records[: self.slots, kernel.KEY].copy()

    def wide(self) -> np.ndarray:
        """Which rows hold a count that does not fit in one byte, bool[m]. Sets `overflow`."""
        wide = np.empty(self.slots, np.bool_)
        largest = np.zeros(1 + self.extra, np.int64)
        day_rows.measure(
            self._records, self._half, self._cold, self.kinds, self.roles, wide, largest
        )
        self.overflow = [k for k in range(1 + self.extra) if largest[k] >= 2**63 >> kernel.SCALE]
        return wide

    def fill(self, to: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> None:
        """Write row i to place `to[i]`, int64[m], of counts and sums; -1 leaves the row out.

        counts is [k, len(COUNTS) + roles] of any integer type, sums int64[k, len(SUMS) + extra].
        """
        day_rows.emit(self._records, self._half, self._cold, self.kinds, to, counts, sums)

    @property
    def bad_amounts(self) -> int:
        """How many amounts are unusable, or null where an amount is required."""
        return int(self._tally[3])

    def repeats(self) -> int:
        """How many events repeat an earlier one: same person, clock, name and money."""
        if not self._ties:
            return 0
        ties = np.concatenate(self._ties)
        ties = ties[np.lexsort(ties.T)]
        return int((np.diff(ties, axis=0) == 0).all(axis=1).sum())


class DayRoll(_Roll):
    """One day's rows while events are added: a hash table from id to slot, and a record a slot."""

    def __init__(self, day: int, kinds: Kinds, roles: int, extra: int, session_gap: int) -> None:
        super().__init__(kinds, roles, extra, session_gap)
        self.day = day
        self._index, self._records = _take(self._words)

    def add(self, events: Slice, shift: int, meaning: Meaning) -> bool:
        """Add events of the day; False when the clock of a person runs backwards.

        `shift` is the local time minus the clock, in microseconds.
        """
        n = len(events)
        self._reserve(self.slots + n)
        if len(meaning.flags) > kernel.BITS:
            self._reserve_names(self.slots + n)
        ties = _scratch("ties", 6 * n).reshape(-1, 3)
        columns = kernel.Events(*events.columns()[:6])
        self._tally[0] = self._tally[2] = 0
        while 0 <= self._tally[2] < n:
            self.slots = kernel.add(
                columns,
                shift - self.day * DAY_MICROS,
                meaning,
                self._table(ties),
                self._cold,
                self.slots,
                self.session_gap,
            )
            if self._tally[2] < n:
                self._index = np.full(len(self._index) * 2, -1, np.int32)
                kernel.reindex(self._index, self._records, self.slots)
        self._keep(ties)
        self.events += n
        return bool(self._tally[2] == n)

    def _reserve(self, need: int) -> None:
        """Make room for `need` records."""
        if need > len(self._records):
            fresh = _aligned(need + need // 2, self._words)
            fresh[: self.slots] = self._records[: self.slots]
            self._records = fresh

    def end(self) -> None:
        """End the day: its memory may be used for another day of this thread."""
        _give(self._index, self._records)


class PersonRoll(_Roll):
    """Rows of people whose events lie together, one person after the other: a record a person-day.

    `write` is called with this object when the records are full, and at the end: it takes the rows
    of the slots in use, whose days are `days`. People come by rising id, after `first`.
    """

    ROWS = 8192  # records that stay in the cache

    def __init__(
        self,
        first: int,
        kinds: Kinds,
        roles: int,
        extra: int,
        session_gap: int,
        write: Callable[[PersonRoll], None],
    ) -> None:
        super().__init__(kinds, roles, extra, session_gap)
        self.write = write
        self.days = np.empty(self.ROWS, np.int32)
        self._at = np.array([first, 0, 0], np.int64)
        self._index, self._records = np.empty(0, np.int32), _aligned(self.ROWS, self._words)

    def add(self, events: Slice, turns: np.ndarray, shifts: np.ndarray, meaning: Meaning) -> bool:
        """Add events; False when ids fall, or days or the clock of a person.

        The local time is the clock and shifts[i] from turns[i] on, int64 both, in microseconds.
        """
        n = len(events)
        if len(meaning.flags) > kernel.BITS:
            self._reserve_names(n)
        ties = _scratch("ties", 6 * n).reshape(-1, 3)
        columns = kernel.Events(*events.columns()[:6])
        self._tally[0] = self._at[in_turn.NEXT] = 0
        self._follow(columns, frozen(turns), frozen(shifts), meaning, ties)
        while 0 <= self._at[in_turn.NEXT] < n:  # the records are full, and another day begins
            self.end()
            self._follow(columns, frozen(turns), frozen(shifts), meaning, ties)
        self._keep(ties)
        self.events += n
        return bool(self._at[in_turn.NEXT] == n)

    def _follow(
        self,
        columns: kernel.Events,
        turns: np.ndarray,
        shifts: np.ndarray,
        meaning: Meaning,
        ties: np.ndarray,
    ) -> None:
        """Add events until the records are full."""
        in_turn.follow(
            columns,
            turns,
            shifts,
            meaning,
            self._table(ties),
            self._cold,
            self._at,
            self.days,
            self.session_gap,
        )

    def end(self) -> None:
        """Write the rows of the days so far, which are over."""
        self.slots = int(self._at[in_turn.SLOTS])
        self.write(self)
        self._at[in_turn.SLOTS] = 0
        if self._tally[1]:
            self._seen.fill(-1)
            self._tally[1] = 0


_local = threading.local()


def _scratch(name: str, size: int) -> np.ndarray:
    """Working memory int64[size] that the calling thread uses again and again."""
    held = getattr(_local, name, None)
    if held is None or len(held) < size:
        held = np.empty(size + size // 4, np.int64)
        setattr(_local, name, held)
    return held[:size]


def _aligned(rows: int, words: int) -> np.ndarray:
    """A new int64[rows, words] that begins on a cache line."""
    room = np.empty(rows * words + 8, np.int64)
    begin = (-room.ctypes.data % 64) // 8
    return room[begin : begin + rows * words].reshape(rows, words)


def _take(words: int) -> tuple[np.ndarray, np.ndarray]:
    """An empty index and records: those of a day that this thread has ended, or new ones."""
    held = getattr(_local, "held", [])
    for i, (index, records) in enumerate(held):
        if records.shape[1] == words:
            del held[i]
            index.fill(-1)
            return index, records
    return np.full(4096, -1, np.int32), _aligned(2048, words)


def _give(index: np.ndarray, records: np.ndarray) -> None:
    """Keep the memory of a day for `_take`; a thread keeps three at most."""
    _local.held = [(index, records), *getattr(_local, "held", [])][:2]
