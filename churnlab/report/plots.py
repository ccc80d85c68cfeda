"""Every figure; nothing is shown or written, a Figure is returned.

Labels are sentences, drawn in the `language` that a function is given.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.contenders import label as contender_label
from churnlab.evaluation.tables import heading
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import figure_of, percent, share_scales
from churnlab.report.drawing import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    INK,
    ORANGE,
    Axes,
    Figure,
    fonts,
    legend,
    legend_above,
    mark_days,
    name_axes,
    new_figure,
    plain,
    said,
)
from churnlab.report.drawing import data_uri as data_uri
from churnlab.report.drawing import drawable as drawable
from churnlab.report.drawing import png as png

_LONGEST_NAME = 60
_LONGEST_LINE = 24
_APART = 0.2  # of the points of one stratum
_LARGEST_POINT = 90.0
_SMALLEST_POINT = 12.0
_WHOLE_FROM = 20  # money without cents


def calibration(table: pd.DataFrame, language: str = ENGLISH, axes: Axes | None = None) -> Figure:
    """Predicted against observed churn; points on the diagonal are right.

    `table` is that of `metrics.calibration_table`. Both scales are square roots, because most
    people have a small risk; the area of a point is its share of the rows, where the table has
    `rows`. `axes` are those to draw on, or None for a new figure.

    >>> table = pd.DataFrame({"predicted": [0.1, 0.4], "observed": [0.12, 0.37]})
    >>> type(calibration(table)).__name__
    'Figure'
    """
    figure, axes = figure_of(axes)
    top = float(max(table["predicted"].max(), table["observed"].max(), 0.05)) * 1.1
    right = said(sentence("predicted is right"), language)
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label=right)
    calibration_points(axes, table, said(sentence("the model"), language), BLUE)
    share_scales(axes, top)
    predicted = sentence("predicted churn probability")
    name_axes(axes, language, predicted, sentence("share that churned"))
    legend(axes, "upper left")
    return figure


def calibration_points(axes: Axes, table: pd.DataFrame, label: str, colour: str) -> None:
    """The points of one contender's calibration; the area of each is its share of the rows.

    >>> axes = new_figure()[1]
    >>> table = pd.DataFrame({"predicted": [0.1, 0.4], "observed": [0.12, 0.37]})
    >>> calibration_points(axes, table, "a forest", ORANGE)
    """
    rows = table["rows"] if "rows" in table else pd.Series(1.0, index=table.index)
    size = np.maximum(_LARGEST_POINT * rows / rows.max(), _SMALLEST_POINT)
    axes.plot(table["predicted"], table["observed"], color=colour, linewidth=1.2, alpha=0.7)
    places = table["predicted"], table["observed"]
    points = axes.scatter(*places, size, color=colour, alpha=0.9, label=label, zorder=3)
    points.set_clip_on(False)


def deciles(table: pd.DataFrame, language: str = ENGLISH, axes: Axes | None = None) -> Figure:
    """Predicted and actual value by tenths of predicted value.

    `table` is that of `metrics.calibration_table`. `axes` as in `calibration`.

    >>> table = pd.DataFrame({"predicted": [1.0, 40.0], "observed": [0.5, 37.0]})
    >>> type(deciles(table)).__name__
    'Figure'
    """
    figure, axes = figure_of(axes)
    place = np.arange(1, len(table) + 1)
    predicted = said(sentence("predicted"), language)
    actual = said(sentence("actual"), language)
    axes.bar(place - 0.2, table["predicted"], 0.4, color=BLUE, label=predicted)
    axes.bar(place + 0.2, table["observed"], 0.4, color=ORANGE, label=actual)
    axes.set_xticks(place)
    axes.yaxis.set_major_formatter("{x:,.0f}" if _largest(table) >= _WHOLE_FROM else "{x:,.2f}")
    tenths = sentence("tenth of people, lowest prediction first")
    name_axes(axes, language, tenths, sentence("mean value"))
    legend(axes, "upper left")
    return figure


def _largest(table: pd.DataFrame) -> float:
    return float(table[["predicted", "observed"]].max().max())


def signals(importance: pd.Series, language: str = ENGLISH) -> Figure:
    """How much each signal moves the score, mean absolute SHAP value.

    `importance` is that of `Explanation.signal_importance`.

    >>> type(signals(pd.Series({"push": 0.4, "session": 0.2}))).__name__
    'Figure'
    """
    return _bars(importance.sort_values(), (6.4, 0.6 + 0.36 * max(len(importance), 2)), language)


def features(importance: pd.DataFrame, top: int = 12, language: str = ENGLISH) -> Figure:
    """The `top` features that move the score most.

    `importance` is that of `Explanation.importance`, with the columns name and importance; where it
    has `label`, features are called so.

    >>> importance = pd.DataFrame({"name": ["push__open_rate__14d"], "importance": [0.4]})
    >>> type(features(importance)).__name__
    'Figure'
    """
    table = importance.head(top).iloc[::-1]
    names = table["label"] if "label" in table else table["name"]
    values = pd.Series(table["importance"].to_numpy(), index=names)
    return _bars(values, (7.2, 0.7 + 0.32 * max(len(table), 2)), language)


def _bars(values: pd.Series, size: tuple[float, float], language: str) -> Figure:
    """Horizontal bars by name, the first at the bottom."""
    figure, axes = new_figure(*size, grid="x")
    names = [str(name) for name in values.index]
    short = [n if len(n) < _LONGEST_NAME else n[: _LONGEST_NAME - 1] + "…" for n in names]
    place = np.arange(len(values))
    axes.barh(place, values.to_numpy(), color=BLUE, height=0.62)
    axes.set_yticks(place, [drawable(name) for name in short])
    name_axes(axes, language, sentence("mean absolute push on the score"))
    return figure


def scores(risk: np.ndarray, churned: np.ndarray, language: str = ENGLISH) -> Figure:
    """How risks are spread among those who left and those who stayed.

    `risk` float64[n] churn probabilities, `churned` float64[n] the outcomes, 0 or 1.

    >>> type(scores(np.array([0.2, 0.8]), np.array([0.0, 1.0]))).__name__
    'Figure'
    """
    figure, axes = new_figure()
    edges = list(np.linspace(0, 1, 41))
    stayed = sentence("stayed ({people:,})", people=int((churned == 0).sum()))
    left = sentence("churned ({people:,})", people=int((churned == 1).sum()))
    for value, colour, words in ((0, BLUE, stayed), (1, ORANGE, left)):
        part = risk[churned == value]
        share = np.full(len(part), 1 / max(len(part), 1))
        named = said(words, language)
        axes.hist(part, edges, weights=share, color=colour, alpha=0.6, label=named)
    axes.set_xlim(0, 1)
    name_axes(
        axes, language, sentence("predicted churn probability"), sentence("share of the group")
    )
    legend(axes, "best")
    return figure


def gains(
    churned: np.ndarray,
    predictions: Mapping[str, np.ndarray],
    language: str = ENGLISH,
    axes: Axes | None = None,
) -> Figure:
    """Share of all churners found in the top share of people, for each contender.

    `churned` float64[n] the outcomes, 0 or 1; `predictions` float64[n] by contender. People of
    equal predictions enter together. `axes` as in `calibration`.

    >>> figure = gains(np.array([0.0, 1.0]), {"churnlab": np.array([0.2, 0.8])})
    >>> type(figure).__name__
    'Figure'
    """
    figure, axes = figure_of(axes)
    random = said(sentence("at random"), language)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label=random)
    for i, (name, p) in enumerate(predictions.items()):
        people, found = gains_curve(churned, p)
        named = said(contender_label(name), language)
        axes.plot(people, found, color=COLOURS[i % len(COLOURS)], linewidth=1.8, label=named)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(percent)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    highest = sentence("share of people, highest risk first")
    name_axes(axes, language, highest, sentence("share of churners found"))
    legend(axes, "lower right")
    return figure


def gains_curve(churned: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of people and of churners down to each prediction; ties enter together.

    >>> people, found = gains_curve(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.5, 0.2, 0.1]))
    >>> people.tolist(), found.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 1.0, 1.0, 1.0, 1.0])
    """
    order = np.argsort(-p, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(p[order]) != 0, True])
    found = np.cumsum(churned[order])[last] / max(churned.sum(), 1)
    return np.r_[0, (last + 1) / len(p)], np.r_[0, found]


def per_cut(table: pd.DataFrame, metric: str, language: str = ENGLISH) -> Figure:
    """A metric by snapshot day, with its 95% interval.

    `table` is `Evaluation.per_cut`, `metric` the name of its metric; days without it are left out.

    >>> table = pd.DataFrame({"value": ["2026-01-01"], "auc": [0.8], "low": [0.7], "high": [0.9]})
    >>> type(per_cut(table, "auc")).__name__
    'Figure'
    """
    figure, axes = new_figure()
    known = table.dropna(subset=[metric])
    place = np.arange(len(known))
    spread = np.abs(known[["low", "high"]].to_numpy().T - known[metric].to_numpy())
    axes.errorbar(
        place, known[metric], spread, fmt="o", color=BLUE, ecolor=GREY, capsize=3, markersize=5
    )
    axes.set_xticks(place, known["value"])
    if len(known) > 4:
        axes.set_xticks(place, known["value"], rotation=30, ha="right")
    name_axes(axes, language, sentence("snapshot day"), heading(metric))
    axes.margins(x=0.15)
    return figure


def strata(table: pd.DataFrame, metric: str, language: str = ENGLISH) -> Figure:
    """A metric by how lately people were seen, for each contender, with 95% intervals.

    `table` is `Evaluation.strata`, `metric` the name of its metric; a stratum that is too few is
    named and has no point.

    >>> table = pd.DataFrame({"stratum": ["recent"], "says": ["seen in the last 7 days"],
    ...     "contender": ["churnlab"], "metric": ["auc"], "value": [0.7], "low": [0.6],
    ...     "high": [0.8], "note": [""]})
    >>> type(strata(table, "auc")).__name__
    'Figure'
    """
    shown = table[table["metric"] == metric]
    names = list(dict.fromkeys(shown["stratum"]))
    contenders = list(dict.fromkeys(shown["contender"]))
    figure, axes = new_figure(height=1.2 + 0.7 * len(names), grid="x")
    for i, contender in enumerate(contenders):
        part = shown[shown["contender"] == contender].set_index("stratum").loc[names]
        place = np.arange(len(names)) + (i - (len(contenders) - 1) / 2) * _APART
        value, colour = part["value"].to_numpy(float), (BLUE, ORANGE, GREEN)[i % 3]
        spread = np.abs(part[["low", "high"]].to_numpy(float).T - value)
        named = said(contender_label(contender), language)
        axes.errorbar(
            value, place, xerr=spread, fmt="o", color=colour, capsize=3, markersize=5, label=named
        )
    strata = shown.drop_duplicates("stratum")
    labels = ["\n".join(_stratum(row, language)) for row in strata.itertuples()]
    axes.set_yticks(np.arange(len(names)), labels)
    axes.set_ylim(len(names) - 0.5, -0.5)
    name_axes(axes, language, heading(metric))
    legend_above(figure, len(contenders))
    return figure


def _stratum(row: Any, language: str) -> list[str]:
    """What a stratum is, in short lines, and why it has no point."""
    says = textwrap.wrap(said(row.says, language), _LONGEST_LINE)
    return [*says, said(row.note, language)] if row.note else says


def profit(table: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Expected and realised profit against the share of people contacted.

    `table` is `ProfitCurve.table`; the dot marks the row with the highest expected profit.

    >>> from churnlab.evaluation.profit import profit_curve
    >>> curve = profit_curve(np.array([1.0, 0]), np.array([0.8, 0.1]))
    >>> type(profit(curve.table)).__name__
    'Figure'
    """
    figure, axes = new_figure()
    axes.axhline(0, color=GREY, linewidth=1)
    lines = [("expected", BLUE, sentence("expected, by the probabilities"))]
    if table["realised"].notna().any():
        lines.append(("realised", ORANGE, sentence("realised, by the outcomes")))
    for column, colour, words in lines:
        named = said(words, language)
        axes.plot(table["share"], table[column], color=colour, linewidth=1.8, label=named)
    best = table.loc[table["expected"].idxmax()]
    _mark(axes, best, said(sentence("contact {share:.0%}", share=best["share"]), language))
    axes.set_xlim(0, 1)
    axes.margins(y=0.12)
    contacted = sentence("share of people contacted, most profitable first")
    name_axes(axes, language, contacted, sentence("profit of the campaign"))
    legend(axes, "lower left")
    return figure


def by_day(days: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Events and people by day, one above the other; a day without events is a gap.

    `days` is `LogProfile.days`.

    >>> days = pd.DataFrame({"day": pd.to_datetime(["2026-03-01"]), "events": [7], "people": [2]})
    >>> type(by_day(days)).__name__
    'Figure'
    """
    figure = Figure(figsize=(5.0, 3.4), layout="constrained", facecolor="white")
    upper, lower = figure.subplots(2, sharex=True)
    events = upper, "events", BLUE, sentence("events")
    people = lower, "people", GREEN, heading("people")
    for axes, column, colour, words in (events, people):
        plain(axes)
        axes.bar(days["day"], days[column], width=1.0, color=colour)
        axes.set_ylabel(said(words, language))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(axis="y", nbins=4)
    mark_days(lower, days["day"], language)
    lower.margins(x=0.01)
    return figure


def by_month(months: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Money by month. `months` is `LogProfile.months`.

    >>> type(by_month(pd.DataFrame({"month": ["2026-03"], "money": [12.5]}))).__name__
    'Figure'
    """
    figure, axes = new_figure(width=5.0, height=2.4)
    place = np.arange(len(months))
    axes.bar(place, months["money"], color=ORANGE)
    step = max(1, len(months) // 12)
    axes.set_xticks(place[::step], months["month"][::step], rotation=30, ha="right")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    name_axes(axes, language, sentence("month"), sentence("money"))
    return figure


def _mark(axes: Axes, row: pd.Series, text: str) -> None:
    place = (row["share"], row["expected"])
    axes.plot(*place, "o", color=BLUE, markersize=7)
    axes.annotate(
        text, place, (6, 6), textcoords="offset points", color=INK, fontsize=9, fontfamily=fonts()
    )
