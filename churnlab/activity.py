"""DailyActivity: one row per person and day, the only thing read after the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.kernels import cells, windows
from churnlab.kernels._jit import frozen
from churnlab.kernels.rollup import COUNTS, SUMS
from churnlab.schema import Roles
from churnlab.spec import Measure

DERIVED = {"active": cells.ACTIVE, "gap": cells.GAP, "gap_sq": cells.GAP_SQ, "gaps": cells.GAPS}
PIECE_BITS = 14
_NO_KNOWN = np.zeros(0, np.int32)
_LATEST = int(np.iinfo(np.int32).max)


@dataclass(frozen=True)
class Carry:
    """What was folded away before the rows, by person: `values` int64[people, measures, 4] (sum, largest, first and last day above zero) in
    the order of `names`, `recent` int64[people, 4] the last active days; cells.NONE where there is none. `before` is the first day kept."""

    names: tuple[str, ...]
    values: np.ndarray
    recent: np.ndarray
    before: int

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
        return [places[i: i + (1 << PIECE_BITS)] for i in range(0, len(places), 1 << PIECE_BITS)]

    def piece(self, places: np.ndarray) -> Rows:
        """The rows of one group of `pieces`."""
        return self.take(int(places[0]), int(places[-1]) + 1)

    def take(self, begin: int, end: int) -> Rows:
        """The rows of the people from place `begin` up to `end`."""
        rows = slice(int(self.first[begin]), int(self.first[end]))
        return Rows(self.first[begin: end + 1] - self.first[begin], self.day[rows], self.counts[rows], self.sums[rows], self.known[rows],
                    self.carry and self.carry.take(slice(begin, end)))

    def as_of(self, day: int | None) -> Rows:
        """One row per person and day: the latest that was known before `day`, or at all for None."""
        if not self.late:
            return self
        keep = np.empty(len(self.day), bool)
        windows.latest(self.first, self.day, self.known, _LATEST if day is None else day, keep)
        first = np.concatenate([[0], np.cumsum(keep)])[self.first].astype(np.int64)
        return Rows(first, self.day[keep], self.counts[keep], self.sums[keep], carry=self.carry)


@dataclass(frozen=True)
class Block:
    """Rows of one day as they were rolled up: codes int32[m] of persons grouped by `code >> PIECE_BITS` at `starts`, counts uint8 or
    int32[m, k], sums int64[m, s]; `known` as in Rows."""

    day: int
    known: int
    codes: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    sums: np.ndarray

    def group(self, piece: int) -> slice:
        """Where the rows of a group of persons stand."""
        return slice(int(self.starts[piece]), int(self.starts[piece + 1])) if piece + 1 < len(self.starts) else slice(0, 0)


class BlockRows:
    """Daily rows that stay as they were rolled up, by day, until the rows of a group of persons are asked for.

    `place` int64[codes] is each code's place among the users, -1 for none.
    """

    def __init__(self, blocks: list[Block], place: np.ndarray, columns: np.ndarray, versions: bool) -> None:
        self.blocks = sorted(blocks, key=lambda b: (b.day, b.known))
        self.place, self.columns, self.versions = place, columns, versions
        self.late = versions and any(b.known > b.day for b in blocks)

    def pieces(self) -> list[np.ndarray]:
        """As Rows.pieces."""
        groups = [np.sort(self.place[i: i + (1 << PIECE_BITS)]) for i in range(0, len(self.place), 1 << PIECE_BITS)]
        groups = [g[np.searchsorted(g, 0):] for g in groups]
        return [g for g in groups if len(g)]

    def piece(self, places: np.ndarray) -> Rows:
        """The rows of one group of `pieces`."""
        return self._gather(self._code(places[0]) >> PIECE_BITS, places)

    def _code(self, place: int) -> int:
        return int(self._codes[place])

    @cached_property
    def _codes(self) -> np.ndarray:
        codes = np.zeros(int(self.place.max(initial=-1)) + 1, np.int64)
        codes[self.place[self.place >= 0]] = np.flatnonzero(self.place >= 0)
        return codes

    def _gather(self, piece: int, places: np.ndarray) -> Rows:
        base = piece << PIECE_BITS
        local = np.searchsorted(places, self.place[base: base + (1 << PIECE_BITS)])
        parts = [(b, b.group(piece)) for b in self.blocks]
        held = np.zeros(len(places), np.int64)
        for block, rows in parts:
            windows.count(frozen(local), frozen(block.codes[rows]), base, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out = self._room(int(first[-1]))
        self._put(parts, local, base, first[:-1].copy(), out)
        return self._chosen(first, *out)

    def _room(self, rows: int) -> tuple[np.ndarray, ...]:
        counts, sums = self.blocks[0].counts.shape[1], self.blocks[0].sums.shape[1]
        return (np.empty(rows, np.int32), np.empty(rows if self.versions else 0, np.int32), np.empty((rows, counts), np.int32),
                np.empty((rows, sums), np.int64))

    def _put(self, parts: list[tuple[Block, slice]], place: np.ndarray, base: int, at: np.ndarray, out: tuple[np.ndarray, ...]) -> None:
        for block, rows in parts:
            if rows.stop > rows.start:
                windows.put(frozen(place), frozen(block.codes[rows]), base, block.day, block.known, frozen(block.counts[rows]),
                            frozen(block.sums[rows]), at, *out)

    def _chosen(self, first: np.ndarray, day: np.ndarray, known: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> Rows:
        """Without the columns that the log turned out not to have."""
        counts = counts if len(self.columns) == counts.shape[1] else np.ascontiguousarray(counts[:, self.columns])
        return Rows(first, day, counts, sums, known)

    @cached_property
    def whole(self) -> Rows:
        """All rows, put in order."""
        held = np.zeros(len(self._codes), np.int64)
        for block in self.blocks:
            windows.count(frozen(self.place), frozen(block.codes), 0, held)
        first = np.concatenate([[0], np.cumsum(held)])
        out, at = self._room(int(first[-1])), first[:-1].copy()
        groups = max((len(b.starts) for b in self.blocks), default=1) - 1
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda g: self._put([(b, b.group(g)) for b in self.blocks], self.place, 0, at, out), range(groups)))
        return self._chosen(first, *out)


@dataclass(frozen=True, eq=False)
class DailyActivity:
    """One row per person and local day on which anything happened, sorted by both.

    `users` holds the sorted ids; the rows of user i are `first[i]` up to `first[i + 1]`. `day` int32[m] counts from 1970-01-01. `counts`
    int32[m, k] holds acts, receipts, orders, sessions, steps, night, morning, afternoon, evening, names and `n_<role>`; `sums`
    int64[m, s] holds money (millionths), session_micros and `m_<measure>` (millionths for sums). active, gap, gap_sq and gaps are
    derived. `start` is the first observed day, `end` the day after the last. `has_money` says whether the log named an amount.

    Where the log has arrival times, `known` int32[m] is the local day on which a row was what was known: a day with late events has
    several rows, and `as_of` chooses among them. The rows are put in order when they are first asked for; `parts` never needs them all.
    """

    users: np.ndarray
    rows: Rows | BlockRows
    roles: Roles
    measures: tuple[Measure, ...]
    start: int
    end: int
    timezone: str
    has_money: bool = False
    source: Mapping[str, object] = field(default_factory=dict)

    @property
    def first(self) -> np.ndarray:
        """Where each person's rows begin, int64[people + 1]."""
        return self.rows.whole.first

    @property
    def day(self) -> np.ndarray:
        """The local day of every row, int32[m]."""
        return self.rows.whole.day

    @property
    def counts(self) -> np.ndarray:
        """int32[m, k], columns `count_names`."""
        return self.rows.whole.counts

    @property
    def sums(self) -> np.ndarray:
        """int64[m, s], columns `sum_names`."""
        return self.rows.whole.sums

    @property
    def known(self) -> np.ndarray:
        """The local day on which each row was known, int32[m]; empty where the log has no arrival times."""
        return self.rows.whole.known

    @property
    def carry(self) -> Carry | None:
        """What was folded away before the rows."""
        return self.rows.whole.carry

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
        return self.rows.late

    def as_of(self, day: int | None = None) -> DailyActivity:
        """The rows as they were known on the morning of a day, all of it when None: one row per person and day, of what had arrived before.

        The same object where nothing came late.
        """
        return replace(self, rows=self.rows.whole.as_of(day)) if self.late else self

    def parts(self) -> Iterator[tuple[np.ndarray, DailyActivity]]:
        """The people in groups of some thousands: their rising places in `users`, int64[k], and their activity."""
        for places in self.rows.pieces():
            yield places, self.part(places)

    def jobs(self) -> Iterator[Callable[[], DailyActivity]]:
        """The activity of each group, the work left to be done by the caller's thread."""
        for places in self.rows.pieces():
            yield partial(self.part, places)

    def part(self, places: np.ndarray) -> DailyActivity:
        """The activity of one group of `rows.pieces()`."""
        return replace(self, users=self.users[places], rows=self.rows.piece(places))

    def take(self, begin: int, end: int) -> DailyActivity:
        """The activity of the users from place `begin` up to `end`."""
        return replace(self, users=self.users[begin:end], rows=self.rows.whole.take(begin, end))

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
        return f"DailyActivity({len(self.users):,} people, {schema.day_text(self.start)} to {schema.day_text(self.end - 1)})"


def blocks_of(day: int, known: int, codes: np.ndarray, counts: np.ndarray, sums: np.ndarray, order: np.ndarray) -> Iterator[Block]:
    """Rolled rows, given in the `order` of their codes' groups, as a block of one byte a count and, where one does not fit, another."""
    codes, wide = codes[order], counts.max(axis=1, initial=0) > 255
    for rows, kind in ((~wide, np.uint8), (wide, np.int32)):
        if rows.any():
            starts = np.zeros((int(codes.max()) >> PIECE_BITS) + 2, np.int64)
            np.add.at(starts, (codes[rows] >> PIECE_BITS) + 1, 1) if not rows.all() else windows.by_piece(frozen(codes), PIECE_BITS, starts)
            starts = np.cumsum(starts) if not rows.all() else starts
            yield Block(day, known, codes[rows], starts, counts[rows].astype(kind), sums[rows])
