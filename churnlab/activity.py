"""DailyActivity: one row per person and day, the only thing read after the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.kernels import cells, windows
from churnlab.kernels._jit import frozen
from churnlab.kernels.rollup import COUNTS, SUMS
from churnlab.schema import Roles
from churnlab.spec import Measure

DERIVED = {"active": cells.ACTIVE, "gap": cells.GAP, "gap_sq": cells.GAP_SQ, "gaps": cells.GAPS}
_EMPTY = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Block:
    """Daily rows of one day: codes int32[m] of persons, counts uint16 or int32[m, k], sums int64[m, s].

    `known` is the local day on which these rows were what was known of the day: the day itself, or later for a version with late events.
    """

    day: int
    known: int
    codes: np.ndarray
    counts: np.ndarray
    sums: np.ndarray


@dataclass(frozen=True)
class Carry:
    """What was folded away before the rows, by person: `values` int64[people, measures, 4] (sum, largest, first and last day above zero) in
    the order of `names`, `recent` int64[people, 4] the last active days; cells.NONE where there is none."""

    names: tuple[str, ...]
    values: np.ndarray
    recent: np.ndarray
    before: int


@dataclass(frozen=True, eq=False)
class DailyActivity:
    """One row per person and local day on which anything happened, sorted by both.

    `users` holds the sorted ids; the rows of user i are `first[i]` up to `first[i + 1]`. `day` int32[m] counts from 1970-01-01. `counts`
    uint16 or int32[m, k] holds acts, receipts, orders, sessions, steps, night, morning, afternoon, evening, names and `n_<role>`; `sums`
    int64[m, s] holds money (millionths), session_micros and `m_<measure>` (millionths for sums). active, gap, gap_sq and gaps are
    derived. `start` is the first observed day, `end` the day after the last. `has_money` says whether the log named an amount.

    Where the log has arrival times, `known` int32[m] is the local day on which a row was what was known: a day with late events has
    several rows, and `as_of` chooses among them. `counts_of` and `sums_of` name the columns.
    """

    users: np.ndarray
    first: np.ndarray
    day: np.ndarray
    counts: np.ndarray
    sums: np.ndarray
    roles: Roles
    measures: tuple[Measure, ...]
    start: int
    end: int
    timezone: str
    has_money: bool = False
    source: Mapping[str, object] = field(default_factory=dict)
    known: np.ndarray = field(default_factory=lambda: _EMPTY)
    carry: Carry | None = None

    @property
    def count_names(self) -> tuple[str, ...]:
        """The columns of `counts`."""
        return (*COUNTS, *(f"n_{r}" for r in self.roles.names))

    @property
    def sum_names(self) -> tuple[str, ...]:
        """The columns of `sums`."""
        return (*SUMS, *(m.column_name for m in self.measures))

    @property
    def sources(self) -> dict[str, tuple[int, int]]:
        """Where each measure stands: kind and column, as the kernel wants them."""
        return ({n: (cells.COUNT, i) for i, n in enumerate(self.count_names)} | {n: (cells.SUM, i) for i, n in enumerate(self.sum_names)}
                | {n: (kind, 0) for n, kind in DERIVED.items()})

    def values(self, measure: str) -> np.ndarray:
        """One measure of every row, whole numbers [m]."""
        kind, column = self.sources[measure]
        if kind == cells.COUNT:
            return self.counts[:, column]
        if kind == cells.SUM:
            return self.sums[:, column]
        if kind == cells.ACTIVE:
            return (self.counts[:, 0] > 0).astype(np.int64)
        gap = windows.gaps(self.first, self.day, self.counts[:, 0])
        return gap if kind == cells.GAP else gap * gap if kind == cells.GAP_SQ else (gap > 0).astype(np.int64)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """All measures by name."""
        return {name: self.values(name) for name in self.sources}

    @cached_property
    def ids(self) -> pd.Index:
        """The users as pandas holds them."""
        return pd.Index(self.users)

    @property
    def codes(self) -> np.ndarray:
        """The user of every row, a place in `users`: int64[m]."""
        return np.repeat(np.arange(len(self.users)), np.diff(self.first))

    @property
    def late(self) -> bool:
        """Whether any row has a later version."""
        return bool(len(self.known)) and bool((self.known > self.day).any())

    def as_of(self, day: int | None = None) -> DailyActivity:
        """The rows as they were known on the morning of a day, all of it when None: one row per person and day, of what had arrived before.

        The same object where nothing came late.
        """
        if not self.late:
            return self
        keep = np.empty(len(self.day), bool)
        windows.latest(self.first, self.day, self.known, np.iinfo(np.int32).max if day is None else day, keep)
        first = np.concatenate([[0], np.cumsum(keep)])[self.first].astype(np.int64)
        return replace(self, first=first, day=self.day[keep], counts=self.counts[keep], sums=self.sums[keep], known=_EMPTY)

    def chunks(self, people: int = 200_000) -> Iterator[DailyActivity]:
        """The same a range of users at a time, each with all of their rows."""
        for begin in range(0, len(self.users), people):
            yield self.take(begin, min(begin + people, len(self.users)))

    def take(self, begin: int, end: int) -> DailyActivity:
        """The users from place `begin` up to `end`."""
        rows = slice(int(self.first[begin]), int(self.first[end]))
        carry = self.carry and replace(self.carry, values=self.carry.values[begin:end], recent=self.carry.recent[begin:end])
        return replace(self, users=self.users[begin:end], first=self.first[begin:end + 1] - self.first[begin], day=self.day[rows],
                       counts=self.counts[rows], sums=self.sums[rows], known=self.known[rows], carry=carry)

    @cached_property
    def digest(self) -> str:
        """sha256 of everything that features can see."""
        digest = hashlib.sha256(repr((list(map(str, self.users)), self.roles.to_dict(), self.timezone)).encode())
        for array in (self.first, self.day, self.known):
            digest.update(array.astype(np.int64).tobytes())
        for i, name in enumerate(self.count_names):
            digest.update(name.encode() + self.counts[:, i].astype(np.int64).tobytes())
        for i, name in enumerate(self.sum_names):
            digest.update(name.encode() + self.sums[:, i].tobytes())
        return digest.hexdigest()

    def has_role(self, role: str) -> bool:
        """Whether the log has events of that role."""
        name = f"n_{role}"
        return name in self.count_names and bool(self.values(name).any())

    def frame(self) -> pd.DataFrame:
        """A pandas view: user_id, day, and the measures (money and `m_*` in millionths of their unit)."""
        return pd.DataFrame({"user_id": self.users[self.codes], "day": schema.to_timestamps(self.day), **self.columns})

    def describe(self) -> dict[str, object]:
        """What the log was and what the rows sum up to."""
        now = self.as_of()
        total = {name: int(now.values(name).sum(dtype=np.int64)) for name in ("acts", "receipts", "sessions", "orders")}
        return {**self.source, "daily_rows": len(now.day), "active_days": int((now.counts[:, 0] > 0).sum()), **total,
                "money": float(now.sums[:, 0].sum()) / schema.MICRO}

    def __repr__(self) -> str:
        return (f"DailyActivity({len(self.day):,} days of {len(self.users):,} people, "
                f"{schema.day_text(self.start)} to {schema.day_text(self.end - 1)})")


def assemble(blocks: list[Block], place: np.ndarray, versions: bool = False) -> tuple[np.ndarray, ...]:
    """Blocks to rows sorted by person, day and `known`: first int64[people + 1], day, counts, sums, known (empty without versions).

    `place` int64[codes] is each code's person (-1 for one without rows). The blocks are emptied on the way, so that both forms never
    stand in memory whole.
    """
    left = sorted(blocks, key=lambda b: (b.day, b.known), reverse=True)
    blocks.clear()
    held = np.zeros(len(place), np.int64)
    for block in left:
        held += np.bincount(block.codes, minlength=len(place))
    people = int(place.max(initial=-1)) + 1
    first = np.zeros(people + 1, np.int64)
    first[1 + place[place >= 0]] = held[place >= 0]
    first = np.cumsum(first)
    rows, wide = int(first[-1]), any(b.counts.dtype == np.int32 for b in left)
    at = np.where(place >= 0, first[place], 0)
    day, known = np.empty(rows, np.int32), np.empty(rows if versions else 0, np.int32)
    counts = np.empty((rows, left[0].counts.shape[1]), np.int32 if wide else np.uint16)
    sums = np.empty((rows, left[0].sums.shape[1]), np.int64)
    while left:
        block = left.pop()
        windows.put(frozen(block.codes), block.day, block.known, frozen(block.counts), frozen(block.sums), at, day, known, counts, sums)
    return first, day, counts, sums, known


def narrow(counts: np.ndarray) -> np.ndarray:
    """Counts as uint16 where they fit."""
    return counts.astype(np.uint16) if counts.max(initial=0) <= 0xFFFF else counts
