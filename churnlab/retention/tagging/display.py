"""The picture of tags: with which of them churn goes together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREY, INK, ORANGE, Axes, drawable, name_axes

_MOST_DRAWN = 24
CHANCE = 0.05


@dataclass(eq=False, repr=False)
class TagsDisplay(Display):
    """The tags that churn goes with most and least, with 95% intervals of the lift.

    `figures` is the table of Tags; where churn is not known, the shares of people are drawn.
    """

    figures: pd.DataFrame
    grid: ClassVar[Literal["x", "y"]] = "x"

    @property
    def caption(self) -> Words:
        """What is drawn."""
        if self.figures["lift"].notna().any():
            return sentence("Churn of the people with each tag, with 95% intervals")
        return sentence("People with each tag")

    @property
    def height(self) -> float:  # type: ignore[override]
        """In inches, by the number of tags."""
        return 1.2 + 0.28 * len(self._drawn())

    def _drawn(self) -> pd.DataFrame:
        """The tags that are drawn, the highest last."""
        by = "lift" if self.figures["lift"].notna().any() else "share"
        ranked = self.figures[self.figures[by].notna()].sort_values(by, kind="stable")
        if len(ranked) <= _MOST_DRAWN:
            return ranked
        half = _MOST_DRAWN // 2
        return pd.concat([ranked.head(half if by == "lift" else 0), ranked.tail(half)])

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a dot and its interval for each tag, or a bar for its share of people."""
        table = self._drawn()
        place = np.arange(len(table))
        axes.set_yticks(place, [drawable(name) for name in table["tag"]])
        axes.set_ylim(-0.6, max(len(table), 1) - 0.4)
        if not table["lift"].notna().any():
            axes.barh(place, table["share"].to_numpy(float), color=BLUE)
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
            name_axes(axes, language, sentence("share of people"))
            return
        lift = table["lift"].to_numpy(float)
        ends = np.abs(table[["lift_low", "lift_high"]].to_numpy(float).T - lift)
        sure = table["p"].to_numpy(float) <= CHANCE
        for chosen, colour in ((sure, ORANGE), (~sure, GREY)):
            axes.errorbar(
                lift[chosen], place[chosen], xerr=ends[:, chosen], fmt="o", color=colour, capsize=2
            )
        axes.axvline(1, color=INK, linewidth=0.8)
        axes.set_xlim(left=0)
        name_axes(axes, language, sentence("churn against everybody, as a multiple"))
