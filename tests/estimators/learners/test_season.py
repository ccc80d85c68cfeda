"""The seasonal shift: against a computation by hand, its dates, its column."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from support.made_models import CHURN_DAYS

from churnlab.estimators.learners import season
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.features.builder import parse_name


def test_a_shift_is_the_mean_by_nearness_drawn_to_zero() -> None:
    dates = pd.DatetimeIndex(["2025-01-05", "2025-01-05", "2025-02-20", "2025-12-28"])
    found = SeasonalShift.of(dates, np.array([0.2, 0.6, -0.8, 1.0]))
    days, effects = [5, 51, 362], [0.4, -0.8, 1.0]
    assert (found.day, found.effect) == (days, pytest.approx(effects))
    asked = pd.DatetimeIndex(["2026-01-01", "2026-02-01", "2026-07-15", "2026-12-31", "2026-02-01"])
    for date, shift in zip(asked, found.at(asked), strict=True):
        apart = [min(abs(date.day_of_year - d), 365 - abs(date.day_of_year - d)) for d in days]
        near = [math.exp(-((a / 15) ** 2) / 2) for a in apart]
        assert shift == pytest.approx(
            sum(w * e for w, e in zip(near, effects, strict=True)) / (sum(near) + 0.3), abs=1e-12
        )
    assert abs(found.at(pd.DatetimeIndex(["2026-07-15"]))[0]) < 1e-6
    assert found.at(pd.DatetimeIndex(["2028-12-31"]))[0] == pytest.approx(
        found.at(pd.DatetimeIndex(["2027-01-01"]))[0], abs=0.1
    )
    np.testing.assert_array_equal(
        np.concatenate([found.at(asked[i : i + 1]) for i in range(5)]), found.at(asked)
    )
    np.testing.assert_allclose(found.scaled(0.5).at(asked), found.at(asked) / 2)
    assert SeasonalShift(**json.loads(json.dumps(found.state()))) == found


def test_only_dates_have_a_season() -> None:
    assert season.dated(CHURN_DAYS) is CHURN_DAYS
    for nothing in (None, np.arange(5), np.array([20260301])):
        assert season.dated(nothing) is None


@pytest.mark.parametrize("unit", ["log-odds", "log money"])
def test_the_column_of_the_shift_has_a_row_of_a_catalogue(unit: str) -> None:
    (row,) = season.shift_catalogue(unit).to_dict("records")
    assert parse_name(row["name"]) == {
        "signal": row["signal"],
        "statistic": f"usual_{unit.replace(' ', '_').replace('-', '_')}",
        "window": "all",
    }
    assert row["unit"] == unit and "by +0.25" in row["says"].format(value=0.25)
