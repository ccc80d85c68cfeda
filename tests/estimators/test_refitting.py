"""Fitted again as judged: what stays, what is learnt anew, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from support.made_models import (
    TREE_MODELS,
    VALUE_KINDS,
    churn_tides,
    mixed,
    predicted,
    value_tides,
)

import churnlab as cl
from churnlab.errors import FrameError, ModelError
from churnlab.estimators.learners import blend, boosting, folds, plan, value_blend
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.loading import load
from churnlab.estimators.saving import own_digest

ROWS = 700
X, CHURNED, MONEY = mixed()


def options(algorithm: str) -> dict[str, Any]:
    return {"n_estimators": 10} if algorithm == "random_forest" else {"learning_rate": 0.1}


def label(kind: type) -> pd.Series:
    return CHURNED if kind is cl.ChurnClassifier else MONEY


def fitted(kind: type, algorithm: str, **more: Any) -> Any:
    model = kind(algorithm, n_jobs=1, **options(algorithm), **more)
    return model.fit(X[:ROWS], label(kind)[:ROWS])


@pytest.mark.parametrize("kind, algorithm", TREE_MODELS)
def test_the_same_rows_give_the_same_model(kind: type, algorithm: str) -> None:
    judged = fitted(kind, algorithm)
    again = judged.refit(X[:ROWS], label(kind)[:ROWS])
    np.testing.assert_array_equal(predicted(again, X), predicted(judged, X))
    assert again.chosen_ == judged.chosen_


@pytest.mark.parametrize("algorithm, objective", VALUE_KINDS)
def test_every_objective_gives_the_same_model_on_the_same_rows(
    algorithm: str, objective: str
) -> None:
    judged = fitted(cl.LTVRegressor, algorithm, objective=objective)
    again = judged.refit(X[:ROWS], MONEY[:ROWS])
    np.testing.assert_array_equal(again.predict(X), judged.predict(X))
    np.testing.assert_array_equal(again.predict_interval(X, 0.8), judged.predict_interval(X, 0.8))


@pytest.mark.parametrize("kind, algorithm", TREE_MODELS)
def test_new_rows_are_learnt_from_and_nothing_is_chosen(
    kind: type, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = fitted(kind, algorithm)
    before = predicted(judged, X)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a refit chose")

    monkeypatch.setattr(folds, "by_person", refuse)
    for module in (blend, value_blend):
        monkeypatch.setattr(module, "day_effects_help", refuse)
        monkeypatch.setattr(module, "best_share", refuse)
    again = judged.refit(X, label(kind))
    assert again.chosen_ == judged.chosen_
    assert np.abs(predicted(again, X) - before).max() > 0.001
    np.testing.assert_array_equal(predicted(judged, X), before)
    if algorithm != "random_forest":
        size = boosting.size(again.booster_)
        assert list(size) == list(judged.chosen_["trees"][0])


def test_calibration_and_factor_of_totals_stay() -> None:
    churn, value = fitted(cl.ChurnClassifier, "blend"), fitted(cl.LTVRegressor, "blend")
    assert churn.calibration_ != (1.0, 0.0) and value.chosen_["total"] != 1.0
    assert churn.refit(X, CHURNED).calibration_ == churn.calibration_
    again = value.refit(X, MONEY)
    mean = MONEY[MONEY > 0].mean()
    assert again.factor_ == pytest.approx(mean * value.chosen_["total"])
    assert again.spread_ == value.spread_


def test_trees_keep_their_leaves_where_more_rows_would_give_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = fitted(cl.ChurnClassifier, "lightgbm", n_estimators=5)
    monkeypatch.setattr(plan, "_SMALL_DATA", 1000)
    assert boosting.size(judged.refit(X, CHURNED).booster_).leaves == 7
    grown = cl.ChurnClassifier("lightgbm", n_estimators=5, n_jobs=1).fit(X, CHURNED)
    assert boosting.size(grown.booster_).leaves == 15


def test_a_line_of_few_leavers_stays_as_it_was_held() -> None:
    """The slope of the calibration was learnt for that line, and would be wrong for a freer one."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(1000, 40)), columns=[f"x{i}" for i in range(40)])
    y = (rows["x0"] + rng.logistic(size=1000) > 0).astype(int)
    judged = cl.ChurnClassifier(n_jobs=1).fit(rows[:100], y[:100])
    share = judged.chosen_["share"]
    assert share < 0.5 and judged.chosen_["strength"] < 0.5
    again = judged.refit(rows, y)
    assert again.chosen_ == judged.chosen_
    given = (rows.to_numpy(), y.to_numpy(float), np.zeros(1000, int), [], 0)
    held, _ = RankLogistic.fit(*given, strength=judged.chosen_["strength"])
    free, _ = RankLogistic.fit(*given)
    slope = judged.calibration_[0] * (1 - share)
    np.testing.assert_allclose(again.linear_["weight"], slope * np.array(held.weight))
    assert np.abs(held.weight).sum() < 0.9 * np.abs(free.weight).sum()


def test_columns_that_numbered_the_snapshots_stay_left_out() -> None:
    days = pd.date_range("2025-01-01", periods=4, freq="30D").repeat(100)
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"visits": rng.normal(size=400), "log_days": days.day_of_year * 1.0})
    money = np.maximum(rows["visits"] + rng.normal(size=400), 0)
    judged = cl.LTVRegressor("lightgbm", n_estimators=5).fit(rows, money, time=days)
    assert judged.chosen_["left_out"] == (1,)
    later = days + pd.to_timedelta(np.where(np.arange(400) < 200, 0, 400), "D")
    again = judged.refit(rows, money, time=later)
    assert again.chosen_["left_out"] == (1,)
    moved = rows.assign(log_days=500.0)
    np.testing.assert_array_equal(again.predict(moved), again.predict(rows))


@pytest.mark.parametrize(
    "kind, tides", [(cl.ChurnClassifier, churn_tides), (cl.LTVRegressor, value_tides)]
)
def test_effects_of_snapshots_are_learnt_anew_where_there_were_any(
    kind: type, tides: Callable[[], tuple[pd.DataFrame, np.ndarray, np.ndarray]]
) -> None:
    rows, y, _ = tides()
    days = rows.index.get_level_values("snapshot")
    early = days < days.unique()[-3]
    judged = kind(n_jobs=1, n_estimators=20).fit(rows[early], y[early])
    assert judged.chosen_["day_effects"] and judged.needs_time_
    again = judged.refit(rows, y)
    assert set(again.season_["day"]) > set(judged.season_["day"])


def test_the_hazard_refits_its_classifier() -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"risk": rng.normal(size=900)})
    week = pd.Series(np.floor(rng.exponential(np.exp(1 - rows["risk"]))))
    y = pd.DataFrame({"leaves_week": week.where(week < 5), "known_weeks": 5})
    judged = cl.ChurnHazard(weeks=4, n_jobs=1).fit(rows[:500], y[:500])
    same = judged.refit(rows[:500], y[:500])
    pd.testing.assert_frame_equal(same.predict_curve(rows), judged.predict_curve(rows))
    again = judged.refit(rows, y)
    assert again.chosen_ == judged.chosen_ and again.weeks_ == 4
    assert again.model_ is not judged.model_
    assert (again.predict_curve(rows) != judged.predict_curve(rows)).any(axis=None)


def test_a_saved_model_can_refit_and_an_older_one_says_that_it_cannot(tmp_path: Path) -> None:
    judged = fitted(cl.LTVRegressor, "lightgbm", objective="hurdle")
    loaded = load(judged.save(tmp_path))
    np.testing.assert_array_equal(
        loaded.refit(X, MONEY).predict(X), judged.refit(X, MONEY).predict(X)
    )
    about = json.loads((tmp_path / "model.json").read_text())
    del about["state"]["chosen_"]
    about["own_sha256"] = own_digest(about)
    (tmp_path / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="does not hold what its fit chose"):
        load(tmp_path).refit(X, MONEY)


def test_other_columns_and_a_model_that_is_not_fitted_are_refused() -> None:
    judged = fitted(cl.ChurnClassifier, "lightgbm", n_estimators=5)
    with pytest.raises(FrameError, match="lacks 1 column"):
        judged.refit(X.drop(columns="b"), CHURNED)
    with pytest.raises(FrameError, match="in another order"):
        judged.refit(X[["b", "a", "c"]], CHURNED)
    with pytest.raises(FrameError, match="it has the classes .*, in fit it had"):
        judged.refit(X, np.where(CHURNED == 1, "left", "stayed"))
    with pytest.raises(NotFittedError):
        cl.ChurnClassifier().refit(X, CHURNED)
