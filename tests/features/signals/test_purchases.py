"""The rhythm of orders, and returns."""

from __future__ import annotations

import math

import pytest
from support.one_person import features, of_days, value

from churnlab.features.expression import LatestIn


def test_the_rhythm_of_orders() -> None:
    found = features(of_days([500, 530, 560, 620], [10.0, 20.0, 30.0, 5.0]), "PurchaseRhythm")
    assert (
        found["purchase__lifetime_days__all"] == 120 and found["purchase__between_days__all"] == 40
    )
    assert found["purchase__lifetime_share__all"] == 120 / 200
    assert found["purchase__silence_ratio__all"] == pytest.approx(80 / ((120 + 60) / 4))
    assert (
        found["purchase__last_day_amount__364d"] == 5
        and found["purchase__largest_day_amount__all"] == 30
    )
    assert found["purchase__recent_share__91d"] == pytest.approx(5 / 65) and found[
        "purchase__recent_share__182d"
    ] == pytest.approx(55 / 65)
    once = features(of_days([500], [10.0]), "PurchaseRhythm")
    assert (
        math.isnan(once["purchase__between_days__all"])
        and once["purchase__silence_ratio__all"] == 200 / 60
    )
    assert math.isnan(value(of_days([300], [9.0]), LatestIn("money", 364), 700))


def test_returns_after_the_last_order_and_their_rate() -> None:
    activity = of_days({"purchase": [600, 640], "refund": [650]}, [10.0, 12.0], refund=["refund"])
    found = features(activity, "PurchaseRhythm")
    assert found["purchase__refund_last__all"] == 1 and found[
        "purchase__refund_rate__all"
    ] == pytest.approx((1 + 0.15) / (2 + 3))
