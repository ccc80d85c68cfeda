"""The picture of a week: how far each measure moved since last week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, label_right
from churnlab.report.drawing import BLUE, GREY, INK, ORANGE, Figure, name_axes, new_figure, said
from churnlab.weekly.figures import Figure as Measured

_WIDTH = 4.8  # inches: it is read on telephones, too
_ROW = 0.3  # inches of a measure
_LABEL = 32  # letters of a line of its name


def drawn(measured: Sequence[Measured]) -> list[Measured]:
    """The measures that were tested against a last week in which they were not zero.

    >>> drawn([Measured("active", "active people", "count", 9.0, 8.0)])
    []
    """
    return [m for m in measured if np.isfinite(m.last_p) and m.last]


def compared(measured: Sequence[Measured], language: str = ENGLISH) -> Figure:
    """A bar for each measure of `drawn`: its change since last week as a share of what it was.

    Those beyond chance are coloured, the others grey. The bar of a change of over 100% ends there,
    the number at its end does not.
    """
    tested = drawn(measured)[::-1]
    figure, axes = new_figure(_WIDTH, 0.9 + _ROW * max(len(tested), 2), "x")
    change = np.array([m.now / m.last - 1 for m in tested])
    length = np.clip(change, -1, 1)
    colours = [GREY if not m.beyond_last else BLUE if m.now > m.last else ORANGE for m in tested]
    place = np.arange(len(tested))
    axes.barh(place, length, color=colours)
    names = [in_lines(said(m.label, language), _LABEL) for m in tested]
    axes.set_yticks(place, names, fontsize=8)
    axes.axvline(0, color=INK, linewidth=0.8)
    reach = max(float(np.abs(length).max(initial=0.0)) * 1.5, 0.05)
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}" if value else "0%")
    for at, end, value in zip(place, length, change, strict=True):
        right = value >= 0
        axes.annotate(
            f"{value:+,.1%}",
            (end, at),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=7,
            color=INK,
        )
    name_axes(axes, language, sentence("change, in percent of last week"))
    label_right(axes)
    return figure
