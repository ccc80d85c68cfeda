"""Sessions: minutes, steps and their change, against counts by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from support.one_person import DAY, START, T, features

import churnlab as cl


def sessions(lengths: dict[int, list[int]]) -> cl.DailyActivity:
    """Ann's sessions: by day, the minutes between their first event and each later one."""
    rows = [("bob", DAY, "open")]
    for day, minutes in lengths.items():
        at = DAY + pd.Timedelta(days=day, hours=9)
        rows += [("ann", at + pd.Timedelta(minutes=m), f"page {m}") for m in [0, *minutes]]
    frame = pd.DataFrame(rows, columns=["u", "t", "e"])
    return cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC").daily()


def test_sessions_get_shorter_in_minutes_and_in_steps() -> None:
    activity = sessions({T - 40: [10, 20], T - 30: [20], T - 5: [4], T - 1: []})
    found = features(activity, "SessionShortening")
    assert activity.start == START
    assert found["session__minutes_mean__14d"] == pytest.approx(4 / 2)
    assert found["session__minutes_before__14d_56d"] == pytest.approx((20 + 20) / 2)
    assert found["session__minutes_change__14d_56d"] == pytest.approx(math.log(2.5 / 20.5))
    assert found["session__steps_mean__14d"] == (2 + 1) / 2
    assert found["session__steps_before__14d_56d"] == (3 + 2) / 2
    assert found["session__per_active_day__all"] == 1


def test_without_a_session_means_are_missing() -> None:
    found = features(sessions({T - 40: [10]}), "SessionShortening")
    assert math.isnan(found["session__minutes_mean__28d"])
    assert math.isnan(found["session__steps_change__14d_56d"])
    assert found["session__minutes_mean__91d"] == 10
