"""Every figure. The one import of matplotlib; nothing is shown or written, a Figure is returned.

Labels are sentences, drawn in the `language` that a function is given.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DayLocator
from matplotlib.figure import Figure as Figure
from matplotlib.font_manager import findSystemFonts, fontManager, get_font

from churnlab.evaluation.contenders import label as contender_label
from churnlab.evaluation.tables import heading
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence

BLUE = "#2a6f97"
ORANGE = "#e07a3f"
GREEN = "#5c946e"
VIOLET = "#8e6c8a"
GREY = "#9aa5b1"
PALE = "#e4e7eb"
INK = "#1f2933"
_LONGEST_NAME = 60
_LONG_SPAN = 30  # days, whose marks matplotlib chooses
_FONT = "DejaVu Sans"  # comes with matplotlib
_MORE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Noto Sans Hebrew",
    "Noto Sans Arabic",
    "Noto Emoji",
    "Symbola",
)
Place = Literal["best", "upper left", "lower left", "lower right"]


@cache
def _glyphs(family: str) -> frozenset[int]:
    """The characters that a font can draw; none where it is not installed."""
    paths = [font.fname for font in fontManager.ttflist if font.name == family]
    return frozenset(get_font(paths[0]).get_charmap()) if paths else frozenset()


def _look_again() -> None:
    """Tell matplotlib of fonts that were installed after it made its list."""
    listed = {font.fname for font in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - listed):
        with suppress(OSError, RuntimeError, ValueError):  # a font that it cannot read
            fontManager.addfont(path)


@cache
def _fonts() -> list[str]:
    """The usual font, then those installed that have Chinese and other letters."""
    if not any(font.name in _MORE_FONTS for font in fontManager.ttflist):
        _look_again()
    return [_FONT, *(family for family in _MORE_FONTS if _glyphs(family))]


def drawable(text: str) -> str:
    r"""Text as it can be drawn, on one line and without formulas.

    A character that no font on this machine has is written as its number, which tells names apart
    where boxes would not.

    >>> drawable("a $x$\n b"), drawable("\uf8fe")
    ('a \\$x\\$ b', '\\uf8fe')
    """
    shown = []
    for character in " ".join(text.split()):
        known = any(ord(character) in _glyphs(family) for family in _fonts())
        shown.append(character if known else character.encode("unicode_escape").decode())
    return "".join(shown).replace("$", r"\$")


def _said(words: Words, language: str) -> str:
    return drawable(in_language(words, language))


def _figure(
    width: float = 6.4, height: float = 3.8, grid: Literal["x", "y"] = "y"
) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.subplots()
    _plain(axes, grid)
    return figure, axes


def _plain(axes: Axes, grid: Literal["x", "y"] = "y") -> None:
    """Thin lines, and none above and on the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9, color=GREY, labelfontfamily=_fonts())
    axes.grid(axis=grid, color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _name_axes(axes: Axes, language: str, x: Words, y: Words = "") -> None:
    axes.set_xlabel(_said(x, language), fontfamily=_fonts())
    axes.set_ylabel(_said(y, language), fontfamily=_fonts())


def _legend(axes: Axes, place: Place) -> None:
    axes.legend(frameon=False, prop={"size": 9, "family": _fonts()}, loc=place)


def calibration(table: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Predicted against observed churn; points on the diagonal are right.

    `table` is that of `metrics.calibration_table`.

    >>> table = pd.DataFrame({"predicted": [0.1, 0.4], "observed": [0.12, 0.37]})
    >>> type(calibration(table)).__name__
    'Figure'
    """
    figure, axes = _figure()
    top = float(max(table["predicted"].max(), table["observed"].max(), 0.05)) * 1.05
    right = _said(sentence("predicted is right"), language)
    model = _said(sentence("the model"), language)
    axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label=right)
    places = table["predicted"], table["observed"]
    axes.plot(*places, "o-", color=BLUE, linewidth=1.8, markersize=5, label=model)
    axes.set(xlim=(0, top), ylim=(0, top))
    predicted = sentence("predicted churn probability (mean of a tenth of the rows)")
    _name_axes(axes, language, predicted, sentence("share that churned"))
    _legend(axes, "upper left")
    return figure


def deciles(table: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Predicted and actual value by tenths of predicted value.

    `table` is that of `metrics.calibration_table`.

    >>> table = pd.DataFrame({"predicted": [1.0, 40.0], "observed": [0.5, 37.0]})
    >>> type(deciles(table)).__name__
    'Figure'
    """
    figure, axes = _figure()
    place = np.arange(1, len(table) + 1)
    predicted = _said(sentence("predicted"), language)
    actual = _said(sentence("actual"), language)
    axes.bar(place - 0.2, table["predicted"], 0.4, color=BLUE, label=predicted)
    axes.bar(place + 0.2, table["observed"], 0.4, color=ORANGE, label=actual)
    axes.set_xticks(place)
    tenths = sentence("tenth of people by predicted value, lowest to highest")
    _name_axes(axes, language, tenths, sentence("mean value"))
    _legend(axes, "upper left")
    return figure


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
    figure, axes = _figure(*size, grid="x")
    names = [str(name) for name in values.index]
    short = [n if len(n) < _LONGEST_NAME else n[: _LONGEST_NAME - 1] + "…" for n in names]
    place = np.arange(len(values))
    axes.barh(place, values.to_numpy(), color=BLUE, height=0.62)
    axes.set_yticks(place, [drawable(name) for name in short])
    _name_axes(axes, language, sentence("mean absolute push on the score"))
    return figure


def scores(risk: np.ndarray, churned: np.ndarray, language: str = ENGLISH) -> Figure:
    """How risks are spread among those who left and those who stayed.

    `risk` float64[n] churn probabilities, `churned` float64[n] the outcomes, 0 or 1.

    >>> type(scores(np.array([0.2, 0.8]), np.array([0.0, 1.0]))).__name__
    'Figure'
    """
    figure, axes = _figure()
    edges = list(np.linspace(0, 1, 41))
    stayed = sentence("stayed ({people:,})", people=int((churned == 0).sum()))
    left = sentence("churned ({people:,})", people=int((churned == 1).sum()))
    for value, colour, words in ((0, BLUE, stayed), (1, ORANGE, left)):
        part = risk[churned == value]
        share = np.full(len(part), 1 / max(len(part), 1))
        named = _said(words, language)
        axes.hist(part, edges, weights=share, color=colour, alpha=0.6, label=named)
    axes.set_xlim(0, 1)
    _name_axes(
        axes, language, sentence("predicted churn probability"), sentence("share of the group")
    )
    _legend(axes, "best")
    return figure


def gains(
    churned: np.ndarray, predictions: Mapping[str, np.ndarray], language: str = ENGLISH
) -> Figure:
    """Share of all churners found in the top share of people, for each contender.

    `churned` float64[n] the outcomes, 0 or 1; `predictions` float64[n] by contender. People of
    equal predictions enter together.

    >>> figure = gains(np.array([0.0, 1.0]), {"churnlab": np.array([0.2, 0.8])})
    >>> type(figure).__name__
    'Figure'
    """
    figure, axes = _figure()
    random = _said(sentence("at random"), language)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label=random)
    colours = [BLUE, ORANGE, GREEN, VIOLET]
    for i, (name, p) in enumerate(predictions.items()):
        people, found = _gains_curve(churned, p)
        named = _said(contender_label(name), language)
        axes.plot(people, found, color=colours[i % len(colours)], linewidth=1.8, label=named)
    axes.set(xlim=(0, 1), ylim=(0, 1.01))
    highest = sentence("share of people, highest risk first")
    _name_axes(axes, language, highest, sentence("share of churners found"))
    _legend(axes, "lower right")
    return figure


def _gains_curve(churned: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of people and of churners down to each prediction; ties enter together."""
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
    figure, axes = _figure()
    known = table.dropna(subset=[metric])
    place = np.arange(len(known))
    spread = np.abs(known[["low", "high"]].to_numpy().T - known[metric].to_numpy())
    axes.errorbar(
        place, known[metric], spread, fmt="o", color=BLUE, ecolor=GREY, capsize=3, markersize=5
    )
    axes.set_xticks(place, known["value"])
    if len(known) > 4:
        axes.set_xticks(place, known["value"], rotation=30, ha="right")
    _name_axes(axes, language, sentence("snapshot day"), heading(metric))
    axes.margins(x=0.15)
    return figure


def profit(table: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Expected and realised profit against the share of people contacted.

    `table` is `ProfitCurve.table`; the dot marks the row with the highest expected profit.

    >>> from churnlab.evaluation.profit import profit_curve
    >>> curve = profit_curve(np.array([1.0, 0]), np.array([0.8, 0.1]))
    >>> type(profit(curve.table)).__name__
    'Figure'
    """
    figure, axes = _figure()
    axes.axhline(0, color=GREY, linewidth=1)
    lines = [("expected", BLUE, sentence("expected, by the probabilities"))]
    if table["realised"].notna().any():
        lines.append(("realised", ORANGE, sentence("realised, by the outcomes")))
    for column, colour, words in lines:
        named = _said(words, language)
        axes.plot(table["share"], table[column], color=colour, linewidth=1.8, label=named)
    best = table.loc[table["expected"].idxmax()]
    _mark(axes, best, _said(sentence("contact {share:.0%}", share=best["share"]), language))
    axes.set_xlim(0, 1)
    axes.margins(y=0.12)
    contacted = sentence("share of people contacted, most profitable first")
    _name_axes(axes, language, contacted, sentence("profit of the campaign"))
    _legend(axes, "lower left")
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
        _plain(axes)
        axes.bar(days["day"], days[column], width=1.0, color=colour)
        axes.set_ylabel(_said(words, language))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(axis="y", nbins=4)
    ticks = _whole_days(days["day"])
    lower.xaxis.set_major_locator(ticks)
    lower.xaxis.set_major_formatter(ConciseDateFormatter(ticks))  # type: ignore[no-untyped-call]
    lower.margins(x=0.01)
    return figure


def _whole_days(days: pd.Series) -> AutoDateLocator | DayLocator:
    """At most about eight marks over some days, none of them within a day."""
    span = (days.max() - days.min()).days if len(days) else 0
    if span > _LONG_SPAN:
        return AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
    return DayLocator(interval=span // 8 + 1)  # type: ignore[no-untyped-call]


def by_month(months: pd.DataFrame, language: str = ENGLISH) -> Figure:
    """Money by month. `months` is `LogProfile.months`.

    >>> type(by_month(pd.DataFrame({"month": ["2026-03"], "money": [12.5]}))).__name__
    'Figure'
    """
    figure, axes = _figure(width=5.0, height=2.4)
    place = np.arange(len(months))
    axes.bar(place, months["money"], color=ORANGE)
    step = max(1, len(months) // 12)
    axes.set_xticks(place[::step], months["month"][::step], rotation=30, ha="right")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _name_axes(axes, language, sentence("month"), sentence("money"))
    return figure


def _mark(axes: Axes, row: pd.Series, text: str) -> None:
    place = (row["share"], row["expected"])
    axes.plot(*place, "o", color=BLUE, markersize=7)
    axes.annotate(
        text, place, (6, 6), textcoords="offset points", color=INK, fontsize=9, fontfamily=_fonts()
    )


def png(figure: Figure, dpi: int = 144) -> bytes:
    """The figure as PNG; the same figure gives the same bytes.

    >>> png(signals(pd.Series({"push": 0.4})))[1:4]
    b'PNG'
    """
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def data_uri(figure: Figure) -> str:
    """The figure as a data: address, for a page that stands alone.

    >>> data_uri(signals(pd.Series({"push": 0.4})))[:22]
    'data:image/png;base64,'
    """
    return "data:image/png;base64," + base64.b64encode(png(figure)).decode()
