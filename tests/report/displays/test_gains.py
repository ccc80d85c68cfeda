"""GainsDisplay: the curve of each contender."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.report.displays.gains import GainsDisplay


def test_each_contender_has_a_curve_and_a_name() -> None:
    y = np.array([1.0, 0, 1, 0])
    said = {"churnlab": np.array([0.9, 0.1, 0.8, 0.2]), "recency": np.array([0.9, 0.8, 0.1, 0.2])}
    display = GainsDisplay.from_predictions(y, said)
    assert display.found(0.5) == pytest.approx({"churnlab": 1.0, "recency": 0.5})
    names = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert names == ["at random", "churnlab", "days since last activity"]
