"""The measures of a week: each is one sum over people, or one sum over another.

A measure of a week is `a`, or `a / b` where it has an exposure. With the sums of products over
people, its difference between two weeks has a variance: people act alone, and the same person's two
weeks go together. The ratio is linearised (Cochran, Sampling Techniques, 1977, chapter 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.dataset.compute import available
from churnlab.errors import HistoryError
from churnlab.features.expression import Expression, SinceFirst, Sum, above, fill, money
from churnlab.features.life import CORE, FADING, NEEDED, TierRules
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Words, sentence
from churnlab.retention.at_day import over_groups, values_at
from churnlab.retention.shares import two_sided
from churnlab.schema.days import before, day_text
from churnlab.value.acquired import SETTLE
from churnlab.weekly.week import DAYS, YEAR, Week

COUNT, SHARE, MEAN, MONEY = "count", "share", "mean", "money"
WEEKS = 3  # this one, the last one, the one a year before
_MONTH = 28
_FEWEST = 10  # people of equal weight in each week, for a ratio to be tested


@dataclass(frozen=True)
class Measure:
    """What is counted of each person in a week, and per what; `of` None counts by itself.

    `kind` says how it is written: a count, a share, a mean or money. `needs` are days of the log
    before the end of the week.
    """

    name: str
    label: Words
    kind: str
    top: Expression
    of: Expression | None = None
    needs: int = DAYS


@dataclass(frozen=True, eq=False)
class Sums:
    """The sums of a measure over people.

    `total` float64[6] are a and b of each of WEEKS weeks, `products` float64[6, 6] the sums of
    their products. `known` bool[3] says which weeks the log holds.
    """

    measure: Measure
    total: np.ndarray
    products: np.ndarray
    known: np.ndarray

    def value(self, week: int) -> float:
        """The measure of a week: 0 this one, 1 the last, 2 the year before; NaN if not known."""
        a, b = self.total[2 * week : 2 * week + 2]
        if not self.known[week]:
            return np.nan
        if self.measure.of is None:
            return float(a)
        return float(a / b) if b else np.nan

    def error(self, week: int) -> float:
        """The standard error of this week's measure minus another week's."""
        push = np.zeros(2 * WEEKS)
        for which, sign in ((0, 1.0), (week, -1.0)):
            a, b = 2 * which, 2 * which + 1
            if self.measure.of is None:
                push[a] = sign
            elif self.total[b]:
                push[a] = sign / self.total[b]
                push[b] = -sign * self.value(which) / self.total[b]
        return float(np.sqrt(max(push @ self.products @ push, 0.0)))

    def people(self, week: int) -> float:
        """How many people of equal exposure a week has (L. Kish, Survey Sampling, 1965).

        Infinite without an exposure: a count needs no people to be tested.
        """
        place = 2 * week + 1
        if self.measure.of is None:
            return np.inf
        square = self.products[place, place]
        return float(self.total[place] ** 2 / square) if square else 0.0

    def chance(self, week: int) -> float:
        """Two-sided p of this week's measure minus another week's, not corrected.

        A ratio is compared by Student's t with one degree of freedom less than the week with fewer
        people has. With fewer than ten people there the error says nothing, and p is missing.
        """
        gap, people = self.value(0) - self.value(week), min(self.people(0), self.people(week))
        if not np.isfinite(gap) or people < _FEWEST:
            return np.nan
        error = np.array(self.error(week))
        if np.isinf(people) or not error:
            return float(two_sided(np.array(gap), error))
        wider = float(error) * np.sqrt(people / (people - 1))
        return float(2 * student.sf(abs(gap) / wider, people - 1))


def measures(roles: frozenset[str]) -> Iterator[Measure]:
    """The measures of a log with these roles (`money` among them where it has amounts).

    >>> [measure.name for measure in measures(frozenset())][:3]
    ['active', 'new', 'stickiness']
    """
    active = above(_week("active"))
    earlier = above(Sum("active")[DAYS, 2 * DAYS])
    month = above(Sum("active")[0, _MONTH])
    yield Measure("active", sentence("active people"), COUNT, active)
    new = sentence("people active for the first time")
    yield Measure("new", new, COUNT, _new(), needs=SETTLE + DAYS)
    yield Measure(
        "stickiness",
        sentence("stickiness, the mean DAU over the MAU of 28 days"),
        SHARE,
        _week("active") / DAYS,
        month,
        _MONTH,
    )
    yield Measure(
        "came_back",
        sentence("active last week and back this week"),
        SHARE,
        active * earlier,
        earlier,
        2 * DAYS,
    )
    yield from _tiers(roles)
    sessions = _week("sessions")
    yield Measure("sessions", sentence("sessions of an active person"), MEAN, sessions, active)
    minutes = _week("session_micros") / (60 * MICRO)
    yield Measure("minutes", sentence("minutes of a session"), MEAN, minutes, sessions)
    for role, label in _ROLES.items():
        if role in roles:
            yield Measure(role, label, MEAN, _week(f"n_{role}"), active)
    if {"push_sent", "push_opened"} <= roles:
        opened, sent = _week("n_push_opened"), _week("n_push_sent")
        yield Measure("push_open_rate", sentence("pushes opened"), SHARE, opened, sent)
    for part, label in _PARTS.items():
        yield Measure(part, label, SHARE, _week(part), _week("acts"))
    if "money" in roles:
        paid = above(_week("orders"))
        yield Measure("payers", sentence("active people who paid"), SHARE, paid, active)
        yield Measure("spend", sentence("spend of an active person"), MONEY, money(0, DAYS), active)


def _tiers(roles: frozenset[str]) -> Iterator[Measure]:
    number = TierRules().number("money" in roles)
    there = fill(number * 0 + 1, 0)
    core = fill(above(number - (CORE - 0.5)), 0)
    fading = fill(above(number - (FADING - 0.5)) * (1 - above(number - (FADING + 0.5))), 0)
    yield Measure("core", sentence("people who are core"), SHARE, core, there, NEEDED)
    yield Measure("fading", sentence("people who are fading"), SHARE, fading, there, NEEDED)


_ROLES = {
    "content": sentence("content acts of an active person"),
    "social": sentence("social acts of an active person"),
}
_PARTS = {
    "night": sentence("acts at night, 0 to 6"),
    "morning": sentence("acts in the morning, 6 to 12"),
    "afternoon": sentence("acts in the afternoon, 12 to 18"),
    "evening": sentence("acts in the evening, 18 to 24"),
}


def _week(measure: str) -> Expression:
    return Sum(measure)[0, DAYS]


def _new() -> Expression:
    """1 for a person whose first active day lies in the week."""
    first = SinceFirst("active")
    return fill(first * 0 + 1 - above(first - DAYS), 0)


def sums(activity: Activity, week: Week) -> list[Sums]:
    """The sums of every measure over all people, for the week and those beside it.

    Each week is seen as on the morning after it. Weeks that the log does not hold, or before which
    it is too short for a measure, are not known. Raises HistoryError for a week that began before
    the log.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=60, days=80, seed=1).log().daily()
    >>> found = sums(activity, Week.of("2026-W10"))
    >>> found[0].measure.name, found[0].value(0), found[0].value(2)
    ('active', 51.0, nan)
    """
    if before(week.first, activity.kept_from):
        began = day_text(activity.kept_from)
        raise HistoryError.from_no_past(day_text(week.first), began)
    wanted = list(measures(available(activity)))
    ends = [week.end, week.last.end, week.year_before.end]
    known = np.array(
        [[not before(end - m.needs, activity.kept_from) for end in ends] for m in wanted]
    )
    there = [bool(each.any()) for each in known.T]
    held = [end for end, some in zip(ends, there, strict=True) if some]
    parts = over_groups(activity, lambda part: _of_group(part, ends, held, wanted))
    total = np.sum([total for total, _ in parts], axis=0)
    products = np.sum([products for _, products in parts], axis=0)
    return [Sums(measure, total[i], products[i], known[i]) for i, measure in enumerate(wanted)]


def _of_group(
    part: DailyActivity, ends: list[int], held: list[int], wanted: list[Measure]
) -> tuple[np.ndarray, np.ndarray]:
    """Sums and sums of products of a group: float64[m, 6] and float64[m, 6, 6]."""
    values = tuple(v for m in wanted for v in (m.top, m.of if m.of is not None else m.top * 0))
    codes = np.arange(len(part.users))
    seen = np.zeros((len(wanted), 2 * WEEKS, len(codes)))
    for which, end in enumerate(ends):
        if end in held:
            found = np.nan_to_num(values_at(part, codes, end, values))
            seen[:, 2 * which : 2 * which + 2] = found.T.reshape(len(wanted), 2, -1)
    return seen.sum(axis=2), np.einsum("mip,mjp->mij", seen, seen, optimize=True)


def reaches_a_year(activity: Activity, week: Week) -> bool:
    """Whether the log holds the same week of the year before."""
    return not before(week.first - YEAR, activity.kept_from)
