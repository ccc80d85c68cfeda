"""People by the day and the channel they came by, their money by age, and what channels cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError, CostsError, FrameError, HistoryError
from churnlab.errors.retention import ShortLogError
from churnlab.kernels.units import MICRO
from churnlab.retention.people import local_days
from churnlab.schema.days import (
    before,
    contains,
    day_number,
    day_text,
    to_timestamps,
    up_to,
)

NO_CHANNEL = "(no channel)"
EVERY = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
SETTLE = 28  # days of a log whose people were probably there before
_MONTH = re.compile(r"^\d{4}-\d{1,2}$")
_WEEK = re.compile(r"^(\d{4})-W(\d{1,2})$")


@dataclass(frozen=True, eq=False)
class Acquired:
    """People who came while the log was observed, and their money.

    | field | meaning |
    |---|---|
    | `users` | ids, in the order of the log |
    | `entry` | the local day each came, days since 1970-01-01 |
    | `channel` | the channel of each, text; NO_CHANNEL where none is known |
    | `cohort` | the period of entry of each, like 2026-03 |
    | `who`, `age`, `money`, `orders` | days with money: place in `users`, days since entry, sums |
    | `first`, `end` | entries are in `[first, end)` |
    | `before` | people who were there before `first` and are left out |
    """

    users: np.ndarray
    entry: np.ndarray
    channel: np.ndarray
    cohort: np.ndarray
    who: np.ndarray
    age: np.ndarray
    money: np.ndarray
    orders: np.ndarray
    first: int
    end: int
    before: int

    def at(self, end: int) -> Acquired:
        """What was known of them on the morning of an earlier day.

        >>> made = _example().at(10)
        >>> made.users.tolist(), made.money.tolist(), made.end
        (['ann', 'bob'], [5.0], 10)
        """
        there = before(self.entry, end)
        place = np.cumsum(there) - 1
        rows = before(self.entry[self.who] + self.age, end)
        cut = {n: getattr(self, n)[there] for n in ("users", "entry", "channel", "cohort")}
        kept = {n: getattr(self, n)[rows] for n in ("age", "money", "orders")}
        who = place[self.who[rows]]
        return Acquired(**cut, who=who, **kept, first=self.first, end=end, before=self.before)

    def worth(self, age: int) -> np.ndarray:
        """Money of each person in the days `[entry, entry + age)` as far as seen, float64[n].

        >>> _example().worth(5).tolist(), _example().worth(90).tolist()
        ([5.0, 0.0, 7.0], [8.0, 0.0, 7.0])
        """
        rows = before(self.age, age)
        return np.bincount(self.who[rows], self.money[rows], len(self.users))

    @property
    def observed(self) -> np.ndarray:
        """Days from each person's entry to the end of the log, int64[n]."""
        return np.asarray(self.end - self.entry)


def _example() -> Acquired:
    """Three people with four days with money, for the examples of this room."""
    return Acquired(
        users=np.array(["ann", "bob", "eve"]),
        entry=np.array([1, 2, 15]),
        channel=np.array(["ads", "shop", "ads"], object),
        cohort=np.array(["1970-01", "1970-01", "1970-01"]),
        who=np.array([0, 0, 2]),
        age=np.array([0, 20, 1]),
        money=np.array([5.0, 3.0, 7.0]),
        orders=np.array([1, 1, 1]),
        first=0,
        end=40,
        before=0,
    )


@dataclass(frozen=True)
class Arrivals:
    """How people came: the columns of their channel and day, and cohorts.

    `channel` names a column of the users, as `entered` does for the day that a person came on; by
    the first act without it. `every` is the period of a cohort: week, month, quarter or year. Of
    people who came by their first act, those of the first `settle` days of the log do not count.

    >>> Arrivals(every="week").settle
    28
    """

    channel: str = "channel"
    entered: str | None = None
    every: str = "month"
    settle: int = SETTLE


def acquired(
    activity: DailyActivity,
    users: pd.DataFrame,
    channel: str = "channel",
    entered: str | None = None,
    every: str = "month",
    settle: int = SETTLE,
) -> Acquired:
    """The people of `users` by channel and day of entry, with their money.

    A person comes on the day in the column `entered` of `users`, else on the first day with an act.
    By the first act, people of the first `settle` days of the log are taken for people who were
    there before, and left out. With `entered`, people without an act count too, and nobody is left
    out but those who came before the log began. Money of days before the entry does not count.

    ConfigError for an unknown period and a log without amounts, FrameError for missing columns,
    HistoryError for a log that is too short, and where nobody is left.

    >>> import churnlab as cl
    >>> made = cl.datasets.make_community(users=50, days=60)
    >>> found = acquired(made.log().daily(), made.users)
    >>> found.before + len(found.users), sorted(set(found.channel))
    (50, ['ads', 'campus', 'organic', 'referral'])
    """
    if every not in EVERY:
        raise ConfigError.from_unknown("period of cohorts", every, EVERY)
    if not activity.has_money:
        raise ConfigError.from_no_amount()
    wanted = ["user_id", channel, *([entered] if entered else [])]
    lacking = [name for name in wanted if name not in users]
    if lacking:
        raise FrameError.from_missing_columns("the users frame", lacking, users.columns)
    if repeated := int(users["user_id"].duplicated().sum()):
        raise FrameError.from_duplicates("the users frame", repeated)
    seen = activity.as_of()
    first = activity.start + (0 if entered else settle)
    if up_to(activity.end, first):
        reach = activity.end - activity.start
        raise ShortLogError.from_window("value by channel", settle + 1, reach)
    ids, entry = _entries(seen, users, entered)
    there = contains(entry, first, activity.end)
    if not there.any():
        raise HistoryError.from_nobody(day_text(activity.end), activity.end - first)
    ids, entry = ids[there], entry[there]
    who, age, money, orders = _money(seen, ids, entry)
    by = users.set_index("user_id")[channel].reindex(pd.Index(ids))
    stamps = pd.DatetimeIndex(to_timestamps(entry))
    return Acquired(
        users=ids,
        entry=entry,
        channel=_channels(by),
        cohort=stamps.to_period(EVERY[every]).astype(str).to_numpy(),
        who=who,
        age=age,
        money=money,
        orders=orders,
        first=first,
        end=activity.end,
        before=int((~there).sum()),
    )


def _channels(given: pd.Series) -> np.ndarray:
    """Channels as text, object[n]; NO_CHANNEL where none is known."""
    codes, values = pd.factorize(given)
    names = [_text(value) or NO_CHANNEL for value in values]
    return np.array([*names, NO_CHANNEL], object)[codes]


def _text(given: object) -> str:
    """A channel as text, without blanks around it; 7.0 is 7, which a column with gaps made of it.

    >>> _text(7.0), _text(" ads ")
    ('7', 'ads')
    """
    whole = isinstance(given, float) and given.is_integer()
    return str(int(given) if whole else given).strip()  # type: ignore[call-overload]


def _entries(
    seen: DailyActivity, users: pd.DataFrame, entered: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """The people and their days of entry; people of whom it is not known are left out."""
    if entered is not None:
        known = users[users[entered].notna()].sort_values("user_id")
        return known["user_id"].to_numpy(), local_days(known[entered], seen.timezone)
    acts = seen.values("acts") > 0
    code, day = seen.codes[acts], seen.day[acts].astype(np.int64)
    place, at = np.unique(code, return_index=True)
    entry = day[at]
    if seen.carry is not None:  # a folded past is older than every entry
        folded = seen.carry.values[:, seen.carry.names.index("acts"), 0] > 0
        entry = np.where(folded[place], seen.start - 1, entry)
    return seen.users[place], entry


def _money(
    seen: DailyActivity, ids: np.ndarray, entry: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The rows with money or orders from entry on: who, age, money, orders."""
    place = np.asarray(pd.Index(ids).get_indexer(seen.ids), np.int64)
    money = seen.values("money")
    rows = np.flatnonzero((money != 0) | (seen.values("orders") > 0))
    who = place[seen.codes[rows]]
    age = seen.day[rows] - entry[np.maximum(who, 0)]
    kept = (who >= 0) & (age >= 0)
    rows = rows[kept]
    orders = seen.values("orders")[rows].astype(np.int64)
    return who[kept], age[kept].astype(np.int64), money[rows] / MICRO, orders


@dataclass(frozen=True, eq=False)
class Costs:
    """What channels cost by cohort; `table` has channel, cohort and cost.

    A cost is missing where one of its rows was. `outside` is money of days without entrants in the
    log, which is left out, `in_part` says of how many rows a part of the days was.
    """

    table: pd.DataFrame
    outside: float
    in_part: int


def read_costs(costs: pd.DataFrame, every: str, first: int, end: int) -> Costs:
    """Costs of a frame with channel, cost and a period, by channel and cohort.

    The period is the column `day` (a day) or `period` (a day, a week like 2026-W10 or a month like
    2026-03). Of a month that lies partly outside the days `[first, end)`, whose entrants are seen,
    the same part of its cost is left out. A month's cost is spread over the cohorts of its days.

    FrameError for missing columns, CostsError for a missing channel, a cost that is no number or
    lies below 0, and a period that cannot be read.

    >>> given = pd.DataFrame({"channel": ["ads", "ads"], "period": ["2026-01", "2026-02"],
    ...                       "cost": [31.0, 56.0]})
    >>> first, end = day_number("2026-01-11"), day_number("2026-03-01")
    >>> read_costs(given, "month", first, end).table.values.tolist()
    [['ads', '2026-01', 21.0], ['ads', '2026-02', 56.0]]
    """
    period = "day" if "day" in costs else "period"
    lacking = [name for name in ("channel", "cost", period) if name not in costs]
    if lacking:
        raise FrameError.from_missing_columns("the costs frame", lacking, costs.columns)
    if unnamed := sum(not _known(channel) for channel in costs["channel"]):
        raise CostsError.from_no_channel(unnamed)
    rows, outside, in_part = [], 0.0, 0
    for row in costs[["channel", period, "cost"]].itertuples(index=False, name=None):
        channel = _text(row[0])
        cost = _amount(channel, row[2])
        begin, stop = days_of(row[1])
        inside = np.arange(max(begin, first), min(stop, end))
        outside += 0.0 if np.isnan(cost) else cost * (1 - len(inside) / (stop - begin))
        in_part += 0 < len(inside) < stop - begin
        rows += _spread(channel, cost / (stop - begin), inside, every)
    table = pd.DataFrame(rows, columns=["channel", "cohort", "cost"])
    summed = table.groupby(["channel", "cohort"], sort=True)["cost"].sum(min_count=1)
    lost = table[table["cost"].isna()].set_index(["channel", "cohort"]).index
    summed[summed.index.isin(lost)] = np.nan
    return Costs(summed.reset_index(), outside, in_part)


def _known(given: object) -> str:
    """A channel as text; empty where it is missing."""
    return "" if pd.isna(given) else _text(given)  # type: ignore[call-overload]


def _amount(channel: str, given: object) -> float:
    """A cost, NaN where it is missing; CostsError for what is no amount."""
    if pd.isna(given):  # type: ignore[call-overload]
        return float("nan")
    try:
        cost = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        cost = -1.0
    if cost < 0 or np.isinf(cost):
        raise CostsError.from_no_amount_of(channel, given)
    return cost


def _spread(
    channel: str, a_day: float, days: np.ndarray, every: str
) -> list[tuple[str, str, float]]:
    if not len(days):
        return []
    periods = pd.DatetimeIndex(to_timestamps(days)).to_period(EVERY[every]).astype(str)
    names, counts = np.unique(np.asarray(periods), return_counts=True)
    return [(channel, str(n), a_day * int(c)) for n, c in zip(names, counts, strict=True)]


def days_of(period: object) -> tuple[int, int]:
    """The days `[begin, stop)` of a day, a week or a month; CostsError for anything else.

    >>> days_of("1970-02"), days_of("1970-W02")
    ((31, 59), (4, 11))
    """
    try:
        if isinstance(period, int | np.integer):  # such as 202603, which is no number of days
            raise ValueError(period)
        if isinstance(period, str) and (week := _WEEK.match(period)):
            monday = date.fromisocalendar(int(week[1]), int(week[2]), 1)
            return day_number(monday), day_number(monday) + 7
        if isinstance(period, pd.Period) or (isinstance(period, str) and _MONTH.match(period)):
            month = pd.Period(period)
            return day_number(month.start_time), day_number((month + 1).start_time)
        begin = day_number(period)  # type: ignore[arg-type]
    except (ConfigError, ValueError) as error:
        raise CostsError.from_bad_period(period) from error
    return begin, begin + 1


def whole_cohorts(cohorts: Sequence[str], every: str, first: int, end: int) -> np.ndarray:
    """Whether each cohort's period lies in the days `[first, end)` from its first to its last day.

    >>> first, end = day_number("2026-01-11"), day_number("2026-03-01")
    >>> whole_cohorts(["2026-01", "2026-02"], "month", first, end).tolist()
    [False, True]
    """
    periods = [pd.Period(cohort, EVERY[every]) for cohort in cohorts]
    inside = [
        not before(day_number(p.start_time), first)
        and up_to(day_number(p.end_time.normalize()) + 1, end)
        for p in periods
    ]
    return np.array(inside, bool)


def channels_of(people: Acquired, costs: Costs | None) -> Sequence[str]:
    """All channels, those with people by their number, then those with a cost and nobody.

    >>> list(channels_of(_example(), None))
    ['ads', 'shop']
    """
    names, counts = np.unique(people.channel.astype(str), return_counts=True)
    found = [str(n) for n in names[np.lexsort((names, -counts))]]
    given = [] if costs is None else sorted({*costs.table["channel"]} - {*found})
    return [*found, *given]
