"""Figures over nights: what is drawn where, odd nights marked, the same bytes twice."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.language.sentence import sentence
from churnlab.report.drawing import svg
from churnlab.report.night_plots import MARKED, Days, Series, grid, panel

NAMES = [f"2026-03-0{day}" for day in range(1, 7)]
STATES = ["published", "missing", "forced", "blocked", "published", "damaged"]
NIGHTS = Days.of(NAMES, STATES, [False, False, False, False, True, False])
VALUES = [0.8, float("nan"), 0.7, float("nan"), 0.75, 0.7]


def test_odd_nights_are_marked_and_a_new_model_has_a_line() -> None:
    axes = panel(NIGHTS, [Series("AUC", VALUES)]).axes[0]
    bands = [patch for patch in axes.patches if patch.get_alpha() is not None]
    assert len(bands) == 4 == sum(state in MARKED for state in STATES)
    assert [line.get_linestyle() for line in axes.lines].count(":") == 1


def test_every_kind_of_series_has_its_values() -> None:
    low, high = (list(np.array(VALUES) + gap) for gap in (-0.1, 0.1))
    kinds = ("line", "dashed", "points", "bars")
    series = [Series(kind, VALUES, kind, low=low, high=high) for kind in kinds]
    figure = panel(NIGHTS, series, "share")
    axes = figure.axes[0]
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 6]
    assert sum(np.allclose(each, VALUES, equal_nan=True) for each in drawn) == 3
    assert [bar.get_height() for bar in axes.containers[-1]] == pytest.approx(VALUES, nan_ok=True)
    assert len(figure.legends) == 1
    dots = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "o"]
    assert dots.count([0.8, 0.7]) == 2  # values between two gaps, of both lines


def test_a_panel_without_a_value_is_drawn() -> None:
    assert "<svg" in svg(panel(NIGHTS, [Series("people", [float("nan")] * 6)], "count"))


def test_the_grid_has_a_square_for_each_known_night() -> None:
    levels = [["published", "missing", "", "warn", "forced", "blocked"], ["published"] * 6]
    axes = grid(NIGHTS, ["one", "other"], levels).axes[0]
    assert len(axes.patches) == 11
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["one", "other"]


def test_texts_are_of_the_language_and_bytes_repeat() -> None:
    series = [Series(sentence("entered"), VALUES), Series(sentence("left"), VALUES, "dashed")]
    first, again = (svg(panel(NIGHTS, series, language="zh")) for _ in range(2))
    assert first == again and "进入" in first and "离开" in first and "entered" not in first
