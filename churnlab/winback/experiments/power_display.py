"""PowerDisplay: what a test sees with how many people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREY, INK, Axes, fonts, name_axes, said
from churnlab.winback.experiments.next_test import NextTest

_STEPS = 60


@dataclass(eq=False, repr=False)
class PowerDisplay(Display):
    """The power of a test by the number of people in both groups together.

    `people` float64[n] and `power` float64[n] are the curve, `needed` the people for the power
    that was asked for.

    >>> PowerDisplay.of(NextTest.of_means(sd=1.0, difference=0.5)).needed
    128
    """

    people: np.ndarray
    power: np.ndarray
    needed: int
    wanted: float

    @classmethod
    def of(cls, test: NextTest, *, ax: Axes | None = None, language: str = ENGLISH) -> Self:
        """The curve of a test up to twice the people that it needs."""
        control, treated = test.people
        each = np.linspace(control / 20 + 2, 2 * control, _STEPS)
        power = np.array([test.power_of(n) for n in each])
        both = each * (1 + test.ratio)
        return cls(both, power, control + treated, test.power).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the curve, and the people needed."""
        axes.plot(self.people, self.power, color=BLUE, linewidth=2)
        axes.plot([self.needed, self.needed], [0, self.wanted], color=GREY, linestyle="--")
        axes.plot([0, self.needed], [self.wanted, self.wanted], color=GREY, linestyle="--")
        axes.annotate(
            said(sentence("{people:,} people", people=self.needed), language),
            (self.needed, self.wanted),
            (6, -12),
            textcoords="offset points",
            fontsize=9,
            color=INK,
            fontfamily=fonts(),
        )
        axes.set(xlim=(0, self.people.max()), ylim=(0, 1))
        axes.yaxis.set_major_formatter(percent)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        name_axes(
            axes,
            language,
            sentence("people in both groups"),
            sentence("probability to see the difference"),
        )
