"""Guards of the newest days: they are there, and as large, as dear and as late in the day as usual.

Each new day is compared with the same weekday of the eight weeks before it. A day that lies between
the least and the most of these weeks is as usual, whatever its share of the median is; and nothing
is said of days on which there is little to count. A few people make uneven days: so a limit is
never nearer than what chance reaches, by how uneven the nine weeks before the list were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri, ndtri

from churnlab.config.sections import GuardsTable
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Sentence, sentence
from churnlab.nightly.guards.guard import BLOCK, Guard, at_least, at_most, fold
from churnlab.nightly.guards.scores import CHANCES, psi
from churnlab.nightly.guards.witness import (
    CHECKED,
    EVENTS,
    MONEY,
    NEWCOMERS,
    ORDERS,
    PARTS,
    PEOPLE,
    ROLE,
    WEEKS,
)
from churnlab.schema.days import day_text

ENOUGH_WEEKS = 4  # weekdays to compare with, at least
_MAD = 1.4826  # from the median of absolute differences to a standard deviation
_Z = {chance: float(ndtri(1 - chance / 2)) for chance in CHANCES}
ENOUGH = {"volume": 30, "orders": 3}  # events of a usual day, at least
SOME = 10  # acts of a new day of which the hours are looked at, at least


@dataclass(frozen=True, eq=False)
class Days:
    """Sums of the days before a list, as a Witness has them, and how many of them are new.

    `sums` has a row a day, `start` is the first observed day of the log. `new` counts the days
    since the last list; without one, the newest three are looked at.
    """

    sums: pd.DataFrame
    start: int
    new: int = 3

    @property
    def checked(self) -> list[int]:
        """The new days, oldest first."""
        return self.sums.index[-min(max(self.new, 1), CHECKED) :].tolist()

    def usual(self, name: str, day: int) -> np.ndarray:
        """Sums of the same weekday in the weeks before a day, as far as the log goes back."""
        days = [day - 7 * week for week in range(1, WEEKS + 1)]
        return self.sums[name].reindex([d for d in days if d >= self.start]).to_numpy(np.float64)

    def guards(self, limits: GuardsTable) -> Iterator[Guard]:
        """All guards of the newest days."""
        yield from self.gaps(limits)
        for name in self.sums:
            if name == EVENTS or name.startswith(ROLE):
                yield from self.volume(name, limits)
        yield from self.price(limits)
        yield from self.hours(limits)
        yield from self.newcomers(limits)

    def gaps(self, limits: GuardsTable) -> Iterator[Guard]:
        """Days without an event, of those on which there usually are some."""
        days = [d for d in self.sums.index if d >= self.start]
        empty = [d for d in days if self.sums[EVENTS][d] == 0 and self._busy(EVENTS, d)]
        says = sentence(
            "{days} days without an event, the first of them {day}",
            days=len(empty),
            day=day_text(empty[0]),
        ) if empty else sentence("no day without an event")  # fmt: skip
        yield from at_most("days_without_events", len(empty), limits.days_without_events, says)

    def _busy(self, name: str, day: int) -> bool:
        return _enough(self.usual(name, day))

    def volume(self, name: str, limits: GuardsTable) -> Iterator[Guard]:
        """The share of the usual volume of all events, or of those of a role.

        Counts have a spread that hardly depends on their size once their root is taken. It is that
        of the days before, and never below that of events that each come by themselves.
        """
        days = [day for day in self.checked if self._busy(name, day)]
        spread = self._spread(name) if days else 0.0
        low, high = [], []
        for day in days:
            share = self._share(name, day)
            reach = [_Z[chance] * spread / float(np.sqrt(share[-1])) for chance in CHANCES]
            lows = [max(1 - each, 0.0) ** 2 for each in reach]
            highs = [(1 + each) ** 2 for each in reach]
            least = [min(each) for each in zip(limits.volume_least, lows, strict=False)]
            most = [max(each) for each in zip(limits.volume_most, highs, strict=False)]
            role, says = name.removeprefix(ROLE), _volume_says(name.removeprefix(ROLE), day, *share)
            low += at_least(f"volume_least {role}", share[0], least, says)
            high += at_most(f"volume_most {role}", share[1], most, says)
        yield from _worst(low, least=True)
        yield from _worst(high)

    def _spread(self, name: str) -> float:
        """The standard deviation of the root of a day's count about that of its weekday.

        Half the root of the dispersion, which is 1 for a Poisson count; from the median of the
        differences, so that single odd days do not widen it.
        """
        counts = self._past[name].to_numpy(np.float64)
        pairs = [(counts[d], _others(counts, d)) for d in range(len(counts))]
        away = [np.sqrt(now) - np.sqrt(np.median(rest)) for now, rest in pairs if _enough(rest)]
        return max(0.5, _MAD * float(np.median(np.abs(away)))) if away else 0.5

    @property
    def _past(self) -> pd.DataFrame:
        """Sums of the days before the new ones, as far as the log goes back."""
        return self.sums.loc[self.start : self.checked[0] - 1]

    def _share(self, name: str, day: int) -> tuple[float, float, float, float]:
        """The share of the median as it counts downwards and upwards, the events, the median."""
        usual, now = self.usual(name, day), float(self.sums[name][day])
        usual = usual[~np.isnan(usual)]
        median = float(np.median(usual))
        low = now / median if now < usual.min() else max(now / median, 1.0)
        high = now / median if now > usual.max() else min(now / median, 1.0)
        return low, high, now, median

    def price(self, limits: GuardsTable) -> Iterator[Guard]:
        """How many times as much, or as little, an order costs as on the days before."""
        before = self._past
        now = self.sums.loc[self.checked]
        if min(before[ORDERS].sum(), now[ORDERS].sum()) < ENOUGH["orders"]:
            return
        then_price, price = (_price(rows) for rows in (before, now))
        says = sentence(
            "an order of the newest days has {now:.2f} on average, {then:.2f} before",
            now=price / MICRO,
            then=then_price / MICRO,
        )
        by_day = (before[MONEY] / before[ORDERS])[(before[ORDERS] > 0) & (before[MONEY] > 0)]
        logs = np.log(by_day.to_numpy(np.float64)) if len(by_day) else np.zeros(1)
        spread = _MAD * float(np.median(np.abs(logs - np.median(logs))))
        by_chance = [float(np.exp(_Z[chance] * spread)) for chance in CHANCES]
        limit = [max(each) for each in zip(limits.order_value, by_chance, strict=False)]
        yield from at_most("order_value", fold(price, then_price), limit, says)

    def hours(self, limits: GuardsTable) -> Iterator[Guard]:
        """How far acts have moved to other parts of the day: a PSI of four parts."""
        guards: list[Guard] = []
        per_act = self._hours_by_chance() if limits.hours_of_day else []
        for day in self.checked:
            usual = np.array([np.nansum(self.usual(part, day)) for part in PARTS])
            now = self.sums.loc[day, list(PARTS)].to_numpy(np.float64)
            if not self._busy(EVENTS, day) or min(now.sum(), usual.sum()) < SOME:
                continue
            figure, spread = psi(now, usual), 1 / now.sum() + 1 / usual.sum()
            says = sentence(
                "the hours of the acts of {day} differ from those of its weekday by a PSI of "
                "{figure:.3f}",
                day=day_text(day),
                figure=figure,
            )
            by_chance = [each * spread for each in per_act]
            limit = [max(each) for each in zip(limits.hours_of_day, by_chance, strict=False)]
            guards += at_most("hours_of_day", figure, limit, says)
        yield from _worst(guards)

    def newcomers(self, limits: GuardsTable) -> Iterator[Guard]:
        """The share of new people among those of a day: nearly all, where ids are written anew.

        A share that a day before had, too, is as usual.
        """
        past = self._past[self._past[PEOPLE] >= SOME]
        if len(past) < 7 * ENOUGH_WEEKS // 2:
            return
        usual = float((past[NEWCOMERS] / past[PEOPLE]).max())
        limit, guards = [max(each, usual) for each in limits.newcomers], []
        for day in self.checked:
            new, people = (float(self.sums[name][day]) for name in (NEWCOMERS, PEOPLE))
            if people < SOME:
                continue
            says = sentence(
                "{new:,.0f} of the {people:,.0f} people of {day} were never in the log before, "
                "{usual:.0%} of a day at most until then",
                new=new,
                people=people,
                day=day_text(day),
                usual=usual,
            )
            guards += at_most("newcomers", new / people, limit, says)
        yield from _worst(guards)

    def _hours_by_chance(self) -> list[float]:
        """What the PSI of the parts of a day reaches by chance for each 1 / now + 1 / then.

        Without a change the index has a chi-squared distribution times that. Acts of one person
        come together, so that a day tells less than its acts, and the index of quiet days is
        larger: by a factor that the median of the days before gives, or their ninth decile where
        some days differ much more than others; 1 at least.
        """
        found, past = [], self._past[list(PARTS)].to_numpy(np.float64)
        for day, now in enumerate(past):
            others = _others(past, day).sum(axis=0)
            if min(now.sum(), others.sum()) >= SOME:
                found.append(psi(now, others) / (1 / now.sum() + 1 / others.sum()))
        free = len(PARTS) - 1
        odd = [np.quantile(found, 1 - p) / chdtri(free, p) for p in (0.5, 0.1)] if found else []
        factor = float(max([1.0, *odd]))
        return [factor * float(chdtri(free, chance)) for chance in CHANCES]


def _others(counts: np.ndarray, day: int) -> np.ndarray:
    """The rows of the other days with the weekday of a day, of rows of one day each."""
    places = np.arange(day % 7, len(counts), 7)
    return np.asarray(counts[places[places != day]])


def _enough(usual: np.ndarray) -> bool:
    """Whether there are enough weeks, with enough on a usual day, to compare a day with."""
    usual = usual[~np.isnan(usual)]
    return len(usual) >= ENOUGH_WEEKS and bool(np.median(usual) >= ENOUGH["volume"])


def _price(rows: pd.DataFrame) -> float:
    return float(rows[MONEY].sum() / rows[ORDERS].sum())


def _worst(guards: Sequence[Guard], least: bool = False) -> list[Guard]:
    """The one of the guards of several days that says most: one that blocks before others."""
    sign = -1.0 if least else 1.0

    def weight(guard: Guard) -> tuple[bool, bool, float]:
        beyond = not guard.passed
        return beyond, beyond and guard.level == BLOCK, sign * float(guard.figure or 0.0)

    return [max(guards, key=weight)] if guards else []


def _volume_says(
    role: str, day: int, low: float, high: float, events: float, median: float
) -> Sentence:
    return sentence(
        "{events:,.0f} events of {role} on {day}, {share:.0%} of what is usual on its weekday",
        events=events,
        role=role,
        day=day_text(day),
        share=events / median,
    )
