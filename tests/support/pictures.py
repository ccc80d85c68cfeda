"""What a figure cuts off, in each language whose letters a font here has."""

from __future__ import annotations

from typing import Any

import pytest

from churnlab.report.drawing import Axes, drawable


def skip_without_letters(language: str) -> None:
    """Skip a test of lettering where no font has the letters: they are written as numbers."""
    if language == "zh" and drawable("流失") != "流失":
        pytest.skip("no Chinese font is installed")


def cut_off(axes: Axes) -> list[str]:
    """The texts that do not lie wholly within the figure of the axes."""
    figure: Any = axes.figure
    figure.draw_without_rendering()
    inside = figure.bbox.padded(2)
    return [
        text.get_text()
        for text in _texts(axes)
        if text.get_text() and not _within(text.get_window_extent(), inside)
    ]


def _texts(axes: Axes) -> list[Any]:
    legend = axes.get_legend()
    return [
        axes.xaxis.label,
        axes.yaxis.label,
        *_ticks(axes.xaxis, axes.get_xlim()),
        *_ticks(axes.yaxis, axes.get_ylim()),
        *axes.texts,
        *(legend.get_texts() if legend else []),
    ]


def _ticks(axis: Any, limits: tuple[float, float]) -> list[Any]:
    """The labels of the marks that are drawn: those within the limits."""
    low, high = sorted(limits)
    return [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def _within(box: Any, whole: Any) -> bool:
    corners = ((box.x0, box.y0), (box.x1, box.y1))
    return all(whole.x0 <= x <= whole.x1 and whole.y0 <= y <= whole.y1 for x, y in corners)
