"""Engagement that halves."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days


def test_engagement_that_halves_each_month_has_a_half_life_of_a_month() -> None:
    read = [T - 28 * k - 1 - (j % 28) for k in range(6) for j in range(2 ** (k + 4))]
    found = features(of_days({"content": read, "open": [1]}), "EngagementDecay")
    assert found["engagement__decay_rate__168d"] == pytest.approx(-math.log(2) / 4, rel=0.05)
    assert (
        features(of_days({"content": [*range(600, T)], "open": [1]}), "EngagementDecay")[
            "engagement__half_life_weeks__56d"
        ]
        == 52
    )
    halved = [T - 7 * k - 1 - (j % 7) for k in range(8) for j in range(2 ** (k + 3))]
    weekly = features(of_days({"content": halved, "open": [1]}), "EngagementDecay")
    assert weekly["engagement__half_life_weeks__56d"] == pytest.approx(1, rel=0.05)
