"""DependenceDisplay: how the push of a feature depends on its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.explanation.displays.parts import (
    PUSH,
    ExplanationDisplay,
    as_numbers,
    colours,
    feature,
    sampled,
)
from churnlab.explanation.explanation import Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.report.drawing import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    Axes,
    drawable,
    fonts,
    name_axes,
    said,
)

_MOST_ROWS = 2000
_MOST_CATEGORIES = 12
_LONGEST = 18


@dataclass(eq=False, repr=False)
class DependenceDisplay(ExplanationDisplay):
    """A point for each row: the value of a feature, and its push on the score.

    Rows without a value are drawn on the left, apart. `coloured` is a second feature by whose value
    the points are coloured, or None.

    >>> from churnlab.explanation.explanation import example
    >>> why = example()
    >>> DependenceDisplay.from_explanation(why, "spend__orders_sum__28d").name
    'spend__orders_sum__28d'
    """

    why: Explanation
    name: str
    coloured: str | None
    rows: np.ndarray

    @classmethod
    def from_explanation(  # type: ignore[override]
        cls,
        why: Explanation,
        name: str | None = None,
        *,
        coloured: str | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The dependence of a feature; None takes the most important one.

        FrameError for a feature that the explanation does not have.
        """
        name = name or str(why.importance()["name"].iloc[0])
        for one in filter(None, (name, coloured)):
            feature(why, one)
        rows = sampled(len(why.values), _MOST_ROWS)
        return cls(why, name, coloured, rows).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the points, those without a value at the left end."""
        push = self.why.values[self.name].to_numpy()[self.rows]
        value = as_numbers(self.why.X[self.name])[self.rows]
        colour: Any = BLUE
        if self.coloured:
            colour = colours(as_numbers(self.why.X[self.coloured])[self.rows])
        axes.axhline(0, color=GREY, linewidth=1)
        places, lacking = _placed(value)
        axes.scatter(places, push, 12, c=colour, alpha=0.7, linewidths=0)
        self._mark(axes, language, value, lacking)
        name_axes(axes, language, self._words(self.name, language), PUSH)
        if self.coloured:
            self._legend(axes, language)

    def _words(self, name: str, language: str) -> Words:
        """A feature in words, with its unit."""
        row = self.why.importance(language).set_index("name").loc[name]
        if not isinstance(row["unit"], str) or not row["unit"]:
            return str(row["what"])
        return sentence("{what} ({unit})", what=row["what"], unit=row["unit"])

    def _mark(self, axes: Axes, language: str, value: np.ndarray, lacking: float) -> None:
        """Name categories on the axis, and the place of rows without a value."""
        if np.isnan(value).any():
            axes.annotate(
                said(sentence("not known"), language),
                (lacking, 0.97),
                xycoords=("data", "axes fraction"),
                rotation=90,
                ha="center",
                va="top",
                fontsize=8,
                color=INK,
                fontfamily=fonts(),
            )
        column = self.why.X[self.name]
        if not pd.api.types.is_numeric_dtype(column.dtype):
            names = sorted({str(v) for v in column.dropna()})[:_MOST_CATEGORIES]
            axes.set_xticks(range(len(names)), [drawable(n[:_LONGEST]) for n in names])

    def _legend(self, axes: Axes, language: str) -> None:
        words = self._words(str(self.coloured), language)
        for colour, meaning in (
            (BLUE, sentence("low: {what}", what=words)),
            (ORANGE, sentence("high: {what}", what=words)),
        ):
            axes.scatter([], [], 20, color=colour, label=said(meaning, language))
        self.legend(axes)


def _placed(value: np.ndarray) -> tuple[np.ndarray, float]:
    """Where each value is drawn, and the place of missing ones: left of all others."""
    known = value[~np.isnan(value)]
    low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
    lacking = float(low - 0.08 * max(high - low, 1e-9))
    return np.where(np.isnan(value), lacking, value), lacking
