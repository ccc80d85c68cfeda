"""The charts of a card, drawn from the tables of its record.

They are made for `drawing.svg`: the reader's fonts draw the letters.
"""

from __future__ import annotations

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.cards.record import CardRecord, Level
from churnlab.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PALE,
    Axes,
    Figure,
    legend_above,
    new_figure,
)
from churnlab.report.sourced import as_shown

_MARKS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_LINE = 22  # characters of a label before it is broken
_LONGEST = 90
_WIDTH = 4.8  # inches; on a phone its letters are still large enough
_APART = 0.09  # of the length of a scale, between two marks
_TOP_SIZE = 120.0


def _say(words: Words, language: str) -> str:
    """Words as matplotlib takes them, in one line; a long name is cut."""
    text = as_shown(in_language(words, language), "", language)
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…").replace("$", r"\$")


def _name(axes: Axes, language: str, x: Words, y: Words = "") -> None:
    axes.set_xlabel(_say(x, language))
    axes.set_ylabel(_say(y, language))


def contact(record: CardRecord, language: str = ENGLISH) -> Figure:
    """Share of all leavers reached against the share of people contacted."""
    figure, axes = new_figure(_WIDTH, 3.0)
    rows = record.reach
    share = np.array([0.0, *(row.share for row in rows)])
    leaving = record.people.leaving
    model = [0.0, *(row.found for row in rows)]
    lines = [(model, BLUE, "-", sentence("the model"))]
    for name, colour, words in (
        ("best", GREEN, sentence("the best simple rule")),
        ("recency", ORANGE, sentence("days since last seen")),
    ):
        found = [getattr(row, name) for row in rows]
        if None not in found and leaving:
            lines.append(([0.0, *(v / leaving for v in found)], colour, "-", words))
    lines.append((list(share), GREY, "--", sentence("at random")))
    for values, colour, style, words in lines:
        label = _say(words, language)
        axes.plot(share, values, color=colour, linestyle=style, linewidth=2, label=label)
    axes.set(xlim=(0, share[-1]), ylim=(0, 1))
    axes.xaxis.set_major_formatter(_percent)
    axes.yaxis.set_major_formatter(_percent)
    contacted = sentence("share of people contacted, riskiest first")
    _name(axes, language, contacted, sentence("share of leavers reached"))
    legend_above(figure, 2)
    return figure


def calibration(record: CardRecord, language: str = ENGLISH) -> Figure:
    """The share expected to leave against the share that left, on square-root scales."""
    figure, axes = new_figure(_WIDTH, 3.6)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    levels = record.levels
    told, left = (np.array([getattr(v, n) for v in levels]) for n in ("told", "left"))
    ends = np.array([(v.left - v.low, v.high - v.left) for v in levels]).T.clip(min=0)
    top = max(float(told.max()), max(level.high for level in levels), 0.02) * 1.08
    right = _say(sentence("as expected"), language)
    axes.plot([0, top], [0, top], color=GREY, linestyle="--", linewidth=1, label=right)
    size = int(np.median([level.rows for level in levels]))
    groups = _say(sentence("a group of about {rows:person|people}", rows=size), language)
    axes.errorbar(told, left, ends, fmt="none", ecolor=GREY, capsize=2, linewidth=1)
    axes.scatter(told, left, _areas(levels), color=BLUE, label=groups, zorder=3)
    for scale in (axes.set_xscale, axes.set_yscale):
        scale("function", functions=(_root, np.square))
    marks = _marks(top)
    axes.set(xlim=(0, top), ylim=(0, top), xticks=marks, yticks=marks)
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(_percent)
    axes.yaxis.set_major_formatter(_percent)
    _name(axes, language, sentence("share expected to leave"), sentence("share that left"))
    legend_above(figure, 2)
    return figure


def _marks(top: float) -> list[float]:
    """Marks of a square-root scale that ends at `top`, none near another, the lower first."""
    found: list[float] = []
    for mark in (m for m in _MARKS if m <= top):
        if not found or mark**0.5 - found[-1] ** 0.5 >= _APART * top**0.5:
            found.append(mark)
    return found


def _root(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.clip(values, 0, None))


def _areas(levels: tuple[Level, ...]) -> np.ndarray:
    rows = np.array([level.rows for level in levels], np.float64)
    return np.maximum(_TOP_SIZE * rows / rows.max(), 12)


def _percent(value: float, _: object = None) -> str:
    return f"{value:.1%}" if 0 < value < 0.01 else f"{value:.0%}"


def strata(record: CardRecord, language: str = ENGLISH) -> Figure:
    """Pairs ranked right by how lately people were seen, beside days since then."""
    rows = [row for row in record.strata if not row.note]
    figure, axes = new_figure(_WIDTH, 1.2 + 0.5 * len(rows), grid="x")
    place = np.arange(len(rows))
    order = np.array([row.order for row in rows], np.float64)
    ends = np.abs(np.array([(row.low, row.high) for row in rows], np.float64).T - order)
    label = _say(sentence("the model"), language)
    look = {"fmt": "o", "color": BLUE, "capsize": 3, "markersize": 6, "label": label}
    axes.errorbar(order, place - 0.12, xerr=ends, **look)  # type: ignore[arg-type]
    away = np.array([np.nan if r.recency is None else r.recency for r in rows], np.float64)
    beside = _say(sentence("days since last seen"), language)
    axes.plot(away, place + 0.12, "s", color=ORANGE, markersize=6, label=beside)
    axes.axvline(0.5, color=GREY, linestyle="--", linewidth=1)
    axes.set_yticks(place, [_broken(_say(row.says, language)) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(_percent)
    _name(axes, language, sentence("pairs ranked right"))
    legend_above(figure, 2)
    return figure


def _broken(text: str) -> str:
    """A label in lines of words; a word that is longer than a line is broken too."""
    lines = [""]
    pieces = (w[i : i + _LINE] for w in text.split() for i in range(0, len(w), _LINE))
    for word in pieces:
        joined = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], joined] if len(joined) <= _LINE else [*lines, word]
    return "\n".join(line for line in lines if line)


def themes(record: CardRecord, language: str = ENGLISH) -> Figure:
    """How much of the push on the risk comes from each theme."""
    rows = record.themes[::-1]
    figure, axes = new_figure(_WIDTH, 0.8 + 0.3 * max(len(rows), 2), grid="x")
    place = np.arange(len(rows))
    axes.barh(place, [row.part for row in rows], color=BLUE, height=0.6)
    axes.set_yticks(place, [_broken(_say(row.says, language)) for row in rows])
    axes.xaxis.set_major_formatter(_percent)
    _name(axes, language, sentence("part of the push"))
    return figure


def worth(record: CardRecord, language: str = ENGLISH) -> Figure:
    """Predicted and actual value by tenths of people by predicted value."""
    figure, axes = new_figure(_WIDTH, 2.8)
    levels = record.value.levels if record.value else ()
    place = np.arange(1, len(levels) + 1)
    told, left = sentence("predicted"), sentence("actual")
    axes.bar(place - 0.2, [v.told for v in levels], 0.4, color=BLUE, label=_say(told, language))
    axes.bar(place + 0.2, [v.left for v in levels], 0.4, color=ORANGE, label=_say(left, language))
    axes.set_xticks(place)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    tenths = sentence("tenth of people by predicted value, lowest to highest")
    _name(axes, language, tenths, sentence("mean value"))
    legend_above(figure, 2)
    return figure
