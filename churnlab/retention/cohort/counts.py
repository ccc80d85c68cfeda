"""Counts of cohorts: how many people began in each period, and how many of them came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.errors import ConfigError
from churnlab.kernels import presence
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY
from churnlab.retention.cohort.returns import Return, known, returns_of
from churnlab.retention.measured import is_receipt, measure_of
from churnlab.retention.over_time.periods import Periods
from churnlab.retention.people import Grouping, People, first_acts
from churnlab.schema.days import Day, before, day_number


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of the people of each group (s), first day's period (p) and return (w).

    | field    | type          | meaning                                                       |
    |----------|---------------|---------------------------------------------------------------|
    | grouping | Grouping      | how people are told apart; None: all in one group             |
    | size     | int64[2,s,p]  | people: 0 new in the period, 1 there before and active in it  |
    | hits     | int64[2,s,p,w]| those of them who came back                                   |
    | totals   | int64[s,w,5]  | see `shares.effective`; of people there before                |
    | triangle | int64[s,p,p]  | new people who came so many periods after their first         |
    """

    grouping: Grouping | None
    size: np.ndarray
    hits: np.ndarray
    totals: np.ndarray
    triangle: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Counted:
    """Counts of cohorts by period and return, for each grouping of people.

    `left_out` counts people without a first day (`no_start`), with one before the first cohort
    (`before`) or after the log (`after`), and those who acted before they registered (`acted`),
    whose earlier acts do not count. `from_day` is the first day that begins a cohort.
    """

    periods: Periods
    returns: tuple[Return, ...]
    counts: tuple[Counts, ...]
    left_out: dict[str, int]
    by_registration: bool
    from_day: int

    @cached_property
    def known(self) -> np.ndarray:
        """Whether each return is over for a whole cohort, bool[periods, returns]."""
        return known(self.returns, self.periods.last, self.periods.stop)


class _Tally:
    """Counts of one grouping while people are added."""

    def __init__(self, plan: Plan, people: People, grouping: Grouping | None) -> None:
        self.plan, self.people, self.grouping = plan, people, grouping
        groups = len(grouping.groups) if grouping else 1
        periods, returns = len(plan.periods), len(plan.returns)
        self.size = np.zeros((2, groups, periods), np.int64)
        self.hits = np.zeros((2, groups, periods, returns), np.int64)
        self.totals = np.zeros((groups, returns, 5), np.int64)
        self.triangle = np.zeros((groups, periods, periods), np.int64)
        self.left_out = dict.fromkeys(_LEFT_OUT, 0)
        self.seen = np.zeros(len(people.ids), bool)

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Count a group of people."""
        plan, periods = self.plan, self.plan.periods
        start = plan.start(self.people, part, places)
        self.seen[places[places >= 0]] = True
        self._leave_out(start)
        if self.people.registered is not None:
            acted = first_acts(part)
            known = (start != NO_DAY) & (acted != NO_DAY)
            self.left_out["acted"] += int(before(acted[known] - start[known], 0).sum())
        acts = frozen(part.counts[:, 0])
        came = acts if plan.measure is None else frozen(part.values(plan.measure).astype(np.int32))
        presence.came_back(
            frozen(part.first),
            frozen(part.day),
            acts,
            came,
            frozen(start),
            frozen(self.people.segments(self.grouping, places)),
            periods.base,
            periods.stop,
            frozen(periods.of_day),
            *plan.windows,
            self.size,
            self.hits,
            self.totals,
            self.triangle,
        )

    def _leave_out(self, start: np.ndarray) -> None:
        self.left_out["no_start"] += int((start == NO_DAY).sum())
        early = before(start, self.plan.periods.base) & (start != NO_DAY)
        self.left_out["before"] += int(early.sum())
        self.left_out["after"] += int((~before(start, self.plan.periods.stop)).sum())

    def merge(self, other: _Tally) -> None:
        """Add another tally."""
        for name in ("size", "hits", "totals", "triangle"):
            getattr(self, name).__iadd__(getattr(other, name))
        self.left_out = {k: n + other.left_out[k] for k, n in self.left_out.items()}
        self.seen |= other.seen

    def add_absent(self) -> None:
        """Count registered people without a row of acts: they are in the denominator."""
        if self.people.registered is None:
            return
        absent = np.flatnonzero(~self.seen)
        start, periods = self.people.registered[absent], self.plan.periods
        self._leave_out(start)
        inside = ~before(start, max(periods.base, self.plan.from_day)) & before(start, periods.stop)
        place = periods.of_day[start[inside] - periods.base]
        segment = self.people.segments(self.grouping, absent[inside])
        np.add.at(self.size[0], (segment, place), 1)

    def counts(self) -> Counts:
        """The counts of everybody."""
        self.add_absent()
        return Counts(self.grouping, self.size, self.hits, self.totals, self.triangle)


_LEFT_OUT = ("no_start", "before", "after", "acted")


@dataclass(frozen=True, eq=False)
class Plan:
    """What is counted."""

    periods: Periods
    returns: tuple[Return, ...]
    measure: str | None
    from_day: int

    @cached_property
    def windows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """First and last days of the returns, and which are known, as the kernel takes them."""
        low = np.array([r.low for r in self.returns], np.int64)
        high = np.array([r.high for r in self.returns], np.int64)
        there = known(self.returns, self.periods.last, self.periods.stop).astype(np.uint8)
        return frozen(low), frozen(high), frozen(there)

    def start(self, people: People, part: DailyActivity, places: np.ndarray) -> np.ndarray:
        """Everybody's first day; a day before `from_day` begins no cohort."""
        start = people.started(part, places)
        early = before(start, self.from_day) & (start != NO_DAY)
        return np.where(early, np.minimum(start, self.periods.base - 1), start)

    def makers(self, people: People) -> list[Callable[[], _Tally]]:
        """One function for each grouping of people, or for all people; it makes their counts."""
        return [partial(_Tally, self, people, each) for each in people.groupings or (None,)]

    def finish(self, people: People, found: Sequence[_Tally]) -> Counted:
        """All that was counted, in the order of the makers."""
        counts = tuple(tally.counts() for tally in found)
        registered = people.registered is not None
        return Counted(
            self.periods, self.returns, counts, found[0].left_out, registered, self.from_day
        )


def plan_of(
    activity: Activity,
    every: str,
    days: Iterable[int | str],
    returns: str | None = None,
    new_after: Day | None = None,
) -> Plan:
    """The plan of what `cohorts` counts, from its arguments; ConfigError as there.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> len(plan_of(activity, "week", [1, 7]).periods)
    9
    """
    if returns is not None and is_receipt(activity, returns):
        raise ConfigError.from_range("returns", returns, "a role of acts; this one is received")
    measure = None if returns is None else measure_of(activity, returns)
    periods = Periods.of(every, activity.kept_from, activity.end)
    since = periods.base if new_after is None else day_number(new_after)
    return Plan(periods, returns_of(days), measure, since)
