"""BeeswarmDisplay: the push of each row by feature, coloured by the feature's value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from churnlab.explanation.displays.parts import (
    PUSH,
    ExplanationDisplay,
    as_numbers,
    colours,
    sampled,
)
from churnlab.explanation.explanation import Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, label_right
from churnlab.report.drawing import (
    BLUE,
    GREY,
    ORANGE,
    Axes,
    drawable,
    name_axes,
    said,
)

_ROW = 0.42  # inches
_MOST_ROWS = 1000
_BINS = 60
_SPREAD = 0.38


@dataclass(eq=False, repr=False)
class BeeswarmDisplay(ExplanationDisplay):
    """A point for each row and feature: its push, coloured from low to high values of the feature.

    `features` are the names drawn, the most important first; `rows` are the places of the rows, at
    most a thousand, spread evenly.

    >>> from churnlab.explanation.explanation import example
    >>> BeeswarmDisplay.from_explanation(example(), top=1).features
    ['cadence__since_last_days__all']
    """

    why: Explanation
    features: list[str]
    rows: np.ndarray

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each feature."""
        return 1.3 + _ROW * max(len(self.features), 2)

    @classmethod
    def from_explanation(  # type: ignore[override]
        cls,
        why: Explanation,
        *,
        top: int = 10,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The `top` features of an explanation."""
        features = why.importance()["name"].head(top).tolist()
        rows = sampled(len(why.values), _MOST_ROWS)
        return cls(why, features, rows).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the points of each feature on a line of its own."""
        axes.axvline(0, color=GREY, linewidth=1)
        for place, name in enumerate(self.features):
            push = self.why.values[name].to_numpy()[self.rows]
            value = as_numbers(self.why.X[name])[self.rows]
            axes.scatter(push, place + spread(push), 7, c=colours(value), linewidths=0)
        words = self.why.importance(language).set_index("name")["what"]
        labels = [in_lines(drawable(words[name])) for name in self.features]
        axes.set_yticks(np.arange(len(labels)), labels)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        for colour, meaning in (
            (BLUE, sentence("low value")),
            (ORANGE, sentence("high value")),
            (GREY, sentence("not known")),
        ):
            axes.scatter([], [], 20, color=colour, label=said(meaning, language))
        self.legend(axes, 3)
        name_axes(axes, language, PUSH)
        label_right(axes)


def spread(push: np.ndarray) -> np.ndarray:
    """How far above or below its line each point lies, float64[n], so that points stand apart.

    Points of nearly equal push are stacked from the line outwards, in turn above and below.

    >>> spread(np.array([0.0, 0.0, 0.0, 5.0])).round(2).tolist()
    [0.0, 0.38, -0.38, 0.0]
    """
    width = max(float(np.ptp(push)), 1e-12) / _BINS
    bins = np.floor((push - push.min()) / width).astype(np.int64)
    order = np.argsort(bins, kind="stable")
    starts = np.r_[True, np.diff(bins[order]) != 0]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order)) - first
    steps = np.where(turn % 2 == 1, (turn + 1) // 2, -(turn // 2)).astype(np.float64)
    return steps * _SPREAD / max(float(np.abs(steps).max()), 1)
