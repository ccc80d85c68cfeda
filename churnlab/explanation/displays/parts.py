"""What the displays of explanations share: themes and their names, colours of values, scales."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from churnlab.dataset.dataset import Dataset
from churnlab.errors import FrameError
from churnlab.explanation.explanation import Explanation, explain
from churnlab.features.themes import THEMES
from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREY, ORANGE, Axes

PUSH = sentence("push on the score")
RAISES = ORANGE
LOWERS = BLUE
_PERCENTS = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.995)
_APART = 0.17  # of two marks, as a share of the scale


class ExplanationDisplay(Display):
    """Base of the displays that are made from an Explanation."""

    @classmethod
    def from_explanation(cls, why: Explanation, **options: Any) -> Self:
        """The display of an explanation."""
        raise NotImplementedError

    @classmethod
    def from_estimator(cls, estimator: Any, data: Dataset, **options: Any) -> Self:
        """The display of one of our models on the rows of a dataset, which are explained first.

        `options` are those of `from_explanation`. Explain once where several are drawn.
        """
        return cls.from_explanation(explain(estimator, data), **options)


def theme_name(theme: str) -> Words:
    """The name of a theme for people.

    >>> print(theme_name("silence"))
    Comes less often, or no longer
    """
    return THEMES.get(theme, theme)


def feature(why: Explanation, name: str) -> int:
    """The place of a feature among the columns; FrameError for one that is not there.

    >>> from churnlab.explanation.explanation import example
    >>> feature(example(), "spend__orders_sum__28d")
    1
    """
    if name not in why.values:
        raise FrameError.from_missing_columns("the explanation", [name], why.values.columns)
    return int(why.values.columns.get_loc(name))


def sampled(rows: int, most: int) -> np.ndarray:
    """At most so many places, spread evenly over the rows: int64[k].

    >>> sampled(10, 3).tolist()
    [0, 4, 9]
    """
    return np.unique(np.linspace(0, rows - 1, min(most, rows)).astype(np.int64))


def as_numbers(column: pd.Series) -> np.ndarray:
    """A feature's values as float64[n]: places of the sorted categories for one that has these.

    >>> as_numbers(pd.Series(["b", "a", None])).tolist()
    [1.0, 0.0, nan]
    """
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(np.float64)
    places = pd.factorize(column, sort=True)[0].astype(np.float64)
    return np.where(places < 0, np.nan, places)


def colours(values: np.ndarray) -> np.ndarray:
    """Colours from blue to orange by rank, grey where a value is missing: float64[n, 3].

    >>> colours(np.array([1.0, 2.0])).round(2).tolist()
    [[0.16, 0.44, 0.59], [0.88, 0.48, 0.25]]
    """
    rank = pd.Series(values).rank(pct=False, method="average")
    share = ((rank - 1) / max(float(rank.max()) - 1, 1)).to_numpy()[:, None]
    low, high, none = (np.array(_rgb(colour)) for colour in (BLUE, ORANGE, GREY))
    return np.where(np.isnan(share), none, low + (high - low) * np.nan_to_num(share))


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def risk_scale(axes: Axes, low: float, high: float) -> None:
    """Mark an axis of log-odds with the risk in percent, from `low` to `high`.

    >>> from churnlab.report.axes import figure_of
    >>> axes = figure_of(None)[1]
    >>> risk_scale(axes, -3, 1)
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['5%', '10%', '20%', '35%', '65%']
    """
    marks: list[float] = []
    for p in [p for p in _PERCENTS if low <= logit(p) <= high] or [float(expit((low + high) / 2))]:
        if not marks or logit(p) - logit(marks[-1]) >= _APART * (high - low):
            marks.append(p)
    axes.set_xticks([float(logit(p)) for p in marks], [percent(p) for p in marks])
    axes.set_xlim(low, high)
