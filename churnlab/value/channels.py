"""Channels: what people are worth so many days after they came, against what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.errors import ConfigError
from churnlab.schema.days import before, day_text
from churnlab.value.acquired import (
    SETTLE,
    Acquired,
    Arrivals,
    Costs,
    acquired,
    channels_of,
    read_costs,
    whole_cohorts,
)
from churnlab.value.channels_found import ChannelValue, Check
from churnlab.value.outlook import Outlook, mean_cumulative

AGES = (30, 60, 90, 180)
WHALES = (0.01, 0.1)
_FEWEST = 10  # people who must have been seen at an age for a payback time
_APART = 1.15  # two budgets are different that differ by so much; months differ by a ninth


def channels(
    activity: DailyActivity,
    users: pd.DataFrame,
    costs: pd.DataFrame | None = None,
    *,
    ages: Sequence[int] = AGES,
    arrivals: Arrivals | None = None,
    forecast: tuple[pd.Series, int] | None = None,
    currency: str = "",
    draws: int = 200,
) -> ChannelValue:
    """Value of a person by cohort, channel and age against cost, as a `ChannelValue`.

    `users` has user_id and the column `channel`; `arrivals` says how people came, if not by the
    month of their first act (`Arrivals`). `costs` has channel, cost and day or period
    (`acquired.read_costs`). Value at an age of a days is the money of the days
    `[entry, entry + a)`, refunds subtracted. Who has not been there for so long keeps what was
    spent so far; the rest is what `outlook.Outlook` expects, on the level of a `forecast` where
    one is given: a Series of amounts by user_id, and the days that they are for. Such values are
    marked as extrapolated. They are missing where models cannot be fitted, and for people without
    an order beyond the age that anybody has reached.

    Intervals are of 95%, from `draws` resamples of people; they hold no error of the models.

    ConfigError for ages that are no rising days and an unknown `every`, FrameError and CostsError
    for frames that cannot be used, HistoryError where nobody came while the log was observed.

    >>> import churnlab as cl
    >>> made = cl.datasets.make_community(users=200, days=150)
    >>> costs = pd.DataFrame({"channel": "ads", "period": ["2026-02", "2026-03"], "cost": 90.0})
    >>> found = channels(made.log().daily(), made.users, costs, draws=20)
    >>> found.by_channel["channel"].tolist(), float(found.by_channel["cost"].iloc[1])
    (['organic', 'ads', 'referral', 'campus'], 180.0)
    """
    _check(ages, draws)
    arrivals = arrivals or Arrivals()
    every = arrivals.every
    people = acquired(activity, users, **asdict(arrivals))
    given = None if costs is None else read_costs(costs, every, people.first, people.end)
    outlook = Outlook.of(people, max(ages), *(forecast or (None, None)))
    figures = _Figures.of(people, given, every, tuple(ages), _worth(people, outlook, ages))
    point = figures.all(np.ones(len(people.users)))
    low, high = _ends(figures, draws)
    return ChannelValue(
        currency=currency,
        first=day_text(people.first),
        last=day_text(people.end - 1),
        ages=tuple(ages),
        known=int(ages[figures.last]),
        every=every,
        people=len(people.users),
        before=people.before,
        outside=0.0 if given is None else given.outside,
        in_part=0 if given is None else given.in_part,
        cohorts=_cohorts(figures, point, low, high),
        by_channel=_by_channel(figures, point, low, high),
        curves=_curves(figures),
        check=_checked(people, ages),
        missing=outlook.missing,
    )


def _check(ages: Sequence[int], draws: int) -> None:
    rising = all(a < b for a, b in pairwise(ages))
    if not len(ages) or not rising or ages[0] < 1 or any(int(a) != a for a in ages):
        raise ConfigError.from_range("ages", list(ages), "rising whole numbers of days")
    if draws < 1:
        raise ConfigError.from_range("draws", draws, "at least 1")


def _worth(people: Acquired, outlook: Outlook, ages: Sequence[int]) -> np.ndarray:
    """The value of each person at each age, seen or expected, float64[n, ages]."""
    columns = [
        people.worth(age) + outlook.expected(np.maximum(age - people.observed, 0)) for age in ages
    ]
    return np.column_stack(columns)


_Named: TypeAlias = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class _Figures:
    """All figures of people who count `weight` times each."""

    people: Acquired
    ages: tuple[int, ...]
    worth: np.ndarray
    names: tuple[str, ...]
    channel: np.ndarray
    cells: pd.DataFrame
    cell: np.ndarray
    payers: np.ndarray
    order: np.ndarray
    total: np.ndarray

    @classmethod
    def of(
        cls,
        people: Acquired,
        costs: Costs | None,
        every: str,
        ages: tuple[int, ...],
        worth: np.ndarray,
    ) -> _Figures:
        """The figures of people with their value at each age, in cohorts of a length."""
        names = tuple(channels_of(people, costs))
        channel = pd.Index(names).get_indexer(pd.Index(people.channel.astype(str)))
        keys = pd.DataFrame({"channel": people.channel.astype(str), "cohort": people.cohort})
        cells = keys.drop_duplicates()
        cells = cells.assign(cost=np.nan)
        if costs is not None:
            cells = cells.drop(columns="cost").merge(costs.table, how="outer")
        cells = cells.assign(place=pd.Index(names).get_indexer(pd.Index(cells["channel"])))
        cells = cells.sort_values(["place", "cohort"], ignore_index=True)
        cells["whole"] = whole_cohorts(cells["cohort"].tolist(), every, people.first, people.end)
        index = pd.MultiIndex.from_frame(cells[["channel", "cohort"]])
        cell = index.get_indexer(pd.MultiIndex.from_frame(keys))
        payers = np.isfinite(cells["cost"].to_numpy(np.float64))[cell]
        total = np.bincount(people.who, people.money, len(people.users))
        order = np.argsort(-total, kind="stable")
        return cls(people, ages, worth, names, channel, cells, cell, payers, order, total)

    @property
    def last(self) -> int:
        """The place of the largest age at which everybody's value is known, else the first."""
        return int(np.flatnonzero(np.isfinite(self.worth).all(axis=0)).max(initial=0))

    @property
    def cost(self) -> np.ndarray:
        """The known cost of each channel, float64[channels]; NaN where none is known."""
        by_place = self.cells.groupby("place")["cost"].sum(min_count=1)
        return by_place.reindex(range(len(self.names))).to_numpy(np.float64)

    def all(self, weight: np.ndarray) -> dict[str, np.ndarray]:
        """Value by cell and by channel, whale shares, payback days and marginal value."""
        cell = _means(self.cell, self.worth, weight, len(self.cells))
        return {
            "cell": cell,
            "channel": _means(self.channel, self.worth, weight, len(self.names)),
            "whales": np.array([self._whales(j, weight) for j in range(len(self.names))]),
            "payback": np.array([self._payback(j, weight) for j in range(len(self.names))]),
            "marginal": np.array([self._marginal(j, weight) for j in range(len(self.names))]),
        }

    def _whales(self, place: int, weight: np.ndarray) -> list[float]:
        """The share of a channel's money so far that its top 1% and 10% of people spent."""
        rows = self.order[self.channel[self.order] == place]
        return [top_share(self.total[rows], weight[rows], top) for top in WHALES]

    def curve(self, place: int, weight: np.ndarray, payers: bool = True) -> np.ndarray:
        """Mean money of a channel's people up to each age, as far as people were seen."""
        who = self.channel == place
        who = who & self.payers if payers else who
        rows = who[self.people.who]
        money = self.people.money[rows] * weight[self.people.who[rows]]
        observed, counted = self.people.observed[who], weight[who]
        found = mean_cumulative(self.people.age[rows], money, observed, max(self.ages), counted)
        seen = np.array([(observed >= age).sum() for age in range(len(found))])
        return np.where(seen >= min(_FEWEST, max(len(observed), 1)), found, np.nan)

    def _payback(self, place: int, weight: np.ndarray) -> float:
        """Days until a person's mean money covers the cost; infinite if not, NaN without a cost."""
        paid = float(weight[(self.channel == place) & self.payers].sum())
        cost = self.cost[place]
        if not np.isfinite(cost) or not paid:
            return np.nan
        covered = np.flatnonzero(self.curve(place, weight) >= cost / paid)
        return float(covered[0]) if len(covered) else np.inf

    def budgets(self, place: int) -> pd.DataFrame:
        """The whole cohorts of a channel with people and a budget above 0, in order of time.

        A cohort that was seen in part has a part of its budget, which nobody chose.
        """
        mine = (self.cells["place"] == place) & (self.cells["cost"] > 0) & self.cells["whole"]
        cells = self.cells[mine]
        return cells[np.isin(cells.index, self.cell)]

    def _marginal(self, place: int, weight: np.ndarray) -> float:
        """Value that the last unit of spend of the newest budget brought, at the age `last`.

        Total value is a power of the budget, by least squares of logarithms over cohorts; its slope
        at the newest budget. NaN for fewer than two different budgets.
        """
        cells = self.budgets(place)
        cost = cells["cost"].to_numpy(np.float64)
        if len(cost) < 2 or cost.max() < _APART * cost.min():
            return np.nan
        worth = self.worth[:, self.last]
        total = np.bincount(self.cell, weight * worth, len(self.cells))[cells.index]
        return marginal(cost, total)


def marginal(cost: np.ndarray, value: np.ndarray) -> float:
    """The slope of value over cost at the last of some budgets, where value is a power of cost.

    NaN where a value is not above 0.

    >>> round(marginal(np.array([1.0, 4.0, 9.0]), np.array([2.0, 4.0, 6.0])), 6)
    0.333333
    """
    if not (value > 0).all():
        return float("nan")
    x, y = np.log(cost), np.log(value)
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    at_last = float(np.exp(y.mean() + slope * (x[-1] - x.mean())))
    return slope * at_last / float(cost[-1])


def top_share(money: np.ndarray, weight: np.ndarray, top: float) -> float:
    """The share of money that the first `top` of people hold, who are sorted, the largest first.

    A person who lies across the bound counts in part; NaN without money.

    >>> top_share(np.array([6.0, 3.0, 1.0, 0.0]), np.ones(4), 0.25)
    0.6
    """
    bound = top * weight.sum()
    total = float((money * weight).sum())
    if total <= 0:
        return float("nan")
    reached = np.cumsum(weight)
    inside = np.clip(bound - (reached - weight), 0, weight)
    return float((money * inside).sum()) / total


def _means(group: np.ndarray, worth: np.ndarray, weight: np.ndarray, groups: int) -> np.ndarray:
    """Weighted means of each column by group, float64[groups, columns]; NaN for empty groups."""
    count = np.bincount(group, weight, groups)
    sums = [np.bincount(group, weight * column, groups) for column in worth.T]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.array(sums).T / count[:, None]


def _ends(figures: _Figures, draws: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The ends of the intervals of all figures."""
    rng = np.random.default_rng(0)
    n = len(figures.people.users)
    drawn: dict[str, list[np.ndarray]] = {}
    for _ in range(draws):
        weight = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        for name, found in figures.all(weight).items():
            drawn.setdefault(name, []).append(found)
    ends = {name: _quantiles(np.array(every)) for name, every in drawn.items()}
    return {n: e[0] for n, e in ends.items()}, {n: e[1] for n, e in ends.items()}


def _quantiles(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 2.5th and 97.5th percentile over draws; infinite values count, missing ones do not."""
    ordered = np.sort(drawn, axis=0)  # NaN last
    known = np.isfinite(ordered).sum(axis=0) + np.isposinf(ordered).sum(axis=0)
    places = [np.clip(np.floor(q * (known - 1) + 0.5), 0, None).astype(int) for q in (0.025, 0.975)]
    low, high = (np.take_along_axis(ordered, p[None], axis=0)[0] for p in places)
    return np.where(known > 0, low, np.nan), np.where(known > 0, high, np.nan)


def _young(figures: _Figures, group: np.ndarray, groups: int) -> np.ndarray:
    """The share of people of each group whose value at an age is extrapolated, [groups, ages]."""
    young = np.column_stack([figures.people.observed < age for age in figures.ages])
    return _means(group, young.astype(np.float64), np.ones(len(group)), groups)


def _cohorts(figures: _Figures, point: _Named, low: _Named, high: _Named) -> pd.DataFrame:
    """A row for each cohort, channel and age."""
    cells = figures.cells
    count = np.bincount(figures.cell, minlength=len(cells))
    young = _young(figures, figures.cell, len(cells))
    parts = [
        pd.DataFrame(
            {
                "cohort": cells["cohort"],
                "channel": cells["channel"],
                "people": count,
                "cost": cells["cost"].to_numpy(np.float64),
                "age": age,
                "value": point["cell"][:, j],
                "low": low["cell"][:, j],
                "high": high["cell"][:, j],
                "extrapolated": young[:, j],
            }
        )
        for j, age in enumerate(figures.ages)
    ]
    found = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    paid = found["cost"].where(found["cost"] > 0)
    return found.assign(over_cost=found["value"] * found["people"] / paid)


def _by_channel(figures: _Figures, point: _Named, low: _Named, high: _Named) -> pd.DataFrame:
    """A row for each channel."""
    n = len(figures.names)
    paid = np.bincount(figures.channel, figures.payers, n)
    young = _young(figures, figures.channel, n)
    columns: dict[str, object] = {
        "channel": figures.names,
        "people": np.bincount(figures.channel, minlength=n),
        "cost": figures.cost,
        "paid_for": paid.astype(np.int64),
        "cost_per_person": figures.cost / np.where(paid > 0, paid, np.nan),
    }
    for j, age in enumerate(figures.ages):
        columns[f"value_{age}"] = point["channel"][:, j]
        columns[f"value_{age}_low"] = low["channel"][:, j]
        columns[f"value_{age}_high"] = high["channel"][:, j]
        columns[f"extrapolated_{age}"] = young[:, j]
    for name in ("payback", "marginal"):
        columns |= {name: point[name], f"{name}_low": low[name], f"{name}_high": high[name]}
    for j, top in enumerate(WHALES):
        name = f"top_{top:.0%}".rstrip("%")
        columns |= {
            name: point["whales"][:, j],
            f"{name}_low": low["whales"][:, j],
            f"{name}_high": high["whales"][:, j],
        }
    columns["budgets"] = [len(figures.budgets(j)) for j in range(n)]
    return pd.DataFrame(columns)


def _curves(figures: _Figures) -> pd.DataFrame:
    """Mean money up to each age of every channel with people, as far as they were seen."""
    one = np.ones(len(figures.people.users))
    parts = [
        pd.DataFrame({"channel": name, "age": np.arange(len(found)), "value": found})
        for j, name in enumerate(figures.names)
        if (figures.channel == j).any()
        for found in [figures.curve(j, one, payers=False)]
    ]
    return pd.concat(parts, ignore_index=True).dropna()


def _checked(people: Acquired, ages: Sequence[int]) -> Check | None:
    """How far the same extrapolation would have been off, made half the largest age earlier."""
    cut = people.end - max(ages) // 2
    if cut <= people.first + SETTLE:
        return None
    then = people.at(cut)
    if not len(then.users):
        return None
    reached = min(max(ages), int(then.observed.max()))
    days = np.clip(reached - then.observed, 0, people.end - cut)
    expected = Outlook.of(then, max(ages)).expected(days)
    place = np.full(len(people.users), -1)
    place[before(people.entry, cut)] = np.arange(len(then.users))
    who = place[people.who]
    age = people.age - then.observed[who]
    rows = (who >= 0) & (age >= 0) & before(age, days[who])
    actual = float(people.money[rows].sum())
    if not np.isfinite(expected).all() or actual <= 0:
        return None
    return Check(day_text(cut), int((days > 0).sum()), float(expected.sum()), actual)
