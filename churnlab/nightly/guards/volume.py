"""Guards of the newest days: they are there, and as large, as dear and as late in the day as usual.

Each new day is compared with the same weekday of the eight weeks before it. A day that lies between
the least and the most of these weeks is as usual, whatever its share of the median is; and nothing
is said of days on which there is little to count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.config.sections import GuardsTable
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Sentence, sentence
from churnlab.nightly.guards.guard import Guard, at_least, at_most, fold
from churnlab.nightly.guards.scores import psi
from churnlab.nightly.guards.witness import CHECKED, EVENTS, MONEY, ORDERS, PARTS, ROLE, WEEKS
from churnlab.schema.days import day_text

ENOUGH_WEEKS = 4  # weekdays to compare with, at least
ENOUGH = {"volume": 30, "parts": 200, "orders": 3}  # events of a usual day, at least


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

    def _busy(self, name: str, day: int, kind: str = "volume") -> bool:
        usual = self.usual(name, day)
        usual = usual[~np.isnan(usual)]
        return len(usual) >= ENOUGH_WEEKS and bool(np.median(usual) >= ENOUGH[kind])

    def volume(self, name: str, limits: GuardsTable) -> Iterator[Guard]:
        """The share of the usual volume of all events, or of those of a role."""
        found = [self._share(name, day) for day in self.checked if self._busy(name, day)]
        if not found:
            return
        role = name.removeprefix(ROLE)
        least, most = min(found), max(found, key=lambda each: each[1:])
        says = [_volume_says(role, *each) for each in (least, most)]
        yield from at_least(f"volume_least {role}", least[0], limits.volume_least, says[0])
        yield from at_most(f"volume_most {role}", most[1], limits.volume_most, says[1])

    def _share(self, name: str, day: int) -> tuple[float, float, float, int]:
        """The share of the median as it counts downwards and upwards, the events, and the day."""
        usual, now = self.usual(name, day), float(self.sums[name][day])
        usual = usual[~np.isnan(usual)]
        share = now / float(np.median(usual))
        low = share if now < usual.min() else max(share, 1.0)
        high = share if now > usual.max() else min(share, 1.0)
        return low, high, now, day

    def price(self, limits: GuardsTable) -> Iterator[Guard]:
        """How many times as much, or as little, an order costs as on the days before."""
        before = self.sums.loc[self.start : self.checked[0] - 1]
        now = self.sums.loc[self.checked]
        if min(before[ORDERS].sum(), now[ORDERS].sum()) < ENOUGH["orders"]:
            return
        then_price, price = (_price(rows) for rows in (before, now))
        says = sentence(
            "an order of the newest days has {now:.2f} on average, {then:.2f} before",
            now=price / MICRO,
            then=then_price / MICRO,
        )
        yield from at_most("order_value", fold(price, then_price), limits.order_value, says)

    def hours(self, limits: GuardsTable) -> Iterator[Guard]:
        """How far acts have moved to other parts of the day: a PSI of four parts."""
        found = []
        for day in self.checked:
            if self._busy(EVENTS, day, "parts"):
                usual = np.array([np.nansum(self.usual(part, day)) for part in PARTS])
                now = self.sums.loc[day, list(PARTS)].to_numpy(np.float64)
                if now.sum() >= ENOUGH["parts"]:
                    found.append((psi(now, usual), day))
        if found:
            figure, day = max(found)
            says = sentence(
                "the hours of the acts of {day} differ from those of its weekday by a PSI of "
                "{figure:.3f}",
                day=day_text(day),
                figure=figure,
            )
            yield from at_most("hours_of_day", figure, limits.hours_of_day, says)


def _price(rows: pd.DataFrame) -> float:
    return float(rows[MONEY].sum() / rows[ORDERS].sum())


def _volume_says(role: str, low: float, high: float, events: float, day: int) -> Sentence:
    share = low if low < 1 else high
    return sentence(
        "{events:,.0f} events of {role} on {day}, {share:.0%} of what is usual on its weekday",
        events=events,
        role=role,
        day=day_text(day),
        share=share,
    )
