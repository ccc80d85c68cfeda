"""Which waves of the calendar are learnt from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.waves import WAVES, left_out

YEAR = ["calendar__year_sine__static", "calendar__year_cosine__static"]
WEEK = ["calendar__week_sine__static", "calendar__week_cosine__static"]
NAMES = ["visits", *YEAR, *WEEK]


def left(dates: pd.DatetimeIndex | None) -> list[str]:
    """The columns that are learnt from; the matrix has a model-made column at its end."""
    out = left_out(len(NAMES) + 1, NAMES, dates)
    assert not out[-1]
    return [name for name, left in zip(NAMES, out, strict=False) if not left]


def test_the_waves_are_those_of_the_builder() -> None:
    names = cl.FeatureSet.of(["Calendar"]).names(frozenset())
    assert set(names) == {name for period in WAVES.values() for name in period}


def test_the_year_needs_a_year_of_snapshots() -> None:
    assert left(pd.date_range("2024-01-01", "2024-12-30", freq="7D")) == ["visits"]
    assert left(pd.date_range("2023-01-02", "2024-01-09", freq="7D")) == ["visits", *YEAR]


def test_the_week_needs_several_weekdays_and_two_weeks_of_snapshots() -> None:
    daily = pd.date_range("2024-01-01", periods=14, freq="D")
    assert left(daily) == ["visits", *WEEK]
    assert left(daily[:13]) == ["visits"]
    assert left(pd.date_range("2024-01-01", periods=20, freq="7D")) == ["visits"]


def test_without_snapshots_no_wave_is_learnt_from() -> None:
    assert left(None) == ["visits"]
    assert left(pd.DatetimeIndex(["2024-01-01"] * 3)) == ["visits"]
    assert not left_out(3, (), None).any()


def test_a_refit_leaves_out_what_was_left_out_whatever_its_snapshots_are() -> None:
    years = pd.date_range("2020-01-01", periods=9, freq="180D")
    assert left_out(4, NAMES[:3], years, Chosen(left_out=(2,))).tolist() == [
        False,
        False,
        True,
        False,
    ]
    rng = np.random.default_rng(0)
    days = years.repeat(30)
    X = pd.DataFrame({"visits": rng.normal(size=270), YEAR[0]: np.sin(days.day_of_year / 58)})
    early = days < years[2]
    for model, y in (
        (cl.ChurnClassifier("lightgbm", n_estimators=5), X["visits"] > 0),
        (cl.LTVRegressor("lightgbm", n_estimators=5), X["visits"].clip(lower=0)),
    ):
        judged = model.fit(X[early], y[early], time=days[early])
        served = judged.refit(X, y, time=days)
        np.testing.assert_array_equal(served.predict(X), served.predict(X.assign(**{YEAR[0]: 0.5})))


@pytest.mark.parametrize("months, season", [(48, True), (11, False)])
def test_a_classifier_learns_a_season_of_years_alone(months: int, season: bool) -> None:
    """Half-yearly seasons: with years of them the wave explains churn, with less it is not read."""
    days = pd.date_range("2020-01-01", periods=months, freq="MS").repeat(40)
    phase = 2 * np.pi * days.day_of_year / 365.2425
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"noise": rng.normal(size=len(days)), YEAR[0]: np.sin(phase)})
    y = rng.random(len(days)) < 0.5 + 0.4 * np.sin(phase)
    model = cl.ChurnClassifier("lightgbm", n_estimators=20).fit(X, y, time=days)
    wave = pd.DataFrame({"noise": 0.0, YEAR[0]: [-1.0, 1.0]})
    winter, summer = model.predict_proba(wave)[:, 1]
    assert (summer - winter > 0.3) == season
    assert season or summer == winter
