"""Calibration of probabilities that are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_tied_predictions_are_in_one_bin() -> None:
    table = calibration.calibration_table(np.tile([0.0, 1.0], 50), np.full(100, 0.3), bins=4)
    assert table["rows"].tolist() == [100]
    assert table["predicted"].tolist() == pytest.approx([0.3])
    assert table["observed"].tolist() == [0.5]


def test_the_error_of_tied_predictions_does_not_depend_on_the_order_of_rows() -> None:
    p = np.repeat([0.2, 0.4], [500, 500])
    y = np.concatenate([np.arange(500) < 110, np.arange(500) < 192]).astype(float)
    right = 0.5 * abs(0.2 - 0.22) + 0.5 * abs(0.4 - 0.384)
    for order in (np.arange(1000), np.lexsort((y, p)), np.lexsort((-y, p)), np.argsort(-y)):
        error = calibration.expected_calibration_error(y[order], p[order])
        assert error == pytest.approx(right, abs=1e-12)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
def test_ties_stand_together_in_any_order(rows: list[Any], bins: int, random: Any) -> None:
    y, p = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    table = calibration.calibration_table(y, p, bins)
    assert table["rows"].sum() == len(y) and len(table) <= len(np.unique(p))
    random.shuffle(rows)
    y, p = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    again = calibration.calibration_table(y, p, bins)
    pd.testing.assert_frame_equal(table, again, rtol=1e-12)


def test_without_ties_the_bins_are_those_of_the_ranks() -> None:
    p = rng.permutation(97) / 97
    rows = calibration.calibration_table(p, p, bins=10)["rows"]
    assert rows.tolist() == np.bincount(np.arange(97) * 10 // 97).tolist()
