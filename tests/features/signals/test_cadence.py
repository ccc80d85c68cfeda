"""Active days, gaps and silences, against counts by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.one_person import T, features, of_days


def test_gaps_and_the_present_silence() -> None:
    found = features(of_days([T - 50, T - 44, T - 40, T - 30]), "LoginIntervals")
    gaps = [6, 4, 10]
    assert found["cadence__active_days__all"] == 4 and found["cadence__active_days__56d"] == 4
    assert found["cadence__active_share__all"] == 4 / 50
    assert found["cadence__gap_mean_days__all"] == pytest.approx(np.mean(gaps))
    assert found["cadence__gap_std_days__all"] == pytest.approx(np.std(gaps, ddof=1))
    assert found["cadence__gap_longest_days__all"] == 10
    assert [found[f"cadence__gap_last{k}_days__all"] for k in (1, 2, 3)] == gaps[::-1]
    assert found["cadence__since_last_days__all"] == 30
    assert found["cadence__silence_ratio__all"] == pytest.approx(30 / np.mean(gaps))
    assert found["cadence__silence_of_longest__all"] == 3
    assert found["cadence__silence_share__all"] == 30 / 50


def test_the_share_of_active_days_changes_and_counts_from_the_first() -> None:
    found = features(of_days([T - 60, T - 50, T - 10, T - 3]), "LoginIntervals")
    assert found["cadence__active_share_now__14d_56d"] == 2 / 14
    assert found["cadence__active_share_before__14d_56d"] == 2 / (60 - 14)
    change = math.log((2 / 14 + 0.02) / (2 / 46 + 0.02))
    assert found["cadence__active_share_change__14d_56d"] == pytest.approx(change)


def test_one_active_day_is_no_habit() -> None:
    found = features(of_days([T - 5]), "LoginIntervals")
    missing = [
        "gap_mean_days",
        "gap_std_days",
        "gap_longest_days",
        "gap_last1_days",
        "silence_ratio",
    ]
    assert all(math.isnan(found[f"cadence__{name}__all"]) for name in missing)
    assert found["cadence__since_last_days__all"] == 5
