"""The lifetime value regressor: simulated truth, totals, intervals, seasons, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import poor_rows
from support.made_models import VALUE_KINDS, fitted_on_shop, known_shop, mixed, shop, value_tides

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.learners.constant_columns import constant_at_each_snapshot
from churnlab.estimators.learners.intervals import capped_by_churn
from churnlab.estimators.learners.season import SeasonalShift
from churnlab.estimators.loading import load
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation import metrics
from churnlab.explanation.explanation import explain

X, Y, TRUTH = known_shop()


@pytest.mark.parametrize(("algorithm", "objective"), VALUE_KINDS)
def test_expected_amounts_are_near_the_truth_on_people_not_used_in_fitting(
    algorithm: str, objective: str
) -> None:
    new, y, truth = known_shop(3000, seed=9)
    said = fitted_on_shop(algorithm, objective).predict(new)
    assert said.min() >= 0
    if objective == "mae":
        means = fitted_on_shop(algorithm, "tweedie").predict(new)
        assert np.abs(said - y).mean() < 0.97 * np.abs(means - y).mean()
    else:
        assert metrics.total_bias(y, said) == pytest.approx(1, abs=0.2)
        assert metrics.rmse(truth, said) < 0.85 * metrics.rmse(truth, np.full(3000, y.mean()))


@pytest.mark.parametrize(
    ("algorithm", "objective"), [*VALUE_KINDS[:3], ("lightgbm", "mae"), ("blend", "hurdle")]
)
def test_contributions_add_up_to_what_is_predicted(algorithm: str, objective: str) -> None:
    model = fitted_on_shop(algorithm, objective)
    values, base = model.contributions(X)
    raw = model.raw_score(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, raw, atol=1e-8)
    np.testing.assert_allclose(
        np.maximum(raw, 0) ** 2 if objective == "mae" else np.exp(raw), model.predict(X)
    )


def test_the_unit_of_money_and_the_threads_do_not_matter() -> None:
    for algorithm, objective in (VALUE_KINDS[i] for i in (0, 2, 3, 5)):
        model = fitted_on_shop(algorithm, objective)
        cents = LTVRegressor(
            algorithm, objective=objective, n_estimators=40, learning_rate=0.1, n_jobs=2
        ).fit(X, Y * 128)
        np.testing.assert_array_equal(
            model.predict(X), fitted_on_shop(algorithm, objective).set_params(n_jobs=2).predict(X)
        )
        np.testing.assert_allclose(cents.predict(X), model.predict(X) * 128, rtol=1e-6)
        np.testing.assert_allclose(
            cents.predict_interval(X), model.predict_interval(X) * 128, rtol=1e-6
        )


@pytest.mark.parametrize("seed", range(3))
def test_intervals_have_the_promised_coverage_on_people_not_used_in_fitting(seed: int) -> None:
    past, amounts, _ = shop(1500, seed=20 + seed)
    new, y, _ = shop(4000, seed=40 + seed)
    model = LTVRegressor(n_estimators=60, n_jobs=1).fit(past, amounts)
    for coverage in (0.5, 0.8, 0.9):
        low, high = model.predict_interval(new, coverage).T
        assert (low >= 0).all() and (high >= low).all()
        held = (low <= y) & (y <= high)
        assert held.mean() > coverage - 0.04
        said = model.predict(new)
        assert held[said > np.median(said)].mean() > coverage - 0.07
    assert (model.predict_interval(new, 0.9) - model.predict_interval(new, 0.5))[:, 1].min() >= 0


def test_people_certain_to_leave_spend_nothing() -> None:
    model = fitted_on_shop("blend", "tweedie")
    said, steps = model.predict(X), np.linspace(0, 1, 11)
    np.testing.assert_array_equal(model.predict(X, churn=np.zeros(len(X))), said)
    assert not model.predict(X, churn=np.ones(len(X))).any()
    path = np.array([model.predict(X, churn=np.full(len(X), p)) for p in steps])
    assert (np.diff(path, axis=0) <= 0).all() and (path <= said).all()
    assert capped_by_churn(np.array([9.0]), np.array([0.5]), np.array([1.0]))[0] == 4.5
    with pytest.raises(FrameError, match="churn has 3 values"):
        model.predict(X, churn=[0.1, 0.2, 0.3])


@pytest.mark.parametrize("algorithm", ["blend", "lightgbm"])
def test_one_customer_with_half_of_all_money_breaks_nothing(algorithm: str) -> None:
    rich = Y.copy()
    rich[3] = Y.sum()
    with pytest.warns(
        UserWarning,
        match="of 1,500 rows hold so much money that they count as .* each: 4[89]% of all money is left out",
    ):
        model = LTVRegressor(algorithm, n_jobs=1, learning_rate=0.1).fit(X, rich)
    said = model.predict(X)
    others = np.arange(len(X)) != 3
    assert np.isfinite(said).all() and 0.4 < metrics.total_bias(rich, said) < 1.1
    assert metrics.spearman(TRUTH[others], said[others]) > 0.7
    assert np.isfinite(model.predict_interval(X, 0.8)).all()


@pytest.mark.parametrize("objective", ["tweedie", "hurdle", "ziln", "mae"])
def test_little_or_odd_data_gives_a_number(objective: str) -> None:
    rng = np.random.default_rng(0)
    odd = pd.DataFrame({"gone": np.nan, "same": 1.0, "some": rng.normal(size=60)})
    for payers in (1, 2, 60):
        y = np.zeros(60)
        y[:payers] = 5.0
        said = LTVRegressor(objective=objective, n_jobs=1).fit(odd, y).predict(odd)
        assert np.isfinite(said).all() and (said >= 0).all()
    few = LTVRegressor(objective=objective, n_jobs=1).fit(odd[:5], np.arange(5.0))
    assert np.isfinite(few.predict(odd)).all()
    with pytest.raises(HistoryError, match="fewer than 20 people"):
        few.predict_interval(odd)


def test_columns_that_number_the_snapshots_are_not_learnt_from() -> None:
    days = np.repeat(pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"]), 500)
    frame = (
        X.assign(observed=np.repeat([10.0, 41.0, 69.0], 500))
        .set_index([np.arange(1500) % 500, days])
        .rename_axis(["user_id", "snapshot"])
    )
    model = LTVRegressor(n_estimators=30, n_jobs=1).fit(frame, Y * np.repeat([1, 2, 4], 500))
    np.testing.assert_array_equal(model.predict(frame.assign(observed=100.0)), model.predict(frame))
    years = days.map(
        {days[0]: days[0], days[500]: days[500], days[1000]: pd.Timestamp("2027-03-01")}
    )
    assert not constant_at_each_snapshot(None, frame.to_numpy(), years).any()
    assert not constant_at_each_snapshot(None, frame.to_numpy(), np.arange(1500)).any()
    with pytest.raises(FrameError, match="time has 3 values"):
        LTVRegressor().fit(frame, Y, time=[1, 2, 3])


def test_impossible_options_are_refused() -> None:
    with pytest.raises(HistoryError, match="value is 0 in all 1,500 rows"):
        LTVRegressor().fit(X, np.zeros(len(X)))
    with pytest.raises(
        ConfigError, match="unknown objective for blend 'tweedy': did you mean 'tweedie'"
    ):
        LTVRegressor(objective="tweedy").fit(X, Y)
    with pytest.raises(ConfigError, match="unknown objective for random_forest 'mae'"):
        LTVRegressor("random_forest", objective="mae").fit(X, Y)
    with pytest.raises(ConfigError, match="model for contributions 'blend, ziln'"):
        fitted_on_shop("blend", "ziln").contributions(X)
    with pytest.raises(ConfigError, match="coverage is 1; give above 0"):
        fitted_on_shop("lightgbm", "tweedie").predict_interval(X, 1)


@pytest.mark.parametrize("objective", ["tweedie", "mae"])
def test_the_same_time_of_next_year_has_the_level_of_this_one(objective: str) -> None:
    frame, y, planted = value_tides()
    model = LTVRegressor(objective=objective, n_estimators=30, learning_rate=0.1, n_jobs=1).fit(
        frame, y
    )
    assert model.season_ is not None
    bare = frame.reset_index(drop=True)
    later = frame.rename(index=lambda day: day + pd.Timedelta(days=365), level="snapshot")
    ratio = np.log(model.predict(later) / model.predict(bare, time="2026-05-01"))
    season = SeasonalShift(**model.season_)
    shift = season.at(pd.DatetimeIndex(later.index.get_level_values("snapshot")))
    may = season.at(pd.DatetimeIndex(["2026-05-01"]))
    np.testing.assert_allclose(ratio, shift - may, atol=1e-9)
    text = bare.assign(snapshot=later.index.get_level_values("snapshot").strftime("%Y-%m-%d"))
    np.testing.assert_array_equal(model.predict(text), model.predict(later))
    np.testing.assert_array_equal(model.predict_interval(text), model.predict_interval(later))
    with pytest.raises(FrameError, match="needs the snapshot of each row"):
        model.predict(bare)
    assert np.corrcoef(ratio, planted)[0, 1] > 0.95 and ratio.std() > 0.25
    if objective == "tweedie":
        # Neighbouring days smooth the season.
        assert metrics.total_bias(y, model.predict(later)) == pytest.approx(1, abs=0.15)
    cents = LTVRegressor(objective=objective, n_estimators=30, learning_rate=0.1, n_jobs=1).fit(
        frame, y * 128
    )
    np.testing.assert_allclose(cents.predict(later), model.predict(later) * 128, rtol=1e-6)


def test_parts_with_season_and_expected_spending_add_up(tmp_path: Path) -> None:
    frame, y, _ = value_tides()
    model = LTVRegressor(n_estimators=30, learning_rate=0.1, n_jobs=1).fit(frame, y)
    assert model.season_ is not None
    column = model.linear_["expected"]["column"]
    assert frame.shape[1] <= column < model.prepare(frame).shape[1]
    model.linear_["expected"]["share"] = 0.3
    values, base = model.contributions(frame)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(frame), atol=1e-9)
    names = list(model.widened(frame))
    assert names[column] == "btyd__expected_spend_90d__all"
    assert names[-1] == "calendar__usual_log_money__all"
    assert list(model.own_catalogue()["name"]) == names[6:]
    np.testing.assert_array_equal(values[:, -1], model.widened(frame)[names[-1]])
    found = explain(model, frame[:20])
    assert found.themes().shape[0] == 20 and found.catalogue["theme"].iloc[-1] == "day"
    model.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).predict(frame), model.predict(frame))  # type: ignore[attr-defined]


def test_totals_are_about_right_and_nothing_is_negative() -> None:
    frame, _, money = mixed()
    for algorithm in ("blend", "lightgbm", "random_forest"):
        model = LTVRegressor(algorithm).fit(frame, money - 5)
        assert model.n_negative_ > 0
        assert model.predict(frame).min() >= 0
        assert metrics.total_bias(np.maximum(money - 5, 0), model.predict(frame)) == pytest.approx(
            1, abs=0.1
        )


def test_the_unit_of_money_does_not_matter() -> None:
    frame, _, money = mixed()
    cents = LTVRegressor(n_estimators=60).fit(frame, money * 100).predict(frame)
    np.testing.assert_allclose(
        cents, LTVRegressor(n_estimators=60).fit(frame, money).predict(frame) * 100, rtol=1e-6
    )


@pytest.mark.parametrize("algorithm", LTVRegressor.algorithms)
@pytest.mark.parametrize("name", poor_rows.FRAMES)
def test_columns_that_say_nothing_do_not_hurt_money(name: str, algorithm: str) -> None:
    frame = poor_rows.FRAMES[name](poor_rows.X)
    model = LTVRegressor(algorithm, n_estimators=20, n_jobs=1).fit(frame, poor_rows.MONEY)
    said = model.predict(frame)
    poor_rows.check_sound(said, len(frame))
    assert 0.6 < said.sum() / poor_rows.MONEY.sum() < 1.5
    assert (np.diff(model.predict_interval(frame, 0.8), axis=1) >= 0).all()


@pytest.mark.parametrize("algorithm", LTVRegressor.algorithms)
def test_one_customer_is_half_of_all_revenue(algorithm: str) -> None:
    rich = poor_rows.MONEY.copy()
    rich.iloc[11] = poor_rows.MONEY.sum()
    with pytest.warns(UserWarning, match="rows hold so much money"):
        model = LTVRegressor(algorithm, n_estimators=20, n_jobs=1).fit(poor_rows.X, rich)
    poor_rows.check_sound(model.predict(poor_rows.X), len(poor_rows.X))
    with pytest.raises(HistoryError, match="value is 0 in all 540 rows"):
        LTVRegressor(algorithm).fit(poor_rows.X, poor_rows.MONEY * 0)
