"""Axes of figures: those that were given or new ones, scales of shares, labels in short lines."""

from __future__ import annotations

import textwrap
from typing import Any, Literal

import numpy as np

from churnlab.report.drawing import Axes, Figure, new_figure, plain

_MARKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_APART = 0.09  # of two marks, as a share of the scale
_LINE = 34
_LINE_WITHOUT_BLANKS = 17


def figure_of(
    axes: Axes | None, width: float = 6.4, height: float = 3.8, grid: Literal["x", "y"] = "y"
) -> tuple[Figure, Axes]:
    """The axes that were given, in our manner, and their figure; a new figure for None.

    >>> figure, axes = figure_of(None)
    >>> figure_of(axes)[0] is figure
    True
    """
    if axes is None:
        return new_figure(width, height, grid)
    plain(axes, grid)
    figure: Any = axes.figure
    return figure, axes


def percent(value: float, _: object = None) -> str:
    """A share as a mark of an axis: with a decimal below 1% and above 99%.

    >>> percent(0.25), percent(0.005), percent(0.995)
    ('25%', '0.5%', '99.5%')
    """
    return f"{value:.1%}" if 0 < value < 0.01 or 0.99 < value < 1 else f"{value:.0%}"


def label_right(axes: Axes) -> None:
    """End the label of the x axis at its right end, where long names leave little room.

    >>> label_right(figure_of(None)[1])
    """
    axes.xaxis.label.set_horizontalalignment("right")
    axes.xaxis.label.set_x(1)


def share_scales(axes: Axes, top: float, which: Literal["x", "xy"] = "xy") -> None:
    """Square-root scales from 0 to `top` for shares, marked in percent.

    >>> axes = figure_of(None)[1]
    >>> share_scales(axes, 0.5)
    >>> [str(mark) for mark in axes.get_xticks()]
    ['0.005', '0.02', '0.05', '0.1', '0.2', '0.3', '0.4', '0.5']
    """
    marks = share_marks(top)
    axes.set_xscale("function", functions=(_root, np.square))
    axes.set(xlim=(0, top), xticks=marks)
    axes.xaxis.set_major_formatter(percent)
    if which == "xy":
        axes.set_yscale("function", functions=(_root, np.square))
        axes.set(ylim=(0, top), yticks=marks)
        axes.yaxis.set_major_formatter(percent)
    axes.minorticks_off()


def share_marks(top: float) -> list[float]:
    """Marks of a square-root scale that are far enough apart, from the largest down.

    >>> share_marks(1.0)
    [0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    found: list[float] = []
    for mark in reversed([m for m in _MARKS if m <= top]):
        if not found or found[-1] ** 0.5 - mark**0.5 > _APART * top**0.5:
            found.append(mark)
    return found[::-1]


def _root(values: Any) -> Any:
    return np.sqrt(np.clip(values, 0, None))


def in_lines(text: str, most: int = _LINE) -> str:
    """A label in short lines; words without blanks, as in Chinese, are broken anywhere.

    >>> print(in_lines("opened 1 of 9 pushes in the last 14 days"))
    opened 1 of 9 pushes in the last
    14 days
    """
    wide = sum(ord(sign) > 0x2E7F for sign in text)
    size = most if wide < len(text) / 3 else max(most // 2, _LINE_WITHOUT_BLANKS)
    return "\n".join(textwrap.wrap(text, size)) or text
