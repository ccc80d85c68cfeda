"""Active days against the person's own rate."""

from __future__ import annotations

import math

import pytest
from support.one_person import T, features, of_days, value

from churnlab.features.expression import LongestIn


def test_log_ins_are_fewer_than_the_long_run_leads_one_to_expect() -> None:
    steady = features(of_days(list(range(300, T, 5))), "LoginFrequencyDecline")
    gone = features(of_days(list(range(300, T - 28, 5))), "LoginFrequencyDecline")
    assert abs(steady["frequency__surprise__28d"]) < 0.3
    assert steady["frequency__expected_days__28d"] == pytest.approx(
        28 * (67 + 1.4) / (336 + 14), rel=0.02
    )
    assert gone["frequency__surprise__28d"] == pytest.approx(
        -gone["frequency__expected_days__28d"]
        / math.sqrt(gone["frequency__expected_days__28d"] + 1)
    )
    slower = features(of_days([*range(300, 600, 5), 620, 640, 660, 680]), "LoginFrequencyDecline")
    assert (
        slower["frequency__gap_mean_days__91d"] > 15
        and slower["frequency__gap_change__91d"] > 0.5 < slower["frequency__last_gaps_change__all"]
    )
    assert value(of_days([100, 400, 690]), LongestIn("gap", 91)) == 290
