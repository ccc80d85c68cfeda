"""Daily rows in memory: in the order of persons, or by day as they were rolled up, with what is too much on disk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from churnlab.kernels import windows

PIECE_BITS = 14
_NO_KNOWN = np.zeros(0, np.int32)
_LATEST = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class Carry:
    """What was folded away before the rows, by person: `values` int64[people, measures, 4] (sum, largest, first and last day above zero) in
    the order of `names`, `recent` int64[people, 4] the last active days; cells.NONE where there is none. `before` is the first day kept, and
    `exact_from` the first day at which all that was folded away was known: a snapshot before it cannot be told."""

    names: tuple[str, ...]
    values: np.ndarray
    recent: np.ndarray
    before: int
    exact_from: int

    def take(self, people: slice | np.ndarray) -> Carry:
        """Some of the people."""
        return replace(self, values=self.values[people], recent=self.recent[people])


@dataclass(frozen=True, eq=False)
class Rows:
    """Daily rows in memory: those of person i are `first[i]` up to `first[i + 1]`, by rising day.

    day int32[m], counts int32[m, k], sums int64[m, s], known int32[m] or empty: the local day on which a row was what was known.
    """

    first: np.ndarray
    day: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    known: np.ndarray = field(default_factory=lambda: _NO_KNOWN)
    carry: Carry | None = None

    @property
    def whole(self) -> Rows:
        """All rows."""
        return self

    @property
    def late(self) -> bool:
        """Whether any row has a later version."""
        return bool(len(self.known)) and bool((self.known > self.day).any())

    def pieces(self) -> list[np.ndarray]:
        """The people as groups of some thousands, each as rising places int64[k]."""
        places = np.arange(len(self.first) - 1)
        return [places[i : i + (1 << PIECE_BITS)] for i in range(0, len(places), 1 << PIECE_BITS)]

    def piece(self, places: np.ndarray) -> Rows:
        """The rows of one group of `pieces`."""
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

    def as_of(self, day: int | None) -> Rows:
        """One row per person and day: the latest that was known before `day`, or at all for None."""
        if not self.late:
            return self
        keep = np.empty(len(self.day), bool)
        windows.latest(self.first, self.day, self.known, _LATEST if day is None else day, keep)
        first = np.concatenate([[0], np.cumsum(keep)])[self.first].astype(np.int64)
        return Rows(first, self.day[keep], self.counts[keep], self.sums[keep], carry=self.carry)
