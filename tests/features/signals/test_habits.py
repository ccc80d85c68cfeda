"""Habits of the week and of the day."""

from __future__ import annotations

import pandas as pd
import pytest
from support.one_person import DAY, T, features, of_days


def test_habits_of_the_week_are_kept_or_not() -> None:
    mondays = [d for d in range(400, T) if (DAY + pd.Timedelta(days=d)).weekday() == 0]
    kept = features(of_days(mondays), "Habits")
    assert (
        kept["habit__weekday_top_share__364d"] > 0.9 and kept["habit__weekday_entropy__364d"] < 0.25
    )
    assert (
        kept["habit__weekday_kept__56d"] == pytest.approx(1, abs=0.05)
        and kept["habit__weekend_share__364d"] == 0
    )
    moved = features(
        of_days([d for d in mondays if d < T - 56] + [d + 2 for d in mondays if d >= T - 56]),
        "Habits",
    )
    assert moved["habit__weekday_kept__56d"] < 0.05
    daily = features(of_days(list(range(400, T))), "Habits")
    assert daily["habit__weekday_entropy__364d"] == pytest.approx(1, abs=1e-3)
    assert daily["habit__morning_share__364d"] == 1 and daily[
        "habit__hours_kept__56d"
    ] == pytest.approx(1, abs=0.05)
