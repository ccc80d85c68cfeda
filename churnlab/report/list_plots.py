"""Figures of a nightly list: who is on it, who came and went, where risks and moves lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.report.drawing import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    PALE,
    Axes,
    Figure,
    fonts,
    legend_above,
    name_axes,
    new_figure,
    said,
    whole_marks,
)

_WIDTH = 4.6  # inches: it is read on telephones, too
_BINS = 20  # of a probability
_ROOM = 1.18  # the width of an axis beside its longest bar, which has a number at its end
_NARROW = 0.07  # of the longest bar: the part that has room for its number


def stacked(
    counts: np.ndarray,
    rows: Sequence[Words],
    parts: Sequence[tuple[Words, str]],
    language: str = ENGLISH,
) -> Figure:
    """People by row, each bar in parts; the first row on top.

    `counts` int64[rows, parts]; `parts` are names with colours.

    >>> type(stacked(np.array([[3, 1]]), ["high"], [("fading", BLUE), ("gone", GREY)])).__name__
    'Figure'
    """
    figure, axes = new_figure(_WIDTH, 1.4 + 0.42 * max(len(rows), 1), grid="x")
    place, begins = np.arange(len(rows)), np.zeros(len(rows))
    longest = float(max(counts.sum(axis=1).max(initial=0), 1))
    for i, (name, colour) in enumerate(parts):
        widths, ink = counts[:, i], INK if colour == PALE else "white"
        axes.barh(place, widths, 0.62, begins, color=colour, label=said(name, language))
        for row, width in enumerate(widths.tolist()):
            if width > _NARROW * longest:
                _number(axes, begins[row] + width / 2, row, f"{width:,}", "center", ink)
        begins += widths
    for row, whole in enumerate(counts.sum(axis=1).tolist()):
        _number(axes, whole + longest * 0.012, row, f"{whole:,}", "left", INK)
    _rows(axes, rows, longest, language)
    name_axes(axes, language, sentence("people"))
    legend_above(figure, min(len(parts), 3))
    return figure


def came_and_went(
    came: Sequence[tuple[Words, int]], went: Sequence[tuple[Words, int]], language: str = ENGLISH
) -> Figure:
    """People who entered a list and who left it, by why, the first on top.

    >>> type(came_and_went([("new", 3)], [("churned", 2)])).__name__
    'Figure'
    """
    every = [*came, *went]
    figure, axes = new_figure(_WIDTH, 1.2 + 0.34 * max(len(every), 1), grid="x")
    longest = float(max([count for _, count in every], default=1) or 1)
    for begin, some, colour, words in (
        (0, came, BLUE, sentence("entered")),
        (len(came), went, ORANGE, sentence("left the list")),
    ):
        if not some:
            continue
        counts = np.array([count for _, count in some], np.int64)
        place = begin + np.arange(len(some))
        axes.barh(place, counts, 0.62, color=colour, label=said(words, language))
        for row, count in zip(place.tolist(), counts.tolist(), strict=True):
            _number(axes, count + longest * 0.012, row, f"{count:,}", "left", INK)
    _rows(axes, [words for words, _ in every], longest, language)
    name_axes(axes, language, sentence("people"))
    legend_above(figure, 2)
    return figure


def moves(
    counts: np.ndarray, before: Sequence[Words], after: Sequence[Words], language: str = ENGLISH
) -> Figure:
    """A matrix of people by where they were and where they are now; darker is more.

    `counts` int64[before, after].

    >>> type(moves(np.array([[3]]), ["fading"], ["gone"])).__name__
    'Figure'
    """
    figure, axes = new_figure(_WIDTH, 1.0 + 0.42 * len(before))
    shade = np.sqrt(counts / max(counts.max(initial=0), 1))
    axes.imshow(shade, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for (row, column), count in np.ndenumerate(counts):
        text, colour = (f"{count:,}", INK) if count else ("·", GREY)
        axes.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.set_xticks(range(len(after)), [said(words, language) for words in after])
    axes.set_yticks(range(len(before)), [said(words, language) for words in before])
    name_axes(axes, language, sentence("now"), sentence("on the last list"))
    return figure


def risks(now: np.ndarray, then: np.ndarray | None, language: str = ENGLISH) -> Figure:
    """How many people have which churn probability, beside those of the last list.

    `now` and `then` float64[n]; None without a last list.

    >>> type(risks(np.array([0.2, 0.8]), None)).__name__
    'Figure'
    """
    figure, axes = new_figure(_WIDTH, 3.0)
    edges = np.linspace(0, 1, _BINS + 1)
    counts = np.histogram(now, edges)[0]
    tonight = said(sentence("this list"), language)
    axes.bar(edges[:-1], counts, 1 / _BINS, align="edge", color=BLUE, alpha=0.75, label=tonight,
             edgecolor="white", linewidth=0.6)  # fmt: skip
    if then is not None:
        before = np.histogram(then, edges)[0]
        last = said(sentence("the last list"), language)
        axes.stairs(before, edges, color=ORANGE, linewidth=1.6, label=last)
        legend_above(figure, 2)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_locator(whole_marks())
    axes.yaxis.set_major_formatter("{x:,.0f}")
    name_axes(axes, language, sentence("churn probability"), sentence("people"))
    return figure


def _rows(axes: Axes, rows: Sequence[Words], longest: float, language: str) -> None:
    """Name the rows, the first on top, and leave room for the numbers at the ends of bars."""
    axes.set_yticks(range(len(rows)), [said(words, language) for words in rows])
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(0, longest * _ROOM)
    axes.xaxis.set_major_locator(whole_marks())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=PALE, linewidth=0.8)


def _number(axes: Axes, x: float, y: float, text: str, align: str, colour: str) -> None:
    look = {"fontsize": 8.5, "color": colour, "fontfamily": fonts()}
    axes.text(x, y, text, ha=align, va="center", **look)  # type: ignore[arg-type]
