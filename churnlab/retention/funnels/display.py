"""The picture of a funnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import in_lines, percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, COLOURS, INK, Axes, fonts, name_axes, said
from churnlab.retention.people import group_words

_LINE = 22


@dataclass(eq=False, repr=False)
class FunnelDisplay(Display):
    """The share of those who entered that took each step, as bars; a mark for each group.

    `table` is that of `Funnel.table`, `names` are the steps.
    """

    caption = sentence("People who took each step")
    table: pd.DataFrame
    names: Sequence[Words]

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each step."""
        return 1.0 + 0.5 * max(len(self.names), 2)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar for each step, with its people, and a mark for each group."""
        count = len(self.names)
        everybody, place = self.table.head(count), np.arange(count)
        share = np.nan_to_num(everybody["of_first"].to_numpy(float))
        axes.barh(place, share, color=BLUE, height=0.62, alpha=0.85)
        for i, row in enumerate(everybody.itertuples()):
            words = sentence("{people:,} ({share:.0%})", people=int(row.people), share=share[i])
            inside = share[i] > 0.3
            axes.annotate(
                said(words, language),
                (share[i], i),
                (-5 if inside else 5, 0),
                textcoords="offset points",
                va="center",
                ha="right" if inside else "left",
                fontsize=9,
                color="white" if inside else INK,
                fontfamily=fonts(),
            )
        groups = self.table.iloc[count:].groupby(["grouping", "group"], dropna=False, sort=False)
        marks = list(groups)[: len(COLOURS) - 1]
        for k, (names, part) in enumerate(marks):
            label = in_lines(said(group_words(*names), language))
            at = place + 0.42
            shares = part["of_first"].to_numpy(float)
            axes.plot(shares, at, "v", markersize=5, color=COLOURS[1 + k], label=label)
        axes.set_yticks(place, [in_lines(said(n, language), _LINE) for n in self.names])
        axes.set_ylim(count - 0.4, -0.5)
        axes.set_xlim(0, 1.02)
        axes.xaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("share of those who entered"))
        if marks:
            self.legend(axes, columns=2)
