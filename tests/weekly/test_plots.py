"""The picture of a week."""

from __future__ import annotations

import numpy as np

from churnlab.weekly.figures import Figure
from churnlab.weekly.plots import compared
from churnlab.weekly.record import WeeklyReport

WEEK = "2026-W17"


def test_the_picture_has_a_bar_for_each_tested_measure(report: WeeklyReport) -> None:
    axes = compared(report.figures).axes[0]
    tested = [f for f in report.figures if np.isfinite(f.last_p) and f.last]
    assert len(axes.patches) == len(tested) > 10


def test_a_bar_ends_at_100_percent_and_its_number_does_not() -> None:
    tall = Figure("spend", "spend", "money", 9.0, 2.0, last_p=0.5)
    axes = compared([tall]).axes[0]
    assert axes.patches[0].get_width() == 1
    assert [text.get_text() for text in axes.texts] == ["+350.0%"]
