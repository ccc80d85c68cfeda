"""DailyActivity: one row per person and day, the only data that is read after the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from churnlab.activity.blocks import BlockRows
from churnlab.activity.memory import ReusedMemory
from churnlab.activity.rows import Carry, Rows
from churnlab.kernels import plan, windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import COUNTS, SUMS
from churnlab.kernels.units import MICRO
from churnlab.schema.days import day_text, to_timestamps
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles, role_column
from churnlab.schema.views import view

DERIVED = {"active": plan.ACTIVE, "gap": plan.GAP, "gap_sq": plan.GAP_SQ, "gaps": plan.GAPS}


@dataclass(frozen=True, eq=False)
class DailyActivity:
    """One row per person and local day on which anything happened, sorted by both.

    `EventLog.daily` and `ActivityStore.daily` make one.

    | field     | type              | meaning                                              |
    |-----------|-------------------|------------------------------------------------------|
    | users     | int64 or object   | the sorted ids                                       |
    | rows      | Rows or BlockRows | the rows, put in order when they are first asked for |
    | roles     | Roles             | the meaning of the events                            |
    | measures  | Measures          | the measures beyond the standard ones                |
    | start     | day               | the first observed day                               |
    | end       | day               | the day after the last observed one                  |
    | timezone  | text              | the zone of the local days                           |
    | has_money | bool              | whether the log names an amount                      |
    | source    | dict              | what the log was, and counts of what was set aside   |

    A day with late events has several rows, its versions: see `known` and `as_of`. `parts` gives
    the rows of some people at a time, without putting all rows in order.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> activity
    DailyActivity(50 people, 2026-01-01 to 2026-03-01)
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
        """The first row of each person, then the number of rows: int64[people + 1]."""
        return self.rows.whole.first

    @property
    def day(self) -> np.ndarray:
        """The local day of each row, days since 1970-01-01: int32[m]."""
        return self.rows.whole.day

    @property
    def counts(self) -> np.ndarray:
        """The counts of each row, with columns `count_names`: int32[m, k]."""
        return self.rows.whole.counts

    @property
    def sums(self) -> np.ndarray:
        """The sums of each row, with columns `sum_names`: int64[m, s].

        Money and summed measures are in millionths of their unit, session time in microseconds.
        """
        return self.rows.whole.sums

    @property
    def known(self) -> np.ndarray:
        """The local day from which on each row is known, int32[m]; empty without arrival times."""
        return self.rows.whole.known

    @property
    def text_ids(self) -> bool:
        """Whether user ids are text; they are whole numbers otherwise."""
        return not np.issubdtype(self.users.dtype, np.integer)

    @property
    def carry(self) -> Carry | None:
        """The folded past before the rows; None where no day was folded away."""
        return self.rows.carry

    @property
    def kept_from(self) -> int:
        """The first day whose rows are kept one by one."""
        return self.start if self.carry is None else self.carry.before

    @property
    def count_names(self) -> tuple[str, ...]:
        """The columns of `counts`."""
        return (*COUNTS, *map(role_column, self.roles.names))

    @property
    def sum_names(self) -> tuple[str, ...]:
        """The columns of `sums`."""
        return (*SUMS, *(m.column_name for m in self.measures))

    @property
    def sources(self) -> dict[str, tuple[int, int]]:
        """Kind and column of each measure, as the kernels take them."""
        return (
            {n: (plan.COUNT, i) for i, n in enumerate(self.count_names)}
            | {n: (plan.SUM, i) for i, n in enumerate(self.sum_names)}
            | {n: (kind, 0) for n, kind in DERIVED.items()}
        )

    def values(self, measure: str) -> np.ndarray:
        """One measure of every row, whole numbers [m].

        active, gap, gap_sq and gaps are derived from the acts: whether the day is active, the days
        since the previous active day, their square, and whether there was such a day.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> bool((activity.values("gap_sq") == activity.values("gap") ** 2).all())
        True
        """
        kind, column = self.sources[measure]
        if kind == plan.COUNT:
            return self.counts[:, column]
        if kind == plan.SUM:
            return self.sums[:, column]
        if kind == plan.ACTIVE:
            return (self.counts[:, 0] > 0).astype(np.int64)
        gap = self._gaps()
        if kind == plan.GAP:
            return gap
        return gap * gap if kind == plan.GAP_SQ else (gap > 0).astype(np.int64)

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
        """The users as a pandas Index."""
        return pd.Index(self.users)

    @property
    def codes(self) -> np.ndarray:
        """The user of every row, as a place in `users`: int64[m]."""
        return np.repeat(np.arange(len(self.users)), np.diff(self.first))

    @property
    def late(self) -> bool:
        """Whether any row became known after its own day."""
        return self.rows.late

    def as_of(self, day: int | None = None) -> DailyActivity:
        """The rows that a snapshot at `day` sees, one a person and day; the latest rows for None.

        The rule is that of `activity.arrivals`. The same object where no row is late.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.as_of(activity.end) is activity
        True
        """
        return replace(self, rows=self.rows.whole.as_of(day)) if self.late else self

    def daily(self) -> DailyActivity:
        """This activity, which is in memory already; a store or a log makes one here.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.daily() is activity
        True
        """
        return self

    def parts(self) -> Iterator[tuple[np.ndarray, DailyActivity]]:
        """The people in groups of some thousands: their rising places int64[k], their activity.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> [(len(places), part.start == activity.start) for places, part in activity.parts()]
        [(50, True)]
        """
        for places in self.rows.pieces():
            yield places, self.part(places)

    def jobs(self) -> Iterator[Callable[[], DailyActivity]]:
        """One function for each group of people; it makes their activity when it is called.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> [job() for job in activity.jobs()]
        [DailyActivity(50 people, 2026-01-01 to 2026-03-01)]
        """
        memory = ReusedMemory()
        for places in self.rows.pieces():
            yield partial(self.part, places, memory)

    def part(self, places: np.ndarray, memory: ReusedMemory | None = None) -> DailyActivity:
        """The activity of one group of `rows.pieces()`, in fresh memory or in `memory`.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> len(activity.part(activity.rows.pieces()[0]).users)
        50
        """
        return replace(self, users=self.users[places], rows=self.rows.piece(places, memory))

    def acts_alone(self) -> DailyActivity:
        """The same people and days with the count of acts; other measures may be missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.acts_alone().total("acts") == activity.total("acts")
        True
        """
        return replace(self, rows=self.rows.acts_alone())

    def take(self, begin: int, end: int) -> DailyActivity:
        """The activity of the users from place `begin` up to `end`.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.take(10, 20)
        DailyActivity(10 people, 2026-01-01 to 2026-03-01)
        """
        return replace(self, users=self.users[begin:end], rows=self.rows.whole.take(begin, end))

    def choose(self, places: np.ndarray) -> DailyActivity:
        """The activity of the users at rising places.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.choose(np.arange(0, 50, 2))
        DailyActivity(25 people, 2026-01-01 to 2026-03-01)
        """
        return replace(self, users=self.users[places], rows=self.rows.whole.choose(places))

    @cached_property
    def digest(self) -> str:
        """sha256 of everything that features can see, as hexadecimal text."""
        meaning = (list(map(str, self.users)), self.roles.to_dict(), self.timezone)
        digest = hashlib.sha256(repr(meaning).encode())
        for array in (self.first, self.day, self.known):
            digest.update(array.astype(np.int64).tobytes())
        for i, name in enumerate(self.count_names):
            digest.update(name.encode() + self.counts[:, i].astype(np.int64).tobytes())
        for i, name in enumerate(self.sum_names):
            digest.update(name.encode() + self.sums[:, i].tobytes())
        if self.carry is not None:
            digest.update(repr((self.carry.names, self.carry.before)).encode())
            digest.update(self.carry.values.tobytes() + self.carry.recent.tobytes())
        return digest.hexdigest()

    def total(self, measure: str) -> int:
        """The sum of a measure over all people and days, folded days too.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.total("active") == int((activity.values("acts") > 0).sum())
        True
        """
        folded = 0
        if self.carry is not None:
            place = self.carry.names.index(measure)
            folded = int(self.carry.values[:, place, 0].sum())
        return int(self.values(measure).sum(dtype=np.int64)) + folded

    def frame(self) -> pd.DataFrame:
        """A DataFrame with user_id, day and all measures.

        Money and `m_*` sums are in millionths of their unit.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.frame().columns[:5].tolist()
        ['user_id', 'day', 'acts', 'receipts', 'orders']
        """
        return pd.DataFrame(
            {"user_id": self.users[self.codes], "day": to_timestamps(self.day), **self.columns}
        )

    def describe(self) -> dict[str, object]:
        """Facts of the log and totals of its rows, JSON-ready.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
        >>> activity.describe()["active_days"] == activity.total("active")
        True
        """
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
        days = f"{day_text(self.start)} to {day_text(self.end - 1)}"
        return f"DailyActivity({len(self.users):,} people, {days})"

    def _repr_html_(self) -> str:
        return str(view("report.glances:daily")(self).html())
