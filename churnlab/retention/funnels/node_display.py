"""The picture of churn nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import in_lines, percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREY, INK, ORANGE, Axes, fonts, name_axes, said

_MOST = 16


@dataclass(eq=False, repr=False)
class NodesDisplay(Display):
    """The churn rate after each node with its 95% interval, the worst node on top.

    `table` is that of `ChurnNodes.table`, `names` are its nodes, `overall` is everybody's rate, a
    dashed line. The area of a point is the share of all churn that passes through the node; nodes
    whose churn is higher than elsewhere beyond chance are orange.
    """

    caption = sentence(
        "Churn after each node, with 95% intervals; the larger a point, the more of all churn"
    )
    table: pd.DataFrame
    names: Sequence[Words]
    overall: float

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each node."""
        return 1.2 + 0.46 * max(min(len(self.table), _MOST), 2)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point and an interval for each node."""
        shown = self.table.head(_MOST)
        place, rate = np.arange(len(shown)), shown["rate"].to_numpy(float)
        ends = np.abs(shown[["low", "high"]].to_numpy(float).T - rate)
        axes.errorbar(rate, place, xerr=np.nan_to_num(ends), fmt="none", ecolor=GREY, capsize=3)
        worse = (shown["beyond_chance"] & (shown["difference"] > 0)).to_numpy(bool)
        area = 20 + 260 * np.nan_to_num(shown["share_of_churn"].to_numpy(float))
        colours = np.where(worse, ORANGE, BLUE).tolist()
        axes.scatter(rate, place, s=area, c=colours, zorder=3)
        if np.isfinite(self.overall):
            axes.axvline(self.overall, color=INK, linestyle="--", linewidth=1)
            axes.annotate(
                said(sentence("everybody"), language),
                (self.overall, 1.0),
                (0, 3),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                fontsize=9,
                color=INK,
                fontfamily=fonts(),
            )
        labels = [
            sentence("{node} ({people:,})", node=name, people=int(people))
            for name, people in zip(self.names, shown["people"], strict=False)
        ]
        axes.set_yticks(place, [in_lines(said(words, language)) for words in labels])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("share that churned"))
