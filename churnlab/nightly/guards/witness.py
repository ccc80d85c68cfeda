"""Witness: what is seen of the log and the features while a list is made, in the same pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity, Job
from churnlab.kernels.units import NO_DAY
from churnlab.nightly.guards.drift import Edges, binned
from churnlab.schema.days import before, contains
from churnlab.schema.roles import role_column
from churnlab.training.reference import by_signal

WEEKS = 8
CHECKED = 7
DAYS = 7 * WEEKS + CHECKED
PARTS = ("night", "morning", "afternoon", "evening")
EVENTS, ORDERS, MONEY = "all", "orders", "money"
PEOPLE, NEWCOMERS = "people", "newcomers"
ROLE = "role "


@dataclass(frozen=True, eq=False)
class Witness:
    """Collects sums by day, who is new, whose acts have become too old, and what is missing.

    `day` is that of the list, `within` the days within which people must have acted, `columns` the
    features of the model, `edges` those between the bins in which single features are counted.
    Groups of people may come from several threads.
    """

    day: int
    within: int
    columns: tuple[str, ...]
    edges: Edges = field(default_factory=dict)
    bins: list[np.ndarray] = field(default_factory=list)
    sums: list[pd.DataFrame] = field(default_factory=list)
    new: list[pd.Series] = field(default_factory=list)
    lapsed: list[np.ndarray] = field(default_factory=list)
    missing: list[pd.Series] = field(default_factory=list)
    people: list[pd.Index] = field(default_factory=list)

    def watching(self, activity: Activity) -> Activity:
        """The activity, of which each group of people is seen when it is made."""
        return cast(Activity, _Watched(activity, self.see))

    def see(self, group: DailyActivity) -> DailyActivity:
        """Take note of a group of people; returns it as it is."""
        known = group.as_of(self.day)
        self.sums.append(sums_by_day(known, self.day))
        first, last = _first_days(known), _last_acts(known)
        recent = contains(first, self.day - DAYS, self.day)
        self.new.append(pd.Series(first[recent], known.users[recent]))
        too_old = self.day - self.within
        self.lapsed.append(known.users[contains(last, too_old - DAYS, too_old)])
        return group

    def count(self, X: pd.DataFrame) -> pd.DataFrame:
        """Take note of the features of some people; returns them as they are."""
        self.missing.append(X[list(self.columns)].isna().sum())
        self.bins.append(binned(X, self.edges))
        self.people.append(X.index.get_level_values("user_id"))
        return X

    @property
    def scored(self) -> pd.Index:
        """The ids of the people who were scored."""
        return _joined(self.people)

    @property
    def lapsed_ids(self) -> pd.Index:
        """The ids of people whose last act is too old, by DAYS days at most."""
        return _joined([pd.Index(each) for each in self.lapsed])

    def new_since(self, day: int) -> pd.Index:
        """The ids of people without an event before a day."""
        return _joined([pd.Index(each.index[~before(each, day)]) for each in self.new])

    @property
    def by_day(self) -> pd.DataFrame:
        """Sums of each of the DAYS days before the list's, oldest first, by name."""
        return sum(self.sums[1:], self.sums[0])

    @property
    def feature_counts(self) -> dict[str, np.ndarray]:
        """How many people are in each bin of each feature that `edges` names."""
        return dict(zip(self.edges, sum(self.bins[1:], self.bins[0]), strict=True))

    @property
    def missing_shares(self) -> dict[str, float]:
        """The share of the cells of each signal that are missing."""
        return by_signal(sum(self.missing[1:], self.missing[0]) / max(len(self.scored), 1))


def _joined(parts: list[pd.Index]) -> pd.Index:
    some = [part for part in parts if len(part)]
    return some[0].append(some[1:]) if some else pd.Index([])


@dataclass(frozen=True)
class _Watched:
    """An activity whose groups are seen when they are made."""

    activity: Activity
    see: Callable[[DailyActivity], DailyActivity]

    def jobs(self) -> Iterator[Job]:
        """One function for each group of people, who are seen when it is called."""
        for job in self.activity.jobs():
            yield partial(_seen, job, self.see)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.activity, name)


def _seen(job: Job, see: Callable[[DailyActivity], DailyActivity]) -> DailyActivity:
    return see(job())


def sums_by_day(activity: DailyActivity, day: int) -> pd.DataFrame:
    """Events in all and by role, orders, money in millionths, acts by part of the day, people.

    PEOPLE counts those with an event, NEWCOMERS those of them whose first it is. One row for each
    of the DAYS days before `day`.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=90, seed=1).log().daily()
    >>> sums_by_day(activity, activity.end).shape[0] == DAYS
    True
    """
    place = activity.day - (day - DAYS)
    rows = (place >= 0) & (place < DAYS)
    events = activity.values("acts") + activity.values("receipts")
    first = _first_days(activity)[activity.codes] == activity.day
    wanted = {EVENTS: events, PEOPLE: np.minimum(events, 1), NEWCOMERS: np.minimum(events, first)}
    wanted |= {name: activity.values(name) for name in (ORDERS, MONEY, *PARTS)}
    wanted |= {ROLE + n: activity.values(role_column(n)) for n in activity.roles.names}
    at = place[rows]
    sums = {name: _summed(at, values[rows]) for name, values in wanted.items()}
    return pd.DataFrame(sums, index=np.arange(day - DAYS, day))


def _summed(place: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros(DAYS, np.int64)
    np.add.at(total, place, values)
    return total


def _first_days(activity: DailyActivity) -> np.ndarray:
    """The first day of each person; NO_DAY for those who are in the folded past."""
    if not len(activity.day):
        return np.full(len(activity.users), NO_DAY)
    first, end = activity.first[:-1], activity.first[1:]
    days = activity.day[np.minimum(first, len(activity.day) - 1)].astype(np.int64)
    days[first == end] = NO_DAY
    if activity.carry is not None:
        days[(activity.carry.recent[:, 0] != NO_DAY)] = NO_DAY
    return days


def _last_acts(activity: DailyActivity) -> np.ndarray:
    """The last day with an act of each person; NO_DAY without one."""
    folded = activity.carry
    last = np.full(len(activity.users), NO_DAY) if folded is None else folded.recent[:, 0].copy()
    acted = activity.values("acts") > 0
    np.maximum.at(last, activity.codes[acted], activity.day[acted])
    return last
