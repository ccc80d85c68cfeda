"""Prediction intervals: conformal quantiles, bins, and the cap by churn."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.estimators.learners.intervals import ConformalInterval, capped_by_churn


def test_quantiles_are_the_conformal_ones() -> None:
    y = np.arange(1.0, 20.0)  # 19 ratios: ranks 1 and 19 for 90%
    interval = ConformalInterval.fit(y, np.full(19, 10.0))
    low, high = interval.bounds(np.array([10.0]), 0.9)
    assert (low[0], high[0]) == pytest.approx((1, 19))
    assert interval.bounds(np.array([10.0]), 0.95)[1][0] == np.inf
    many = np.random.default_rng(0).random(50_000)
    kept = ConformalInterval.fit(many, np.full(50_000, 0.5))
    low, high = kept.bounds(np.array([0.5]), 0.9)
    assert ((low[0] <= many) & (many <= high[0])).mean() == pytest.approx(0.9, abs=0.003)


def test_bins_make_the_interval_wider_where_errors_are_larger() -> None:
    rng = np.random.default_rng(1)
    predicted = np.repeat([1.0, 10.0], 500)
    y = predicted * np.exp(np.where(predicted > 5, 1.0, 0.1) * rng.normal(size=1000))
    interval = ConformalInterval.fit(y, predicted)
    low, high = interval.bounds(np.array([1.0, 10.0]), 0.8)
    assert high[1] / low[1] > 3 * high[0] / low[0]
    again = ConformalInterval(**interval.state())
    np.testing.assert_array_equal(again.bounds(predicted, 0.8), interval.bounds(predicted, 0.8))


def test_rows_without_a_prediction_are_left_out_and_no_money_has_a_floor() -> None:
    y, predicted = np.array([1.0, 2.0, 50.0]), np.array([1.0, 1.0, np.nan])
    assert ConformalInterval.fit(y, predicted).counts == [2]
    assert ConformalInterval.fit(np.zeros(3), np.zeros(3)).floor == 1.0


def test_the_cap_is_silent_until_churn_is_near_certain() -> None:
    ltv, most = np.array([10.0, 10.0, 10.0, 60.0]), np.full(4, 50.0)
    capped = capped_by_churn(ltv, np.array([0.0, 0.79, 1.2, 0.0]), most)
    assert capped.tolist() == [10.0, 10.0, 0.0, 60.0]
