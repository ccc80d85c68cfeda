"""Pictures of the stages of life: how many people are in each, and the flows between two days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.features.life import ABSENT, ORDER, WORDS
from churnlab.language.sentence import sentence
from churnlab.report.displays.display import Display
from churnlab.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    VIOLET,
    Axes,
    fonts,
    name_axes,
    said,
)

_COLOURS = {
    "newcomer": VIOLET,
    "growing": GREEN,
    "core": BLUE,
    "fading": ORANGE,
    "silent": GREY,
    "lost": "#52606d",
    ABSENT: PALE,
}
_GAP = 0.015  # of the whole height, between two tiers of a side
_BAR = 0.035  # of the width
_STEPS = 24  # points of a curve
_SMALLEST = 0.03  # share of people with which a tier is named with its share


@dataclass(eq=False, repr=False)
class TiersDisplay(Display):
    """A bar for the people of each tier, with the share of them who churned, where it is known.

    `figures` is the table of Tiers.
    """

    caption = sentence("People in each stage of life, and the share of them who churned afterwards")
    figures: pd.DataFrame

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the bars and the words on them."""
        table = self.figures
        place = np.arange(len(table))
        axes.bar(place, table["people"], color=[_COLOURS[name] for name in table["tier"]])
        axes.set_xticks(place, [said(WORDS[name], language) for name in table["tier"]])
        for x, people, churn in zip(place, table["people"], table["churn"], strict=True):
            if np.isfinite(churn):
                words = said(sentence("{churn:.0%} churned", churn=churn), language)
                axes.annotate(
                    words,
                    (x, people),
                    xytext=(0, 3),
                    textcoords="offset points",
                    ha="center",
                    fontsize=8,
                    color=INK,
                    fontfamily=fonts(),
                )
        axes.margins(y=0.12)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        name_axes(axes, language, "", sentence("people"))


@dataclass(eq=False, repr=False)
class MovesDisplay(Display):
    """Flows from the tiers of a day, on the left, to those of a later day, on the right.

    `figures` is the table of Moves; `first` and `last` are the days.
    """

    caption = sentence("From the stages of the first day, on the left, to those of the later day")
    figures: pd.DataFrame
    first: str
    last: str
    height: float = 4.6

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar for each tier on both sides, and a band for each move."""
        axes.set_axis_off()
        axes.set_xlim(-0.32, 1.32)
        axes.set_ylim(1 + len(WORDS) * _GAP, -0.08)
        moved = self.figures[self.figures["people"] > 0]
        total = max(int(moved["people"].sum()), 1)
        left = _places(moved, "from", total)
        right = _places(moved, "to", total)
        self._sides(axes, language, left, right, total)
        sources, targets = (
            {name: top for name, (top, _) in side.items()} for side in (left, right)
        )
        for row in moved.itertuples(index=False):
            source, target, people, _ = row
            high = people / total
            _band(axes, sources[source], targets[target], high, _COLOURS[source])
            sources[source] += high
            targets[target] += high

    def _sides(self, axes: Axes, language: str, left: dict, right: dict, total: int) -> None:
        """The bars, their names, and the two days above them."""
        look: dict[str, Any] = {"fontsize": 9, "color": INK, "fontfamily": fonts()}
        for side, places, align in ((0.0, left, "right"), (1.0, right, "left")):
            for name, (top, high) in places.items():
                begin = side if side else -_BAR
                axes.barh(
                    top + high / 2, _BAR, height=high, left=begin, color=_COLOURS[name], zorder=2
                )
                words = said(WORDS[name], language)
                if high >= _SMALLEST:
                    words = f"{words} {high:.0%}"
                x = side + _BAR + 0.015 if side else -_BAR - 0.015
                axes.text(x, top + high / 2, words, ha=align, va="center", **look)
        for x, day in ((0.0, self.first), (1.0, self.last)):
            axes.text(x, -0.04, day, ha="center", va="bottom", **look)


def _places(moved: pd.DataFrame, side: str, total: int) -> dict[str, tuple[float, float]]:
    """Top and height of each tier on a side, in shares of the height that tiers have together."""
    people = moved.groupby(side)["people"].sum()
    there = [name for name in (*ORDER, ABSENT) if name in people.index]
    places, top = {}, 0.0
    for name in there:
        high = float(people[name]) / total
        places[name] = (top, high)
        top += high + _GAP
    return places


def _band(axes: Axes, left: float, right: float, high: float, colour: str) -> None:
    """A band of a height from one place on the left to another on the right."""
    x = np.linspace(0, 1, _STEPS)
    curve = left + (right - left) * (3 * x**2 - 2 * x**3)
    axes.fill_between(x, curve, curve + high, color=colour, alpha=0.35, linewidth=0)
