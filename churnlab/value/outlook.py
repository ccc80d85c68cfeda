"""What people will have spent at an age that they have not reached, by the models of orders.

People who have ordered: MBG/NBD's expected orders times Gamma-Gamma's value of an order (`btyd`).
People who have not: what people of the same age without an order spent later, among those who came
earlier. With a `forecast`, such as LTVRegressor's, it is the level and the models are the shape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from churnlab.btyd import MBGNBD, GammaGamma
from churnlab.errors import ConfigError, HistoryError
from churnlab.value.acquired import Acquired
from churnlab.value.amounts import amounts_of

_RIDGE = 0.01
_WEEK = 7


@dataclass(frozen=True, eq=False)
class Outlook:
    """Expected money of each person in the days after the end of the log; `of` makes one.

    | field | meaning |
    |---|---|
    | `people` | the people and their money |
    | `orders`, `value` | the model of orders and each person's value of an order; None and NaN |
    | | where they cannot be fitted, for the reason `missing` |
    | `history` | repeats, last and age of each person's orders, as the models take them |
    | `later` | money spent up to an age by people without an order before a week: [weeks, ages] |
    | `level` | what expectations are multiplied by, 1 without a forecast |
    | `flat` | money a day of a forecast where there is no model to shape it, else NaN |
    """

    people: Acquired
    orders: MBGNBD | None
    value: np.ndarray
    history: tuple[np.ndarray, np.ndarray, np.ndarray]
    later: np.ndarray
    level: np.ndarray
    flat: np.ndarray
    missing: str = ""

    @classmethod
    def of(
        cls,
        people: Acquired,
        ages: int,
        forecast: pd.Series | None = None,
        horizon: int | None = None,
    ) -> Outlook:
        """The outlook of people up to an age of `ages` days.

        `forecast` is the expected money of each user_id in the next `horizon` days; people whom it
        lacks keep that of the models. ConfigError for one without the other.

        >>> from churnlab.value.acquired import _example
        >>> Outlook.of(_example(), 90).expected(np.array([0, 30, 30])).round(2).tolist()
        [0.0, nan, 2.36]
        """
        if (forecast is None) != (horizon is None):
            raise ConfigError.from_pair("forecast=", "horizon=")
        history, mean = histories(people)
        n = len(people.users)
        later = spent_later(people, ages)
        nothing, one = np.full(n, np.nan), np.ones(n)
        try:
            orders = MBGNBD.fit(*history, ridge=_RIDGE)
            gamma = GammaGamma.fit(history[0] + 1, mean, ridge=_RIDGE)
        except HistoryError as error:
            made = cls(people, None, nothing, history, later, one, nothing, str(error))
        else:
            value = gamma.expected_value(np.nan_to_num(history[0] + 1), np.nan_to_num(mean))
            made = cls(people, orders, value, history, later, one, nothing)
        return made if forecast is None or horizon is None else made._on(forecast, horizon)

    def _on(self, forecast: pd.Series, horizon: int) -> Outlook:
        """The outlook on the level of a forecast."""
        given = amounts_of(forecast, pd.Index(self.people.users))
        if self.orders is None:
            return replace(self, flat=given / horizon)
        ours = self.expected(np.full(len(given), horizon))
        known = np.isfinite(given) & (ours > 0)
        return replace(self, level=np.where(known, given / np.where(known, ours, 1.0), self.level))

    def expected(self, days: np.ndarray) -> np.ndarray:
        """Expected money of each person in the next days, float64[n]; `days` int64[n], 0 or more.

        0 for 0 days, NaN where it is not known.
        """
        out = np.zeros(len(days))
        for horizon in np.unique(days[days > 0]):
            rows = np.flatnonzero(days == horizon)
            out[rows] = self._next(rows, int(horizon))
        return out

    def _next(self, rows: np.ndarray, horizon: int) -> np.ndarray:
        """Expected money of some people in the next `horizon` days."""
        repeats, last, age = (h[rows] for h in self.history)
        ordered = np.isfinite(age)
        found = self._without_order(self.people.observed[rows], horizon)
        buyers = np.full(int(ordered.sum()), np.nan)
        if self.orders is not None:
            known = repeats[ordered], last[ordered], age[ordered]
            buyers = self.orders.expected(*known, horizon) * self.value[rows][ordered]
        found[ordered] = buyers
        flat = self.flat[rows]
        return np.where(np.isfinite(flat), flat * horizon, found * self.level[rows])

    def _without_order(self, observed: np.ndarray, horizon: int) -> np.ndarray:
        """What people without an order by now spent later, among those who came earlier."""
        weeks, most = self.later.shape[0], self.later.shape[1] - 1
        week = np.minimum(observed // _WEEK, weeks - 1)
        now, then = np.minimum(observed, most), np.minimum(observed + horizon, most)
        return np.asarray(self.later[week, then] - self.later[week, now])


def histories(people: Acquired) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Repeats, last and age of each person's days with orders, and their money a day, float64[n].

    NaN for people without an order; a day's orders are one, as in `btyd.statistics`.

    >>> from churnlab.value.acquired import _example
    >>> (repeats, last, age), mean = histories(_example())
    >>> repeats.tolist(), last.tolist(), age.tolist(), mean.tolist()
    ([1.0, nan, 0.0], [20.0, nan, 0.0], [39.0, nan, 24.0], [4.0, nan, 7.0])
    """
    n = len(people.users)
    rows = people.orders > 0
    who, age = people.who[rows], people.age[rows]
    count = np.bincount(who, minlength=n)
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, who, age)
    np.maximum.at(last, who, age)
    has = count > 0
    total = np.bincount(people.who, people.money, n)
    repeats = np.where(has, count - 1.0, np.nan)
    span = np.where(has, last - np.where(has, first, 0), np.nan)
    old = np.where(has, people.observed - np.where(has, first, 0), np.nan)
    return (repeats, span, old), np.where(has, total / np.maximum(count, 1), np.nan)


def spent_later(people: Acquired, ages: int) -> np.ndarray:
    """Mean money up to each age of people without an order before a week, [weeks, ages + 1].

    At each age the mean is over those who have been seen for so long (a mean cumulative function:
    W. Nelson, 2003, Recurrent events data analysis for product repairs); NaN from the age on that
    nobody has reached. Money before the week does not count.

    >>> from churnlab.value.acquired import _example
    >>> spent_later(_example(), 21)[1, [7, 20, 21]].tolist()
    [0.0, 0.0, 0.0]
    >>> spent_later(_example(), 21)[0, [1, 2, 21]].round(2).tolist()
    [1.67, 4.0, 5.0]
    """
    n = len(people.users)
    first = np.full(n, np.inf)
    rows = people.orders > 0
    np.minimum.at(first, people.who[rows], people.age[rows])
    weeks = ages // _WEEK + 1
    out = np.empty((weeks, ages + 1))
    for week in range(weeks):
        there = first >= week * _WEEK
        kept = there[people.who] & (people.age >= week * _WEEK)
        age, money = people.age[kept], people.money[kept]
        out[week] = mean_cumulative(age, money, people.observed[there], ages)
    return out


def mean_cumulative(
    age: np.ndarray,
    money: np.ndarray,
    observed: np.ndarray,
    ages: int,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Mean money of a person up to each age from 0 to `ages`, float64[ages + 1].

    `age` and `money` are those of the rows, already weighted; `observed` and `weight` [n] those of
    the people. NaN from the first age on that nobody has been seen at.

    >>> mean_cumulative(np.array([0, 1]), np.array([4.0, 3.0]), np.array([1, 2]), 3).tolist()
    [0.0, 2.0, 5.0, nan]
    """
    inside = age < ages
    spent = np.bincount(age[inside], money[inside], ages)
    leaving = np.bincount(np.minimum(observed, ages), weight, ages + 1)
    at_risk = np.cumsum(leaving[::-1])[::-1][1:]  # seen for more than d days, at d
    with np.errstate(invalid="ignore", divide="ignore"):
        step = np.where(at_risk > 0, spent / at_risk, np.nan)
    return np.r_[0.0, np.cumsum(step)]
