"""The trend of gaps, against counts by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.one_person import T, features, of_days

import churnlab as cl

DAYS = [T - 400, T - 100, T - 90, T - 70, T - 40, T - 20]
GAPS = [300, 10, 20, 30, 20]


def test_mean_least_and_slope_of_the_last_gaps() -> None:
    found = features(of_days(DAYS), "GapTrend")
    assert found["gaps__last_mean_days__all"] == pytest.approx(70 / 3)
    assert found["gaps__last_least_days__all"] == 20
    assert found["gaps__last_slope_days__all"] == 0
    assert found["gaps__silence_of_last_mean__all"] == pytest.approx(20 / (70 / 3))


def test_slope_and_median_of_the_gaps_of_a_year() -> None:
    found = features(of_days(DAYS), "GapTrend")
    slope = np.polyfit(np.arange(5), GAPS, 1)[0]
    assert found["gaps__slope_days__364d"] == pytest.approx(slope)
    assert found["gaps__slope_share__364d"] == pytest.approx(slope / np.mean(GAPS))
    assert found["gaps__median_days__364d"] == 20
    assert found["gaps__silence_of_median__364d"] == 1


def test_fewer_gaps_give_what_they_can() -> None:
    found = features(of_days([T - 30, T - 24, T - 20]), "GapTrend")
    assert found["gaps__last_mean_days__all"] == 5 and found["gaps__last_least_days__all"] == 4
    assert math.isnan(found["gaps__last_slope_days__all"])
    assert math.isnan(found["gaps__slope_days__364d"])
    assert found["gaps__median_days__364d"] == 5
    assert features(of_days([T - 5]), "GapTrend").isna().all()


def test_the_longer_window_needs_a_longer_log() -> None:
    names = set(features(of_days(DAYS), "GapTrend").index)
    assert "gaps__slope_days__364d" in names and "gaps__slope_days__1092d" not in names
    longer = cl.FeatureSet.of(["GapTrend"]).within(1092 + 364).names(frozenset())
    assert "gaps__slope_days__1092d" in longer
