"""Figures: the measures of a week beside last week's and last year's, and what is beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.evaluation.corrected import holm
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table
from churnlab.language.sentence import Words, sentence
from churnlab.value.shown import money
from churnlab.weekly.measures import COUNT, MONEY, SHARE, WEEKS, Sums

CHANCE = 0.05
_NAMES = (
    "name",
    "kind",
    "now",
    "last",
    "last_p",
    "beyond_last",
    "year",
    "year_p",
    "beyond_year",
)


@dataclass(frozen=True)
class Figure:
    """A measure of the week, of the week before and of the year before; NaN is not known.

    `last_p` and `year_p` are two-sided and corrected for all figures by Holm; NaN where a figure
    was not tested.
    """

    name: str
    label: Words
    kind: str
    now: float
    last: float = np.nan
    year: float = np.nan
    last_p: float = np.nan
    year_p: float = np.nan
    currency: str = ""

    @property
    def beyond_last(self) -> bool:
        """Whether it moved since last week by more than chance."""
        return self.last_p <= CHANCE

    @property
    def beyond_year(self) -> bool:
        """Whether it differs from last year by more than chance."""
        return self.year_p <= CHANCE

    def words(self, value: float) -> Words:
        """A value of this measure."""
        if not np.isfinite(value):
            return UNKNOWN
        if self.kind == SHARE:
            return sentence("{value:.1%}", value=value)
        if self.kind == COUNT:
            return sentence("{value:,.0f}", value=value)
        if self.kind == MONEY:
            return money(value, self.currency)
        return sentence("{value:,.2f}", value=value)

    def moved(self, then: float, beyond: bool) -> Words:
        """The change since then, marked where it is beyond chance."""
        if not np.isfinite(then) or not np.isfinite(self.now):
            return UNKNOWN
        if self.kind == SHARE:
            points = 100 * (self.now - then)
            says = sentence("{value:+.1f} points", value=points)
        elif then:
            says = sentence("{value:+.1%}", value=self.now / then - 1)
        else:
            return UNKNOWN
        return sentence("{change}, beyond chance", change=says) if beyond else says


def figures(found: Sequence[Sums], currency: str = "") -> tuple[Figure, ...]:
    """The figures of all measures of which a week is known; the tests of all weeks are one family.

    >>> figures([])
    ()
    """
    told = [s for s in found if any(np.isfinite(s.value(week)) for week in range(WEEKS))]
    p = holm(np.array([[each.chance(week) for week in (1, 2)] for each in told]))
    tested = zip(told, p.tolist(), strict=True)
    return tuple(_figure(each, last, year, currency) for each, (last, year) in tested)


def _figure(found: Sums, last_p: float, year_p: float, currency: str) -> Figure:
    measure = found.measure
    now, last, year = (found.value(week) for week in range(WEEKS))
    head = measure.name, measure.label, measure.kind
    return Figure(*head, now, last, year, last_p, year_p, currency)


def figures_table(found: Sequence[Figure]) -> Table:
    """A row for each figure, in words."""
    head = (
        sentence("measure"),
        sentence("this week"),
        sentence("last week"),
        sentence("change"),
        sentence("a year before"),
        sentence("change"),
    )
    rows = tuple(
        (
            each.label,
            each.words(each.now),
            each.words(each.last),
            each.moved(each.last, each.beyond_last),
            each.words(each.year),
            each.moved(each.year, each.beyond_year),
        )
        for each in found
    )
    return Table(head, rows, frozenset(range(1, 6)))


def figures_frame(found: Sequence[Figure]) -> pd.DataFrame:
    """The figures as numbers, one row each: the fields of Figure, and what is beyond chance.

    >>> figures_frame([Figure("active", "active people", "count", 12.0)])["now"].tolist()
    [12.0]
    """
    values = [[getattr(each, name) for name in _NAMES] for each in found]
    return pd.DataFrame(values, columns=list(_NAMES))
