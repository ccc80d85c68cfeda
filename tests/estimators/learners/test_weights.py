"""Weights of rows: None changes nothing, 2 is a row twice, 0 leaves a row out; others are scaled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from support.made_models import TREE_MODELS, mixed, predicted

from churnlab.errors import FrameError
from churnlab.estimators import baselines
from churnlab.estimators.classifier import ChurnClassifier, _platt
from churnlab.estimators.hazard import ChurnHazard
from churnlab.estimators.learners import weights
from churnlab.estimators.learners.intervals import ConformalInterval
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.loglinear import LogLinear
from churnlab.estimators.learners.objectives import ziln_start
from churnlab.estimators.regressor import LTVRegressor

rng = np.random.default_rng(5)
X, Y, MONEY = mixed(400)
COUNTS = rng.integers(1, 4, 400)
TWICE = np.repeat(np.arange(400), COUNTS)
NUMBERS = np.column_stack([rng.normal(size=400).round(1), rng.normal(size=400)])
NUMBERS[::7, 1] = np.nan
DAY = np.arange(400) % 3


def test_the_lines_learn_from_a_weight_of_two_as_from_a_row_twice() -> None:
    w = COUNTS.astype(float)
    for kind, y, more in (
        (RankLogistic, Y.to_numpy(float), {}),
        (LogLinear, MONEY.to_numpy(), {}),
        (LogLinear, MONEY.to_numpy(), {"median": True}),
    ):
        y = y / y.mean() if kind is LogLinear else y
        one, effect = kind.fit(NUMBERS, y, DAY, [], 0, weight=w, **more)
        two, twice = kind.fit(NUMBERS[TWICE], y[TWICE], DAY[TWICE], [], 0, **more)
        np.testing.assert_allclose(one.score(NUMBERS), two.score(NUMBERS), rtol=0, atol=2e-4)
        np.testing.assert_allclose(effect[TWICE], twice, rtol=0, atol=2e-4)
        plain, _ = kind.fit(NUMBERS, y, DAY, [], 0, **more)
        assert np.abs(plain.score(NUMBERS) - two.score(NUMBERS)).max() > 1e-3


def test_calibration_intervals_and_starts_count_rows_too() -> None:
    w, odds, y = COUNTS.astype(float), rng.normal(size=400), Y.to_numpy(float)
    assert _platt(odds, y, w) == pytest.approx(_platt(odds[TWICE], y[TWICE], None), abs=1e-5)
    money, unseen = MONEY.to_numpy(), MONEY.to_numpy() * rng.uniform(0.5, 2, 400) + 1
    one = ConformalInterval.fit(money, unseen, w)
    two = ConformalInterval.fit(money[TWICE], unseen[TWICE])
    assert one.counts == two.counts and one.floor == pytest.approx(two.floor)
    np.testing.assert_allclose(one.edges, two.edges)
    for mine, theirs in zip(one.ratios, two.ratios, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    np.testing.assert_allclose(ziln_start(money, w), ziln_start(money[TWICE]), rtol=1e-9)


def test_quantiles_are_those_of_repeated_values() -> None:
    values = np.sort(rng.normal(size=50).round(1))
    counts = rng.integers(1, 5, 50)
    at = np.linspace(0, 1, 41)
    right = np.quantile(np.repeat(values, counts), at)
    np.testing.assert_allclose(weights.quantiles(values, at, counts.astype(float)), right)
    np.testing.assert_array_equal(weights.quantiles(values, at, None), np.quantile(values, at))


@pytest.mark.parametrize(("kind", "algorithm"), TREE_MODELS)
def test_models_take_weights(kind: Any, algorithm: str) -> None:
    y = Y if kind is ChurnClassifier else MONEY

    def fit(rows: Any = slice(None), sample_weight: Any = None) -> Any:
        model = kind(algorithm, n_estimators=8, n_jobs=1)
        return model.fit(X.iloc[rows], y.iloc[rows], sample_weight)

    plain = predicted(fit(), X)
    for ones in (np.ones(400), [3.7] * 400, 0.2):  # the same for every row, and no whole number
        np.testing.assert_array_equal(predicted(fit(sample_weight=ones), X), plain)
    kept = np.flatnonzero(np.arange(400) % 5)
    left_out = (np.arange(400) % 5 > 0) * 1.0
    found = predicted(fit(sample_weight=left_out), X)
    np.testing.assert_array_equal(found, predicted(fit(kept), X))
    heavy = np.where(X["c"] == "x", 9.0, 1.0) * np.where(Y == 1, 4.0, 1.0)
    more = predicted(fit(sample_weight=heavy), X)
    assert more.mean() > plain.mean() * 1.05
    scaled, again = weights.read(heavy / 1000, 400), weights.read(heavy / 7, 400)
    np.testing.assert_allclose(scaled, again, rtol=1e-12)
    assert scaled is not None and scaled.mean() == pytest.approx(1)


@pytest.mark.parametrize("objective", ["hurdle", "ziln", "mae"])
def test_every_objective_takes_weights(objective: str) -> None:
    for algorithm in ("lightgbm", "blend"):
        model = LTVRegressor(algorithm, objective=objective, n_estimators=8, n_jobs=1)
        plain = model.fit(X, MONEY).predict(X).mean()
        heavy = model.fit(X, MONEY, np.where(MONEY.median() < MONEY, 5.0, 1.0)).predict(X).mean()
        assert heavy > plain * 1.1


def test_a_hazard_takes_weights() -> None:
    weeks = pd.DataFrame({"leaves_week": np.where(Y == 1, 1.0, np.nan), "known_weeks": 3})
    model = ChurnHazard(2, learner=ChurnClassifier("lightgbm", n_estimators=8), n_jobs=1)
    plain = model.fit(X, weeks).predict_curve(X)
    np.testing.assert_array_equal(model.fit(X, weeks, np.ones(400)).predict_curve(X), plain)
    heavy = model.fit(X, weeks, np.where(Y == 1, 5.0, 1.0)).predict_curve(X)
    assert heavy[2].mean() < plain[2].mean() - 0.1


def test_baselines_count_rows() -> None:
    tables = [baselines.LAST, baselines.TENURE, baselines.DAYS, baselines.SPENT]
    frame = pd.DataFrame(rng.integers(1, 99, (400, 4)).astype(float), columns=tables)
    kinds = [baselines.BaseRate, baselines.Recency, baselines.PersonalRate]
    kinds += [baselines.TrainMean, baselines.SpendRate]
    for kind in kinds:
        y = Y if hasattr(kind, "predict_proba") else MONEY
        one = kind().fit(frame, y, COUNTS)
        two = kind().fit(frame.iloc[TWICE], y.iloc[TWICE])
        np.testing.assert_allclose(predicted(one, frame), predicted(two, frame), rtol=1e-4)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([-1.0] + [1.0] * 399, "sample_weight is -1.0 in 1 rows; give a finite number"),
        ([np.nan, np.inf] + [1.0] * 398, "sample_weight is nan in 2 rows"),
        (np.zeros(400), "sample_weight is zero in all rows"),
        (np.ones(399), "sample_weight has 399 values for 400 rows"),
        (np.ones((400, 2)), "sample_weight is of shape (400, 2)"),
        (["heavy"] * 400, "sample_weight is no number"),
    ],
)
def test_what_is_no_weight_is_refused_in_one_line(given: Any, told: str) -> None:
    weeks = pd.DataFrame({"leaves_week": np.where(Y == 1, 1.0, np.nan), "known_weeks": 3})
    for model, y in (
        (ChurnClassifier(n_estimators=2), Y),
        (LTVRegressor(n_estimators=2), MONEY),
        (ChurnHazard(2), weeks),
        (baselines.BaseRate(), Y),
    ):
        with pytest.raises(FrameError) as refused:
            model.fit(X, y, given)
        assert told in str(refused.value) and "\n" not in str(refused.value)


def test_scikit_learn_routes_the_weights_through_pipelines_and_searches() -> None:
    numbers = X[["a"]]
    heavy = np.where(Y == 1, 6.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        model = ChurnClassifier("lightgbm", n_estimators=8, n_jobs=1)
        routed = model.set_fit_request(sample_weight=True)
        steps = [("scale", StandardScaler().set_fit_request(sample_weight=False)), ("it", routed)]
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        pipe = Pipeline(steps)
        weighted = pipe.fit(numbers, Y, sample_weight=heavy).predict_proba(numbers)[:, 1].mean()
        search = GridSearchCV(pipe, {"it__num_leaves": [3, 7]}, cv=2, scoring=scorer)
        found = search.fit(numbers, Y, sample_weight=heavy).predict_proba(numbers)[:, 1].mean()
    plain = Pipeline(steps).fit(numbers, Y).predict_proba(numbers)[:, 1].mean()
    assert min(weighted, found) > plain + 0.1
