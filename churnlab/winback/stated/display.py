"""SeenDisplay: which stated reasons the signals saw coming."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREY, INK, Axes, drawable, legend, name_axes, said
from churnlab.winback.stated.reasons import StatedReasons

_ROW = 0.42  # inches


@dataclass(eq=False, repr=False)
class SeenDisplay(Display):
    """The share of each stated reason that was flagged before, with its 95% interval.

    `rows` are those of `StatedReasons.seen`, the largest share first; `usual` is the share of all
    people who are flagged.
    """

    rows: pd.DataFrame
    usual: float

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each code."""
        return 1.4 + _ROW * max(len(self.rows), 2)

    @classmethod
    def of(cls, found: StatedReasons, *, ax: Axes | None = None, language: str = ENGLISH) -> Self:
        """The picture of stated reasons."""
        rows = found.seen.sort_values("share", ascending=False, kind="stable", ignore_index=True)
        return cls(rows, found.usual).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point and an interval for each code, and the usual share."""
        place = np.arange(len(self.rows))
        value = self.rows["share"].to_numpy(float)
        ends = np.abs(self.rows[["low", "high"]].to_numpy(float).T - value)
        axes.errorbar(value, place, xerr=ends, fmt="o", color=BLUE, ecolor=GREY, capsize=3)
        usual = said(sentence("of all people"), language)
        axes.axvline(self.usual, color=INK, linestyle="--", linewidth=1, label=usual)
        axes.set_yticks(place, [in_lines(drawable(code)) for code in self.rows["code"]])
        axes.set_ylim(len(self.rows) - 0.5, -0.5)
        axes.set_xlim(0, min(1.0, 1.15 * max(float(self.rows["high"].max()), self.usual)))
        axes.xaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("flagged before they said so"))
        legend(axes, "lower right")
