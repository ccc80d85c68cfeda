"""Lifetime value: losses against numeric slopes and other libraries, models against simulated truth, intervals against held-out rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import bernoulli, lognorm
from sklearn.linear_model import TweedieRegressor

from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.estimators.files import load
from churnlab.estimators.learners import boosting, calendar, folds, objectives, value_blend
from churnlab.estimators.learners.intervals import Spread, consistent
from churnlab.estimators.learners.loglinear import POWER, RIDGE, LogLinear
from churnlab.estimators.learners.season import Season
from churnlab.estimators.learners.value_blend import Expected, Rows
from churnlab.estimators.regressor import LTVRegressor
from churnlab.evaluation import metrics
from churnlab.explanation.explanation import explain

KINDS = [
    ("blend", "tweedie"),
    ("lightgbm", "tweedie"),
    ("lightgbm", "hurdle"),
    ("blend", "ziln"),
    ("lightgbm", "ziln"),
    ("blend", "mae"),
    ("random_forest", "tweedie"),
]


def shop(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Features, amounts and their true expectation: who pays follows `a`, how much `b`; `c` is noise with gaps."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "c"])
    pays, mean, wide = 1 / (1 + np.exp(-1.5 * X["a"])), 3 + X["b"], 0.6
    y = np.where(rng.random(rows) < pays, np.exp(mean + wide * rng.normal(size=rows)), 0.0)
    return X.where(X["c"] < 1), y, np.asarray(pays * np.exp(mean + wide**2 / 2))


X, Y, TRUTH = shop(1500)
X = X.fillna({"a": 0.0})


def fitted(algorithm: str, objective: str, **more: object) -> LTVRegressor:
    return LTVRegressor(
        algorithm, objective=objective, n_estimators=40, learning_rate=0.1, n_jobs=1, **more
    ).fit(X, Y)  # type: ignore[arg-type]


@pytest.mark.parametrize("y", [0.0, 0.3, 2.0, 40.0])
def test_slopes_are_those_of_the_losses(y: float) -> None:
    rng = np.random.default_rng(1)
    for raw in rng.normal(size=(20, 3)) * [2, 2, 0.5]:
        numeric = approx_fprime(raw, lambda r: objectives.ziln_loss(np.array([y]), r[None])[0])
        np.testing.assert_allclose(
            objectives.ziln_gradients(np.array([y]), raw[None])[0][0], numeric, rtol=2e-4, atol=2e-5
        )
        for power in (1, 1.3, 1.5, 1.9):
            numeric = approx_fprime(
                raw[:1], lambda r, p=power: objectives.tweedie_loss(np.array([y]), r, p)[0]
            )
            np.testing.assert_allclose(
                objectives.tweedie_gradient(np.array([y]), raw[:1], power),
                numeric,
                rtol=2e-4,
                atol=2e-5,
            )


def test_the_zero_inflated_lognormal_is_the_one_of_scipy() -> None:
    raw = np.array([[0.3, 1.2, -0.4]] * 2)
    pays, mean, wide = 1 / (1 + np.exp(-0.3)), 1.2, np.exp(-0.4)
    wanted = [
        -bernoulli.logpmf(0, pays),
        -bernoulli.logpmf(1, pays) - lognorm.logpdf(5.0, wide, scale=np.exp(mean)),
    ]
    np.testing.assert_allclose(objectives.ziln_loss(np.array([0.0, 5.0]), raw), wanted)
    np.testing.assert_allclose(
        np.exp(objectives.ziln_mean(raw[:1])), pays * lognorm.mean(wide, scale=np.exp(mean))
    )


def test_curvatures_are_the_expected_ones() -> None:
    rng = np.random.default_rng(2)
    raw = np.tile([0.4, 1.0, -0.3], (200_000, 1))
    y = np.where(
        rng.random(len(raw)) < 1 / (1 + np.exp(-0.4)),
        np.exp(1 + np.exp(-0.3) * rng.normal(size=len(raw))),
        0,
    )
    first, second = objectives.ziln_gradients(y, raw)
    np.testing.assert_allclose((first**2).mean(axis=0), second.mean(axis=0), rtol=0.03)
    assert objectives.ziln_gradients(y[:1], np.array([[0, 0, 9.0]]))[0][0, 2] == 0


def test_the_start_is_where_the_loss_is_least() -> None:
    start = objectives.ziln_start(Y)
    loss = objectives.ziln_loss(Y, np.tile(start, (len(Y), 1))).mean()
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 0.02:
        assert objectives.ziln_loss(Y, np.tile(start + step, (len(Y), 1))).mean() > loss


def test_the_linear_model_is_the_one_of_scikit_learn() -> None:
    values, y = X[["a", "b"]].to_numpy().copy(), Y / Y.mean()
    values = np.nan_to_num(values)
    line, _ = LogLinear.fit(values, y, np.zeros(len(y), int), [], 0)
    z = np.sign(values) * np.log1p(np.abs(values))
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    other = TweedieRegressor(power=POWER, alpha=RIDGE, link="log", tol=1e-9, max_iter=2000).fit(
        z, y
    )
    np.testing.assert_allclose(line.weight, other.coef_, rtol=1e-3)
    np.testing.assert_allclose(np.exp(line.score(values)), other.predict(z), rtol=1e-3)
    assert np.exp(line.score(values)).sum() == pytest.approx(other.predict(z).sum(), rel=1e-4)


def test_linear_parts_add_up_average_to_nothing_and_stay_in_range() -> None:
    line, _ = LogLinear.fit(X.to_numpy(), Y / Y.mean(), np.zeros(len(Y), int), [0], 0)
    parts = line.contributions(X.to_numpy())
    np.testing.assert_allclose(parts.sum(axis=1) + line.base, line.score(X.to_numpy()), atol=1e-12)
    np.testing.assert_allclose(parts.mean(axis=0), 0, atol=1e-9)
    assert not parts[:, 0].any()
    top = X.max().to_numpy()[None]
    np.testing.assert_allclose(line.score(top + 1e6), line.score(top))


def test_two_boosters_become_one() -> None:
    plan = boosting.Plan("poisson", 0.1, 7, 20, 1.0, 12, 0, 1)
    first, _ = boosting.fit(plan, X.to_numpy(), Y / Y.mean(), [], [])
    second, _ = boosting.fit(plan, X.to_numpy()[:700], Y[:700] / Y.mean(), [], [])
    both, parts = (
        boosting.merge(first, second),
        [boosting.raw(b, X.to_numpy(), 1) for b in (first, second)],
    )
    np.testing.assert_allclose(boosting.raw(both, X.to_numpy(), 1), sum(parts), atol=1e-12)
    again = boosting.from_text(boosting.to_text(both))
    np.testing.assert_allclose(
        boosting.contributions(again, X.to_numpy(), 1).sum(axis=1), sum(parts), atol=1e-9
    )


@pytest.mark.parametrize(("algorithm", "objective"), KINDS)
def test_expected_amounts_are_near_the_truth_on_people_not_seen(
    algorithm: str, objective: str
) -> None:
    new, y, truth = shop(3000, seed=9)
    said = fitted(algorithm, objective).predict(new.fillna({"a": 0.0}))
    assert said.min() >= 0
    if objective == "mae":
        assert (
            np.abs(said - y).mean()
            < 0.97 * np.abs(fitted(algorithm, "tweedie").predict(new.fillna({"a": 0.0})) - y).mean()
        )
    else:
        assert metrics.total_bias(y, said) == pytest.approx(1, abs=0.2)
        assert metrics.rmse(truth, said) < 0.85 * metrics.rmse(truth, np.full(3000, y.mean()))


@pytest.mark.parametrize(("algorithm", "objective"), KINDS)
def test_saved_models_say_the_same_to_the_bit(
    algorithm: str, objective: str, tmp_path: Path
) -> None:
    model = fitted(algorithm, objective)
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(again.predict_interval(X), model.predict_interval(X))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(
        np.concatenate([model.predict(X[:7]), model.predict(X[7:])]), model.predict(X)
    )
    assert again.get_params() == model.get_params()


@pytest.mark.parametrize(
    ("algorithm", "objective"), [*KINDS[:3], ("lightgbm", "mae"), ("blend", "hurdle")]
)
def test_contributions_add_up_to_what_is_predicted(algorithm: str, objective: str) -> None:
    model = fitted(algorithm, objective)
    values, base = model.contributions(X)
    raw = model.raw_score(X)
    np.testing.assert_allclose(values.sum(axis=1) + base, raw, atol=1e-8)
    np.testing.assert_allclose(
        np.maximum(raw, 0) ** 2 if objective == "mae" else np.exp(raw), model.predict(X)
    )


def test_the_unit_of_money_and_the_threads_do_not_matter() -> None:
    for algorithm, objective in (KINDS[0], KINDS[2], KINDS[3], KINDS[5]):
        model = fitted(algorithm, objective)
        cents = LTVRegressor(
            algorithm, objective=objective, n_estimators=40, learning_rate=0.1, n_jobs=2
        ).fit(X, Y * 128)
        np.testing.assert_array_equal(
            model.predict(X), fitted(algorithm, objective).set_params(n_jobs=2).predict(X)
        )
        np.testing.assert_allclose(cents.predict(X), model.predict(X) * 128, rtol=1e-6)
        np.testing.assert_allclose(
            cents.predict_interval(X), model.predict_interval(X) * 128, rtol=1e-6
        )


@pytest.mark.parametrize("seed", range(3))
def test_intervals_hold_what_they_promise_on_people_not_seen(seed: int) -> None:
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


def test_quantiles_are_the_conformal_ones() -> None:
    y = np.arange(1.0, 20.0)  # 19 scores: ranks 1 and 19 for 90%
    spread = Spread.fit(y, np.full(19, 10.0))
    low, high = spread.bounds(np.array([10.0]), 0.9)
    assert (low[0], high[0]) == pytest.approx((1, 19))
    assert spread.bounds(np.array([10.0]), 0.95)[1][0] == np.inf
    many = np.random.default_rng(0).random(50_000)
    kept = Spread.fit(many, np.full(50_000, 0.5))
    low, high = kept.bounds(np.array([0.5]), 0.9)
    assert ((low[0] <= many) & (many <= high[0])).mean() == pytest.approx(0.9, abs=0.003)


def test_who_is_certain_to_leave_spends_nothing() -> None:
    model = fitted("blend", "tweedie")
    said, steps = model.predict(X), np.linspace(0, 1, 11)
    np.testing.assert_array_equal(model.predict(X, churn=np.zeros(len(X))), said)
    assert not model.predict(X, churn=np.ones(len(X))).any()
    path = np.array([model.predict(X, churn=np.full(len(X), p)) for p in steps])
    assert (np.diff(path, axis=0) <= 0).all() and (path <= said).all()
    assert consistent(np.array([9.0]), np.array([0.5]), np.array([1.0]))[0] == 4.5
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


def test_what_numbers_the_snapshots_is_not_learnt_from() -> None:
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
    assert not calendar.shared(None, frame.to_numpy(), years).any()
    assert not calendar.shared(None, frame.to_numpy(), np.arange(1500)).any()
    with pytest.raises(FrameError, match="time has 3 values"):
        LTVRegressor().fit(frame, Y, time=[1, 2, 3])


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="unknown objective for blend 'tweedy': did you mean 'tweedie'"
    ):
        LTVRegressor(objective="tweedy").fit(X, Y)
    with pytest.raises(ConfigError, match="unknown objective for random_forest 'mae'"):
        LTVRegressor("random_forest", objective="mae").fit(X, Y)
    with pytest.raises(ConfigError, match="model for contributions 'blend, ziln'"):
        fitted("blend", "ziln").contributions(X)
    with pytest.raises(ConfigError, match="model for contributions 'random_forest, tweedie'"):
        fitted("random_forest", "tweedie").contributions(X)
    with pytest.raises(ConfigError, match="coverage is 1; give above 0"):
        fitted("lightgbm", "tweedie").predict_interval(X, 1)


DAYS = pd.date_range("2024-03-01", periods=12, freq="30D")


def tides(people: int = 120, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Amounts with an effect of the day that `tide` follows in the first half and not later, histories of orders; the effect of each row comes third."""
    rng = np.random.default_rng(seed)
    effect = np.tile([0.8, -0.8, 0.4, -0.4], 3)
    tide = np.where(np.arange(12) < 6, effect, -effect)
    index = pd.MultiIndex.from_product(
        [[f"p{i}" for i in range(people)], DAYS], names=["user_id", "snapshot"]
    )
    place, n = np.tile(np.arange(12), people), len(index)
    orders = rng.integers(1, 9, n).astype(float)
    last = np.where(orders > 1, rng.integers(1, 30, n), 200.0)
    X = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "tide": tide[place] + 0.2 * rng.normal(size=n),
            "spend__orders_sum__all": orders,
            "spend__since_first_days__all": 200.0,
            "spend__since_last_days__all": last,
            "spend__amount_sum__all": 30 * orders,
        },
        index=index,
    )
    y = np.where(
        rng.random(n) < 0.7,
        np.exp(0.5 * X["x"] + effect[place] + np.log(orders) + 0.4 * rng.normal(size=n)),
        0.0,
    )
    return X, y, effect[place]


def rows_of(X: pd.DataFrame, y: np.ndarray, spending: int | None = None) -> Rows:
    return Rows(
        X.to_numpy(),
        y / y.mean(),
        folds.days(X, None, len(y)),
        folds.persons(X, None, len(y)),
        [],
        spending,
        0,
    )


def test_equal_gaps_in_many_columns_weigh_as_they_do_one_by_one() -> None:
    values, y = X[["a", "b", "a", "c"]].to_numpy().copy(), Y / Y.mean()
    gone = np.random.default_rng(0).random(len(y)) < 0.3
    values[gone, :3] = np.nan
    values[y > 2, 3] = np.nan
    line, _ = LogLinear.fit(values, y, np.zeros(len(y), int), [], 0)
    z = np.sign(values) * np.log1p(np.abs(values))
    z = np.nan_to_num((z - np.nanmean(z, axis=0)) / np.nanstd(z, axis=0))
    missing = np.isnan(values) - np.isnan(values).mean(axis=0)
    other = TweedieRegressor(power=POWER, alpha=RIDGE, link="log", tol=1e-9, max_iter=5000).fit(
        np.hstack([z, missing]), y
    )
    np.testing.assert_allclose(
        np.exp(line.score(values)), other.predict(np.hstack([z, missing])), rtol=2e-3
    )


def test_planted_effects_of_days_are_found_and_leave_the_column_its_own_weight() -> None:
    frame, y, planted = tides(300)
    rows = rows_of(frame[["x", "tide"]], y)
    line, effect = rows.line()
    assert np.abs(effect - planted).max() < 0.25 and abs(effect.mean()) < 1e-9
    early = rows.day < 6
    fooled, none = rows.undated().line(early)
    assert fooled.weight[1] > 0.2 > 0.1 > abs(line.weight[1]) and not none.any()


def test_effects_of_days_are_used_where_they_foretell_later_days_better() -> None:
    frame, y, _ = tides()
    rows = rows_of(frame[["x", "tide"]], y)
    assert value_blend._help(rows)
    assert not value_blend._help(rows_of(frame[["x", "tide"]], np.exp(frame["tide"].to_numpy()))), (
        "what moves with the days stands in a column"
    )
    assert not value_blend._help(Rows(rows.X, rows.y, rows.day // 2, rows.person, [], None, 0)), (
        "six days do not tell season from signal"
    )


@pytest.mark.parametrize("objective", ["tweedie", "mae"])
def test_the_same_time_of_next_year_has_the_level_of_this_one(objective: str) -> None:
    frame, y, planted = tides()
    model = LTVRegressor(objective=objective, n_estimators=30, learning_rate=0.1, n_jobs=1).fit(
        frame, y
    )
    assert model.season_ is not None
    bare = frame.reset_index(drop=True)
    later = frame.rename(index=lambda day: day + pd.Timedelta(days=365), level="snapshot")
    ratio = np.log(model.predict(later) / model.predict(bare))
    shift = Season(**model.season_).shift(
        pd.DatetimeIndex(later.index.get_level_values("snapshot"))
    )
    np.testing.assert_allclose(ratio, shift, atol=1e-9)
    assert np.corrcoef(ratio, planted)[0, 1] > 0.95 and ratio.std() > 0.25
    if objective == "tweedie":
        assert metrics.total_bias(y, model.predict(later)) == pytest.approx(
            1, abs=0.15
        )  # neighbouring days smooth the season
    cents = LTVRegressor(objective=objective, n_estimators=30, learning_rate=0.1, n_jobs=1).fit(
        frame, y * 128
    )
    np.testing.assert_allclose(cents.predict(later), model.predict(later) * 128, rtol=1e-6)


def test_parts_with_season_and_expected_spending_add_up(tmp_path: Path) -> None:
    frame, y, _ = tides()
    model = LTVRegressor(n_estimators=30, learning_rate=0.1, n_jobs=1).fit(frame, y)
    assert (
        model.season_ is not None
        and frame.shape[1] <= model.linear_["expected"]["column"] < model.prepare(frame).shape[1]
    )
    model.linear_["expected"]["share"] = 0.3
    values, base = model.contributions(frame)
    np.testing.assert_allclose(values.sum(axis=1) + base, model.raw_score(frame), atol=1e-9)
    names = list(model.widened(frame))
    assert names[model.linear_["expected"]["column"]] == "btyd__expected_spend_90d__all"
    assert (
        names[-1] == "calendar__usual_log_money__all"
        and list(model.own_catalogue()["name"]) == names[6:]
    )
    np.testing.assert_array_equal(values[:, -1], model.widened(frame)[names[-1]])
    said = explain(model, frame[:20], pd.DataFrame(columns=model.own_catalogue().columns)).reasons(
        5
    )
    assert any(
        "everybody's expected log money moves by +" in text for text in said.to_numpy().ravel()
    )
    model.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).predict(frame), model.predict(frame))  # type: ignore[attr-defined]


def test_expected_spending_has_its_share_while_it_is_good() -> None:
    rng = np.random.default_rng(0)
    truth = np.exp(rng.normal(size=3000))
    y = truth * rng.gamma(2, 0.5, 3000)
    other, still = np.log(truth) + 0.5 * rng.normal(size=3000), np.zeros(3000)
    for column, low, high in ((truth * 7, 0.2, 0.6), (np.exp(2 * rng.normal(size=3000)), 0.0, 0.1)):
        rows = Rows(column[:, None], y, np.zeros(3000, int), np.arange(3000), [], 0, 0)
        found = Expected.fit(rows, still)
        assert found is not None
        assert low <= value_blend._share(y, other, found.score(rows.X), still) <= high
        assert (found.rate * column).sum() == pytest.approx(y.sum())
    assert (
        Expected.fit(
            Rows(np.zeros((3000, 1)), y, np.zeros(3000, int), np.arange(3000), [], 0, 0), still
        )
        is None
    )
    assert found.score(np.array([[np.nan]]))[0] == pytest.approx(np.log(0.02))
