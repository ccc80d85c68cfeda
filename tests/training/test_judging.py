"""Models judged beside the baselines, and explained on a sample of held-out rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from churnlab.config.tables import Config
from churnlab.errors import FrameError, HistoryError, ModelError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.training import judging
from churnlab.training.judging import Judged, explain_sample, judge, leavers
from churnlab.training.models import Fitted, fit
from churnlab.training.preparation import SplitRows, split_rows


@pytest.fixture(scope="module")
def rows(community: Any) -> SplitRows:
    return split_rows(config(), community.log())


@pytest.fixture(scope="module")
def fitted(rows: SplitRows) -> Fitted:
    return fit(config(), rows.train)


@pytest.fixture(scope="module")
def judged(rows: SplitRows, fitted: Fitted) -> Judged:
    return judge(fitted.named, rows.train, rows.test)


def config() -> Config:
    log = {"path": "x", "user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    return Config.of(
        {
            "log": log | {"timezone": "Asia/Shanghai"},
            "target": {"churn_horizon": 21, "ltv_horizon": 21},
            "features": {"builders": ["Tenure", "LoginIntervals"]},
            "model": {"algorithm": "lightgbm", "when_weeks": 3},
        },
        Path(),
    )


def test_each_model_is_judged_beside_baselines(judged: Judged) -> None:
    assert set(judged.evaluations) == {"churned", "ltv"}
    for target, found in judged.evaluations.items():
        assert {"churnlab", "base_rate" if target == "churned" else "zero"} <= set(
            found.table["contender"]
        )


def test_metrics_are_flat_and_those_of_the_hazard_are_among_them(judged: Judged) -> None:
    found = judged.metrics()
    assert {"churned_auc", "ltv_mae", "when_brier"} <= set(found)
    assert all(np.isfinite(value) for value in found.values())
    assert "when_brier" not in Judged(judged.evaluations).metrics()


@pytest.mark.parametrize("most", [1, 7, 10**6])
def test_the_sample_that_is_explained_is_spread_over_all_rows(
    rows: SplitRows, fitted: Fitted, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "ROWS_ON_CARD", most)
    found = explain_sample(fitted.churn, rows.test).X
    assert len(found) == min(most, len(rows.test.X))
    assert found.index[0] == rows.test.X.index[0]
    if most > 1:
        assert found.index[-1] == rows.test.X.index[-1]


def test_leavers_are_counted_once_and_set_beside_the_columns(
    rows: SplitRows, fitted: Fitted, judged: Judged
) -> None:
    churn = judged.evaluations["churned"]
    said = str(leavers(fitted.churn, rows.train, churn))
    left = rows.train.y("churned").groupby(level="user_id").max().sum()
    assert said.startswith(f"{left:,.0f} leavers support about ")
    assert f"at an AUC of {churn.interval('auc').value:.2f}" in said
    assert said.endswith(f"and the model reads {rows.train.X.shape[1]}")


def test_a_model_without_trees_says_so(rows: SplitRows, judged: Judged) -> None:
    line = ChurnClassifier()
    line.chosen_ = {"share": 0.0}
    said = str(leavers(line, rows.train, judged.evaluations["churned"]))
    assert said.endswith("with so few it is a line without trees, held close to the base rate")


def test_other_estimators_stand_beside_the_model_of_their_target(
    rows: SplitRows, fitted: Fitted
) -> None:
    y, spent = rows.train.y("churned"), rows.train.y("ltv")
    gaps = ["cadence__since_last_days__all", "lifecycle__tenure_days__all"]
    line = make_pipeline(SimpleImputer(), LogisticRegression()).fit(rows.train.X[gaps], y)
    by_place = HistGradientBoostingClassifier(max_iter=5).fit(rows.train.X.to_numpy(), y)
    value = HistGradientBoostingRegressor(max_iter=5).fit(rows.train.X, spent)
    others = {"a line": line, "by place": by_place, "trees": value}
    found = judge(fitted.models, rows.train, rows.test, others=others)
    churn, worth = (found.evaluations[t].table["contender"].unique() for t in ("churned", "ltv"))
    assert {"churnlab", "a line", "by place", "recency"} <= {*churn}
    assert {"churnlab", "trees", "zero"} <= {*worth}
    assert "trees" not in churn
    said = found.predictions["churned"]["a line"]
    assert said == pytest.approx(line.predict_proba(rows.test.X[gaps])[:, 1])


def test_an_estimator_of_another_library_is_judged_alone(rows: SplitRows) -> None:
    forest = HistGradientBoostingClassifier(max_iter=5).fit(rows.train.X, rows.train.y("churned"))
    found = judge(forest, rows.train, rows.test)
    assert list(found.evaluations) == ["churned"]
    assert found.timing is None
    assert found.models["churned"] is forest
    alone = found.evaluations["churned"].interval("auc").value
    said = forest.predict_proba(rows.test.X)[:, 1]
    assert alone == pytest.approx(roc_auc_score(rows.test.y("churned"), said))


def test_the_same_models_are_judged_the_same_in_a_training_and_in_a_review(
    rows: SplitRows, fitted: Fitted, judged: Judged
) -> None:
    again = judging.evaluate_models(fitted.models, rows)
    assert {t: e.metrics() for t, e in again.items()} == {
        t: e.metrics() for t, e in judged.evaluations.items()
    }


def test_a_model_that_cannot_predict_for_these_rows_says_so_in_one_line(rows: SplitRows) -> None:
    y = rows.train.y("churned")
    fewer = HistGradientBoostingClassifier(max_iter=2).fit(rows.train.X.to_numpy()[:, :2], y)
    named = HistGradientBoostingClassifier(max_iter=2).fit(rows.train.X.add_suffix("x"), y)
    gaps = GaussianNB().fit(np.nan_to_num(rows.train.X.to_numpy(float)), y)
    with pytest.raises(ModelError, match="cannot predict for these rows: X has") as wrong:
        judge(fewer, rows.train, rows.test)
    assert "\n" not in str(wrong.value)
    with pytest.raises(FrameError, match="X lacks .*did you mean"):
        judge(named, rows.train, rows.test)
    holes = rows.test.X.copy()
    holes.iloc[0, 0] = np.nan
    with pytest.raises(ModelError, match="cannot predict for these rows: Input (X )?contains NaN"):
        judge(gaps, rows.train, replace(rows.test, X=holes))


def test_what_has_nothing_to_stand_beside_is_refused(rows: SplitRows, fitted: Fitted) -> None:
    value = DummyRegressor().fit(rows.train.X, rows.train.y("ltv"))
    with pytest.raises(ModelError, match="'mine' is a model of ltv .* models were given of churn"):
        judge(fitted.churn, rows.train, rows.test, others={"mine": value})
    with pytest.raises(ModelError, match="give the model of churn with it"):
        judge(fitted.hazard, rows.train, rows.test)


def test_labels_of_one_class_or_with_gaps_are_refused(rows: SplitRows, fitted: Fitted) -> None:
    nobody = rows.test.take(rows.test.y("churned").to_numpy() == 0)
    with pytest.raises(HistoryError, match="one class only"):
        judge(fitted.churn, rows.train, nobody)
    labels = rows.test.labels.assign(churned=np.nan)
    with pytest.raises(FrameError, match="y is missing or infinite in 460"):
        judge(fitted.churn, rows.train, replace(rows.test, labels=labels))
    with pytest.raises(FrameError, match="churned"):
        judge(fitted.churn, rows.train, replace(rows.test, labels=labels[["ltv"]]))


def test_judged_models_are_said_in_short(judged: Judged) -> None:
    said = repr(judged)
    assert said.startswith("Judged(churned: AUC ")
    assert len(said) < 500
