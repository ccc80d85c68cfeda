"""The picture of a week."""

from __future__ import annotations

import numpy as np

from churnlab.weekly.plots import compared
from churnlab.weekly.record import WeeklyReport

WEEK = "2026-W17"


def test_the_picture_has_a_bar_for_each_tested_measure(report: WeeklyReport) -> None:
    axes = compared(report.figures).axes[0]
    tested = [f for f in report.figures if np.isfinite(f.last_p) and f.last]
    assert len(axes.patches) == len(tested) > 10
