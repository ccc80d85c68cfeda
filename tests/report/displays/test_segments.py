"""SegmentsDisplay: the figure of each group, and why one is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.evaluation.evaluation import Evaluation
from churnlab.report.displays.segments import SegmentsDisplay

INDEX = pd.MultiIndex.from_product(
    [range(80), pd.to_datetime(["2026-03-01"])], names=["user_id", "snapshot"]
)
Y = pd.Series(np.tile([0.0, 0, 1, 0], 20), INDEX)
P = np.linspace(0, 0.8, 80)
GROUPS = pd.DataFrame({"channel": np.where(np.arange(80) < 75, "ads", "shop")}, INDEX)


def test_groups_have_points_and_small_ones_the_reason() -> None:
    display = SegmentsDisplay.from_predictions(Y, P, GROUPS)
    names = [t.get_text() for t in display.ax_.get_yticklabels()]
    assert names == ["channel: ads (75)", "channel: shop (5)"]
    said = [t.get_text() for t in display.ax_.texts]
    assert "everybody" in said
    assert "5 rows, fewer than 30" in said


def test_an_evaluation_is_drawn_as_its_predictions_are() -> None:
    found = Evaluation.of({"churnlab": P}, Y, target="churned", segments=GROUPS)
    one = SegmentsDisplay.from_evaluation(found)
    other = SegmentsDisplay.from_predictions(Y, P, GROUPS)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.everybody == pytest.approx(other.everybody)
