"""Pushes sent and opened, against counts by hand."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days


def test_the_share_opened_is_drawn_to_the_prior() -> None:
    sent = [T - d for d in (60, 50, 40, 30, 10, 5, 2)]
    opened = [T - 60, T - 50, T - 40, T - 2]
    found = features(of_days({"push_sent": sent, "push_opened": opened}), "PushOpenDecline")
    assert found["push__sent_sum__all"] == 7 and found["push__opened_sum__14d"] == 1
    assert found["push__open_rate__14d"] == pytest.approx((1 + 0.3) / (3 + 3))
    assert found["push__open_rate_before__14d_56d"] == pytest.approx((3 + 0.3) / (4 + 3))
    assert found["push__open_rate_change__14d_56d"] == pytest.approx(
        math.log((1.3 / 6 + 0.02) / (3.3 / 7 + 0.02))
    )
    assert found["push__since_opened_days__all"] == 2


def test_without_a_push_the_share_is_missing_and_the_counts_are_zero() -> None:
    activity = of_days({"push_sent": [T - 60], "push_opened": [], "open": [T - 1]})
    found = features(activity, "PushOpenDecline")
    assert found["push__sent_sum__14d"] == 0 and found["push__sent_sum__91d"] == 1
    assert math.isnan(found["push__open_rate__14d"])
    assert found["push__open_rate__91d"] == pytest.approx(0.3 / 4)
    assert math.isnan(found["push__since_opened_days__all"])
