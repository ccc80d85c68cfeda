"""The slope of amounts, against counts by hand."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days

import churnlab as cl


def test_the_slope_of_the_amounts_of_days_of_buying() -> None:
    bought = of_days([T - 400, T - 90, T - 60, T - 20], [500.0, 30.0, 20.0, 10.0])
    found = features(bought, "AmountTrend")
    assert found["amounts__slope__364d"] == -10
    assert found["amounts__slope_share__364d"] == -0.5


def test_two_orders_of_one_day_are_one_step() -> None:
    bought = of_days([T - 90, T - 90, T - 20], [10.0, 20.0, 60.0])
    assert features(bought, "AmountTrend")["amounts__slope__364d"] == pytest.approx(30)


def test_one_day_of_buying_has_no_slope() -> None:
    found = features(of_days([T - 90], [30.0]), "AmountTrend")
    assert all(math.isnan(value) for value in found)


def test_a_log_without_amounts_has_no_columns() -> None:
    assert cl.FeatureSet.of(["AmountTrend"]).names(frozenset()) == ()
