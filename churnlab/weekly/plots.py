"""The picture of a week: how far each measure moved since last week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.drawing import BLUE, GREY, INK, ORANGE, Figure, name_axes, new_figure, said
from churnlab.weekly.figures import Figure as Measured

_WIDTH = 6.4
_ROW = 0.27  # inches of a measure


def compared(measured: Sequence[Measured], language: str = ENGLISH) -> Figure:
    """A bar for each tested measure: its change since last week as a share of what it was.

    Those beyond chance are coloured, the others grey. A change of over 100% ends there.
    """
    tested = [m for m in measured if np.isfinite(m.last_p) and m.last]
    tested = tested[::-1]
    figure, axes = new_figure(_WIDTH, 0.9 + _ROW * max(len(tested), 2), "x")
    change = np.array([np.clip(m.now / m.last - 1, -1, 1) for m in tested])
    colours = [GREY if not m.beyond_last else BLUE if m.now > m.last else ORANGE for m in tested]
    place = np.arange(len(tested))
    axes.barh(place, change, color=colours)
    axes.set_yticks(place, [said(m.label, language) for m in tested])
    axes.axvline(0, color=INK, linewidth=0.8)
    reach = max(float(np.abs(change).max(initial=0.0)) * 1.5, 0.05)
    axes.set_xlim(-reach, reach)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}")
    for at, value in zip(place, change, strict=True):
        right = value >= 0
        axes.annotate(
            f"{value:+.1%}",
            (value, at),
            xytext=(3 if right else -3, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=7,
            color=INK,
        )
    label = sentence("change since last week")
    name_axes(axes, language, label)
    return figure
