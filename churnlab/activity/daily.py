"""DailyActivity: one row per person and day, the only thing read after the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from churnlab.activity.blocks import BlockRows
from churnlab.activity.rows import Carry, Rows
from churnlab.kernels import plan, windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.kernels.units import MICRO
from churnlab.schema.days import day_text, to_timestamps
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles

DERIVED = {"active": plan.ACTIVE, "gap": plan.GAP, "gap_sq": plan.GAP_SQ, "gaps": plan.GAPS}


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
    def text_ids(self) -> bool:
        """Whether user ids are text; whole numbers otherwise."""
        return not np.issubdtype(self.users.dtype, np.integer)

    @property
    def carry(self) -> Carry | None:
        """What was folded away before the rows."""
        return self.rows.whole.carry

    @property
    def kept_from(self) -> int:
        """The first day whose rows are there one by one."""
        return self.start if self.carry is None else self.carry.before

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
        return (
            {n: (plan.COUNT, i) for i, n in enumerate(self.count_names)}
            | {n: (plan.SUM, i) for i, n in enumerate(self.sum_names)}
            | {n: (kind, 0) for n, kind in DERIVED.items()}
        )

    def values(self, measure: str) -> np.ndarray:
        """One measure of every row, whole numbers [m]."""
        kind, column = self.sources[measure]
        if kind == plan.COUNT:
            return self.counts[:, column]
        if kind == plan.SUM:
            return self.sums[:, column]
        if kind == plan.ACTIVE:
            return (self.counts[:, 0] > 0).astype(np.int64)
        gap = self._gaps()
        return (
            gap
            if kind == plan.GAP
            else gap * gap
            if kind == plan.GAP_SQ
            else (gap > 0).astype(np.int64)
        )

    def _gaps(self) -> np.ndarray:
        """Days since the person's previous active day, which may be a folded one: int64[m]."""
        past = np.zeros(0, np.int64) if self.carry is None else self.carry.recent[:, 0]
        columns = self.first, self.day, self.counts[:, 0], past
        return windows.gaps(*map(frozen, columns))

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

    def daily(self) -> DailyActivity:
        """The rows themselves: they are in memory already."""
        return self

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
        digest = hashlib.sha256(
            repr((list(map(str, self.users)), self.roles.to_dict(), self.timezone)).encode()
        )
        for array in (self.first, self.day, self.known):
            digest.update(array.astype(np.int64).tobytes())
        for i, name in enumerate(self.count_names):
            digest.update(name.encode() + self.counts[:, i].astype(np.int64).tobytes())
        for i, name in enumerate(self.sum_names):
            digest.update(name.encode() + self.sums[:, i].tobytes())
        if self.carry is not None:
            digest.update(
                repr((self.carry.names, self.carry.before)).encode()
                + self.carry.values.tobytes()
                + self.carry.recent.tobytes()
            )
        return digest.hexdigest()

    def has_role(self, role: str) -> bool:
        """Whether the log has events of that role."""
        name = f"n_{role}"
        return name in self.count_names and self.total(name) > 0

    def total(self, measure: str) -> int:
        """The sum of a measure over everybody and all days, folded ones too."""
        folded = (
            0
            if self.carry is None
            else int(self.carry.values[:, self.carry.names.index(measure), 0].sum())
        )
        return int(self.values(measure).sum(dtype=np.int64)) + folded

    def frame(self) -> pd.DataFrame:
        """A pandas view: user_id, day, and the measures (money and `m_*` in millionths of their unit)."""
        return pd.DataFrame(
            {"user_id": self.users[self.codes], "day": to_timestamps(self.day), **self.columns}
        )

    def describe(self) -> dict[str, object]:
        """What the log was and what the rows sum up to."""
        now = self.as_of()
        total = {name: now.total(name) for name in ("acts", "receipts", "sessions", "orders")}
        return {
            **self.source,
            "daily_rows": len(now.day),
            "active_days": now.total("active"),
            **total,
            "money": now.total("money") / MICRO,
        }

    def __repr__(self) -> str:
        return f"DailyActivity({len(self.users):,} people, {day_text(self.start)} to {day_text(self.end - 1)})"
