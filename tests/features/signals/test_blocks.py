"""Blocks and weekly trends, against counts by hand."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days


def test_weeks_get_fuller_or_emptier() -> None:
    fuller = [T - 7 * k - j - 1 for k in range(4) for j in range(4 - k)]
    found = features(of_days([1, *fuller]), "WeeklyTrend")
    assert found["weeks__active_days_slope__28d"] == pytest.approx(1 / (2.5 + 0.1))
    assert found["weeks__streak__91d"] == 4
    assert found["weeks__active_share__91d"] == pytest.approx(4 * 7 / 97)
    assert math.isnan(
        features(of_days([T - 20, T - 2]), "WeeklyTrend")["weeks__active_days_slope__28d"]
    )


def test_blocks_do_not_overlap_and_are_missing_before_the_person_came() -> None:
    found = features(of_days([T - 66, T - 57, T - 56, T - 30, T - 3]), "Blocks")
    assert found["block__active_days_before_28__56d"] == 2 * 7 / 28
    assert found["block__active_days_before_56__91d"] == 2 * 7 / 10
    assert math.isnan(
        features(of_days([T - 62, T - 3]), "Blocks")["block__active_days_before_56__91d"]
    )
    assert math.isnan(found["block__active_days_before_91__182d"])
