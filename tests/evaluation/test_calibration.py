"""Calibration of probabilities that are known."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.evaluation import calibration

rng = np.random.default_rng(1)


def test_calibration_of_known_probabilities() -> None:
    p = rng.random(60_000)
    y = (rng.random(60_000) < p).astype(float)
    assert calibration.calibration_slope(y, p) == pytest.approx(1, abs=0.04)
    assert calibration.expected_calibration_error(y, p) < 0.01
    assert calibration.calibration_table(y, p)["rows"].tolist() == [6000] * 10
    assert np.isnan(calibration.calibration_slope(np.ones(5), np.full(5, 0.5)))


def test_the_slope_is_below_one_where_probabilities_are_too_far_from_the_mean() -> None:
    p = rng.random(20_000)
    y = (rng.random(20_000) < p).astype(float)
    sharper = p**2 / (p**2 + (1 - p) ** 2)  # log-odds twice as large
    assert calibration.calibration_slope(y, sharper) == pytest.approx(0.5, abs=0.03)


def test_bins_are_of_equal_count_where_predictions_are_tied() -> None:
    table = calibration.calibration_table(np.tile([0.0, 1.0], 50), np.full(100, 0.3), bins=4)
    assert table["rows"].tolist() == [25] * 4
    assert table["predicted"].tolist() == pytest.approx([0.3] * 4)
