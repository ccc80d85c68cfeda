"""Figures over nights: one panel for each thing that is watched, with odd nights marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words
from churnlab.report.axes import percent
from churnlab.report.drawing import (
    BLUE,
    COLOURS,
    GREY,
    ORANGE,
    PALE,
    VIOLET,
    Axes,
    Figure,
    legend_above,
    mark_days,
    new_figure,
    plain,
    said,
)

RED = COLOURS[4]
MARKED = {"missing": PALE, "damaged": GREY, "forced": ORANGE, "blocked": RED}
GRID = {"published": "#dfeadf", "warn": "#f2c894", **MARKED}
Scale = Literal["count", "number", "share"]
_MARKS: dict[Scale, Any] = {"count": "{x:,.0f}", "number": "{x:,.2f}", "share": percent}
_WIDTH, _HEIGHT = 4.6, 2.5
_FAINT = 0.28
_LINE, _SIGNS = 0.17, 62  # of a legend: the height of a line in inches, its width in signs


@dataclass(frozen=True)
class Series:
    """Values of a panel, one a night, NaN where there is none.

    `kind` is "line", "dashed", "points" or "bars"; `low` and `high` are the ends of intervals.
    """

    label: Words
    values: Sequence[float]
    kind: Literal["line", "dashed", "points", "bars"] = "line"
    colour: str = BLUE
    low: Sequence[float] = ()
    high: Sequence[float] = ()


@dataclass(frozen=True)
class Days:
    """The nights of all panels: their days, the state of each, and where another model began.

    >>> Days.of(["2026-03-01", "2026-03-02"], ["published", "missing"], [False, False]).states[1]
    'missing'
    """

    days: pd.Series
    states: tuple[str, ...]
    began: tuple[bool, ...] = field(default=())

    @classmethod
    def of(cls, days: Sequence[str], states: Sequence[str], began: Sequence[bool]) -> Days:
        """The nights of days like 2026-03-04."""
        return cls(pd.Series(pd.to_datetime(list(days))), tuple(states), tuple(began))


def panel(
    nights: Days, series: Sequence[Series], scale: Scale = "number", language: str = ENGLISH
) -> Figure:
    """Series over nights. Odd nights have a band of their state's colour, new models a line.

    >>> nights = Days.of(["2026-03-01", "2026-03-02"], ["published", "missing"], [False, False])
    >>> type(panel(nights, [Series("people", [7.0, float("nan")])], "count")).__name__
    'Figure'
    """
    labels = [said(each.label, language) for each in series]
    columns = _columns(labels)
    figure, axes = new_figure(_WIDTH, _HEIGHT + _LINE * (-(-len(labels) // columns) - 1))
    _mark(axes, nights)
    for each, label in zip(series, labels, strict=True):
        _DRAW[each.kind](axes, nights.days, each, label)
    axes.locator_params(axis="y", nbins=4, **({"integer": True} if scale == "count" else {}))
    axes.yaxis.set_major_formatter(_MARKS[scale])
    mark_days(axes, nights.days, language)
    half = pd.Timedelta(hours=14)
    edges: Any = (nights.days.iloc[0] - half, nights.days.iloc[-1] + half)
    axes.set_xlim(*edges)
    if len(series) > 1:
        legend_above(figure, columns)
    return figure


def _columns(labels: Sequence[str]) -> int:
    """How many names of series stand side by side; those in Chinese are twice as wide."""
    widest = max((sum(1 + (ord(c) > 0x2E7F) for c in label) for label in labels), default=0)
    return max(1, min(_SIGNS // (widest + 5), len(labels)))


def _mark(axes: Axes, nights: Days) -> None:
    half = pd.Timedelta(hours=12)
    for day, state in zip(nights.days, nights.states, strict=True):
        if state in MARKED:
            axes.axvspan(day - half, day + half, color=MARKED[state], alpha=_FAINT, linewidth=0)
    for day, new in zip(nights.days, nights.began, strict=False):
        if new:
            axes.axvline(day - half, color=VIOLET, linewidth=1.2, linestyle=":")


def _line(axes: Axes, days: pd.Series, series: Series, label: str) -> None:
    dashed = series.kind == "dashed"
    style = {"linestyle": "--", "linewidth": 1.2} if dashed else {"linewidth": 1.6}
    values = np.asarray(series.values, np.float64)
    axes.plot(days, values, color=series.colour, label=label, **style)  # type: ignore[arg-type]
    alone = _alone(values)
    axes.plot(days[alone], values[alone], "o", color=series.colour, markersize=3)
    if len(series.low):
        low, high = (np.asarray(each, np.float64) for each in (series.low, series.high))
        axes.fill_between(days, low, high, color=series.colour, alpha=0.15, linewidth=0)


def _alone(values: np.ndarray) -> np.ndarray:
    """Whether a value stands between two missing ones, where no line shows it."""
    missing = np.isnan(np.r_[np.nan, values, np.nan])
    return ~missing[1:-1] & missing[:-2] & missing[2:]


def _points(axes: Axes, days: pd.Series, series: Series, label: str) -> None:
    values = np.asarray(series.values, np.float64)
    spread = None
    if len(series.low):
        ends = [np.abs(values - np.asarray(each, np.float64)) for each in (series.low, series.high)]
        spread = np.array(ends)
    look = {"fmt": "o", "color": series.colour, "ecolor": GREY, "markersize": 4, "capsize": 2}
    axes.errorbar(days, values, spread, label=label, **look)  # type: ignore[arg-type]


def _bars(axes: Axes, days: pd.Series, series: Series, label: str) -> None:
    axes.bar(days, np.asarray(series.values, np.float64), 0.8, color=series.colour, label=label)


_DRAW: dict[str, Any] = {"line": _line, "dashed": _line, "points": _points, "bars": _bars}


def grid(nights: Days, rows: Sequence[Words], levels: Sequence[Sequence[str]],
         language: str = ENGLISH) -> Figure:  # fmt: skip
    """A square for each night in each row, in the colour of its level.

    `levels` has one of "", published, warn and the states of MARKED for each row and night.

    >>> nights = Days.of(["2026-03-01"], ["published"], [False])
    >>> type(grid(nights, ["mean score"], [["warn"]])).__name__
    'Figure'
    """
    figure, axes = new_figure(5.8, 0.7 + 0.27 * max(len(rows), 1))
    plain(axes)
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    for place, line in enumerate(levels):
        shown = [(day, GRID[level]) for day, level in zip(nights.days, line, strict=True) if level]
        for day, colour in shown:
            axes.bar(day, 0.84, 0.9, place - 0.42, color=colour)
    axes.set_yticks(range(len(rows)), [said(words, language) for words in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(length=0)
    mark_days(axes, nights.days, language)
    return figure
