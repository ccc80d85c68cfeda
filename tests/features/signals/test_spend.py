"""Orders, money and order value, against counts by hand."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days


def test_orders_money_and_their_change() -> None:
    found = features(
        of_days([T - 100, T - 60, T - 40, T - 10], [40.0, 20.0, 30.0, 5.0]), "SpendDecline"
    )
    assert found["spend__orders_sum__91d"] == 3 and found["spend__amount_sum__all"] == 95
    assert found["spend__order_value_mean__28d"] == 5
    assert found["spend__per_day__all"] == 95 / 100
    assert found["spend__since_last_days__all"] == 10
    assert found["spend__since_first_days__all"] == 100
    assert found["spend__orders_now__28d_91d"] == 7 / 28
    assert found["spend__orders_before__28d_91d"] == pytest.approx(3 * 7 / (100 - 28))
    assert found["spend__order_value_before__28d_91d"] == 30
    assert found["spend__order_value_change__28d_91d"] == pytest.approx(math.log(5.01 / 30.01))


def test_without_an_order_the_value_is_missing_and_sums_are_zero() -> None:
    found = features(of_days([T - 200], [9.0]), "SpendDecline")
    assert found["spend__orders_sum__28d"] == 0 == found["spend__amount_sum__28d"]
    assert math.isnan(found["spend__order_value_mean__28d"])
    assert math.isnan(found["spend__order_value_change__28d_91d"])
    assert found["spend__order_value_mean__all"] == 9
