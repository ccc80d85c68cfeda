"""Daily rows in memory, sorted by person and day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from churnlab.activity.arrivals import is_late, seen_at
from churnlab.activity.memory import ReusedMemory

PIECE_BITS = 13  # people of a piece: smaller pieces touch less memory, larger ones need less Python
_NO_KNOWN = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Carry:
    """The folded past of people: one row a person for all days before those that are kept.

    | field      | type                | meaning                                             |
    |------------|---------------------|-----------------------------------------------------|
    | names      | text                | the measures                                        |
    | values     | int64[people, k, 4] | sum, maximum, first and last day of a value above   |
    |            |                     | zero; NO_DAY where there is none, but for the sum   |
    | recent     | int64[people, 4]    | the last active days, newest first; NO_DAY for none |
    | before     | day                 | the first day that is kept                          |
    | exact_from | day                 | the first snapshot day at which all folded events   |
    |            |                     | were known; earlier snapshots cannot be computed    |
    """

    names: tuple[str, ...]
    values: np.ndarray
    recent: np.ndarray
    before: int
    exact_from: int

    def take(self, people: slice | np.ndarray) -> Carry:
        """The past of some of the people."""
        return replace(self, values=self.values[people], recent=self.recent[people])


@dataclass(frozen=True, eq=False)
class Rows:
    """Daily rows in memory: those of person i are `first[i]` up to `first[i + 1]`, by rising day.

    `first` is int64[people + 1], `day` int32[m], `counts` int32[m, k] and `sums` int64[m, s].
    `known` int32[m] is the day from which on a row is known (see `arrivals`), or empty where the
    log has no arrival times; versions of a day stand by rising `known`.
    """

    first: np.ndarray
    day: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    known: np.ndarray = field(default_factory=lambda: _NO_KNOWN)
    carry: Carry | None = None

    @property
    def whole(self) -> Rows:
        """These rows, which are all in memory."""
        return self

    @property
    def late(self) -> bool:
        """Whether any row became known after its own day."""
        return bool(len(self.known)) and bool(is_late(self.known, self.day).any())

    def acts_alone(self) -> Rows:
        """These rows; see `BlockRows.acts_alone`."""
        return self

    def pieces(self) -> list[np.ndarray]:
        """The people in groups of some thousands, each as rising places int64[k]."""
        places = np.arange(len(self.first) - 1)
        return [places[i : i + (1 << PIECE_BITS)] for i in range(0, len(places), 1 << PIECE_BITS)]

    def piece(self, places: np.ndarray, memory: ReusedMemory | None = None) -> Rows:
        """The rows of one group of `pieces`, which are in memory already."""
        return self.take(int(places[0]), int(places[-1]) + 1)

    def take(self, begin: int, end: int) -> Rows:
        """The rows of the people from place `begin` up to `end`."""
        rows = slice(int(self.first[begin]), int(self.first[end]))
        return Rows(
            self.first[begin : end + 1] - self.first[begin],
            self.day[rows],
            self.counts[rows],
            self.sums[rows],
            self.known[rows],
            self.carry and self.carry.take(slice(begin, end)),
        )

    def choose(self, places: np.ndarray) -> Rows:
        """The rows of the people at rising places."""
        count = np.diff(self.first)[places]
        first = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        rows = np.arange(first[-1]) + np.repeat(self.first[places] - first[:-1], count)
        known = self.known[rows] if len(self.known) else self.known
        carry = self.carry and self.carry.take(places)
        return Rows(first, self.day[rows], self.counts[rows], self.sums[rows], known, carry)

    def as_of(self, day: int | None) -> Rows:
        """The rows that a snapshot at `day` sees; the latest version of every row for None.

        One row per person and day, without `known`. The same object where no row is late.
        """
        if not self.late:
            return self
        keep = seen_at(self.first, self.day, self.known, day)
        first = np.concatenate([[0], np.cumsum(keep)])[self.first].astype(np.int64)
        return Rows(first, self.day[keep], self.counts[keep], self.sums[keep], carry=self.carry)
