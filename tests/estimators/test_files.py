"""Frames, seeds, files: what scikit-learn's checks do not ask."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from churnlab.errors import ConfigError, FrameError, HistoryError, ModelError
from churnlab.estimators import baselines
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.files import load
from churnlab.estimators.regressor import LTVRegressor
from churnlab.estimators.saving import own_digest
from churnlab.evaluation import metrics

rng = np.random.default_rng(0)
ROWS = 1200
X = pd.DataFrame(
    {
        "a": rng.normal(size=ROWS),
        "b": rng.normal(size=ROWS),
        "c": pd.Categorical(rng.choice(["x", "y", "z"], ROWS)),
    }
)
X.loc[::9, "b"] = np.nan
SCORE = X["a"] + (X["c"] == "z") * 1.5 + rng.normal(size=ROWS)
Y = (SCORE > 0.8).astype(int)
MONEY = np.maximum(SCORE, 0) ** 2 * 20
MODELS = [
    (kind, a)
    for kind in (ChurnClassifier, LTVRegressor)
    for a in ("blend", "lightgbm", "random_forest")
]


def fitted(kind: type, algorithm: str, **more: object):  # type: ignore[no-untyped-def]
    return kind(algorithm, n_estimators=60, **more).fit(X, Y if kind is ChurnClassifier else MONEY)


def said(model, frame: pd.DataFrame) -> np.ndarray:  # type: ignore[no-untyped-def]
    return (
        model.predict_proba(frame)[:, 1]
        if hasattr(model, "predict_proba")
        else model.predict(frame)
    )


@pytest.mark.parametrize(("kind", "algorithm"), MODELS)
def test_any_number_of_threads_gives_the_same_bytes(kind: type, algorithm: str) -> None:
    results = {said(fitted(kind, algorithm, n_jobs=n), X).tobytes() for n in (1, 2)}
    assert len(results) == 1
    assert said(fitted(kind, algorithm, random_state=1), X).tobytes() not in results


@pytest.mark.parametrize(("kind", "algorithm"), MODELS)
def test_a_reordered_renamed_or_infinite_frame_is_refused(kind: type, algorithm: str) -> None:
    model = fitted(kind, algorithm)
    for wrong in (
        X[["b", "a", "c"]],
        X.rename(columns={"a": "A"}),
        X[["a", "c"]],
        X.assign(a=np.inf),
    ):
        with pytest.raises(ValueError, match=r"order|feature names|infinity"):
            said(model, wrong)


@pytest.mark.parametrize(("kind", "algorithm"), MODELS)
def test_categories_are_matched_by_name(kind: type, algorithm: str) -> None:
    model = fitted(kind, algorithm)
    turned = X.assign(c=pd.Categorical(X["c"].astype(str), categories=["z", "new", "y", "x"]))
    np.testing.assert_array_equal(said(model, turned), said(model, X))
    unseen = X.assign(c=pd.Categorical(["new"] * ROWS))
    np.testing.assert_array_equal(
        said(model, unseen),
        said(model, X.assign(c=pd.Categorical([None] * ROWS, categories=["x"]))),
    )


@pytest.mark.parametrize(("kind", "algorithm"), MODELS)
def test_a_saved_model_scores_the_same_and_a_changed_file_is_refused(
    kind: type, algorithm: str, tmp_path: Path
) -> None:
    model = fitted(kind, algorithm)
    model.save(tmp_path)
    np.testing.assert_array_equal(said(load(tmp_path), X), said(model, X))
    payload = next(p for p in tmp_path.iterdir() if p.suffix in (".lgb", ".skops"))
    whole = payload.read_bytes()
    for place in rng.integers(0, len(whole), 25):
        payload.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ModelError, match="sha256 differs"):
            load(tmp_path)
    payload.unlink()
    with pytest.raises(ModelError, match="no model can be read"):
        load(tmp_path)


def test_a_model_file_cannot_bring_code_or_leave_its_folder(tmp_path: Path) -> None:
    fitted(ChurnClassifier, "random_forest").save(tmp_path)
    about = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(print))
    for change in (
        {"payload": "../model.skops"},
        {"payload": "bad.pkl"},
        {"class": "Popen"},
        {"format": 99},
        {"state": 3},
        {"params": {"algorithm": "lightgbm"}},
    ):
        changed = about | change
        (tmp_path / "model.json").write_text(
            json.dumps(changed | {"own_sha256": own_digest(changed)})
        )
        with pytest.raises(ModelError, match="no model can be read"):
            load(tmp_path)
    (tmp_path / "model.json").write_text(
        json.dumps(about | {"state": about["state"] | {"calibration_": [-1, 3]}})
    )
    with pytest.raises(ModelError, match="sha256 differs"):
        load(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(ModelError, match="no model can be read"):
        load(tmp_path)


def test_probabilities_are_calibrated_on_persons_not_seen() -> None:
    half = ROWS // 2
    for algorithm in ("blend", "lightgbm", "random_forest"):
        model = ChurnClassifier(algorithm).fit(X[:half], Y[:half])
        p = model.predict_proba(X[half:])[:, 1]
        assert metrics.auc(Y[half:].to_numpy(), p) > 0.78
        assert metrics.calibration_slope(Y[half:].to_numpy(), p) == pytest.approx(1, abs=0.3)
        assert p.mean() == pytest.approx(Y[half:].mean(), abs=0.05)


def test_contributions_add_up_to_the_calibrated_log_odds() -> None:
    model = ChurnClassifier().fit(X, Y)
    values, base = model.contributions(X)
    p = model.predict_proba(X)[:, 1]
    np.testing.assert_allclose(values.sum(axis=1) + base, np.log(p / (1 - p)), atol=1e-9)
    with pytest.raises(ConfigError, match="algorithm for contributions"):
        fitted(ChurnClassifier, "random_forest").contributions(X)


def test_totals_are_about_right_and_nothing_is_negative() -> None:
    for algorithm in ("blend", "lightgbm", "random_forest"):
        model = LTVRegressor(algorithm).fit(X, MONEY - 5)
        assert model.n_negative_ > 0
        assert model.predict(X).min() >= 0
        assert metrics.total_bias(np.maximum(MONEY - 5, 0), model.predict(X)) == pytest.approx(
            1, abs=0.1
        )


def test_it_works_in_a_pipeline_a_grid_and_clone() -> None:
    numbers = X[["a", "b"]]
    pipe = make_pipeline(FunctionTransformer(), ChurnClassifier(n_estimators=20))
    assert pipe.fit(numbers, Y).score(numbers, Y) > 0.6
    grid = GridSearchCV(
        ChurnClassifier(n_estimators=20), {"num_leaves": [3, 15]}, cv=3, scoring="roc_auc"
    ).fit(X, Y)
    assert grid.best_score_ > 0.75
    assert clone(ChurnClassifier("random_forest", num_leaves=7)).get_params()["num_leaves"] == 7


def test_the_unit_of_money_does_not_matter() -> None:
    cents = LTVRegressor(n_estimators=60).fit(X, MONEY * 100).predict(X)
    np.testing.assert_allclose(
        cents, LTVRegressor(n_estimators=60).fit(X, MONEY).predict(X) * 100, rtol=1e-6
    )


def test_arrays_and_odd_categories_are_refused_where_names_are_needed() -> None:
    with pytest.raises(FrameError, match="was given an array"):
        fitted(ChurnClassifier, "lightgbm").predict_proba(X.assign(c=0.0).to_numpy())
    with pytest.raises(FrameError, match="a name that is no text"):
        ChurnClassifier().fit(X[["a", "c"]].set_axis([0, 1], axis=1), Y)
    with pytest.raises(FrameError, match="groups has 5 values for 1,200 rows"):
        ChurnClassifier().fit(X, Y, groups=np.arange(5))
    with pytest.raises(ConfigError, match="n_estimators is 0"):
        ChurnClassifier(n_estimators=0).fit(X, Y)


def test_numpy_parameters_can_be_saved(tmp_path: Path) -> None:
    model = ChurnClassifier(num_leaves=np.int64(7), n_estimators=np.int64(9)).fit(X, Y)
    model.save(tmp_path)
    assert load(tmp_path).get_params()["num_leaves"] == 7


def test_one_class_and_no_money_are_refused() -> None:
    with pytest.raises(HistoryError, match="one class only"):
        ChurnClassifier().fit(X, np.zeros(ROWS))
    with pytest.raises(HistoryError, match="value is 0 in all 1,200 rows"):
        LTVRegressor().fit(X, np.zeros(ROWS))
    with pytest.raises(ConfigError, match="unknown algorithm 'lightgmb': did you mean 'lightgbm'"):
        ChurnClassifier("lightgmb").fit(X, Y)


def test_persons_are_never_on_both_sides_of_a_fold() -> None:
    from churnlab.estimators.learners.folds import by_person, persons

    frame = pd.DataFrame(
        {"v": range(90)},
        index=pd.MultiIndex.from_product(
            [[f"p{i}" for i in range(30)], range(3)], names=["user_id", "snapshot"]
        ),
    )
    person = persons(frame, None, 90)
    for learn, out in by_person(person, 0):
        assert not set(person[learn]) & set(person[out])
    assert by_person(np.arange(19), 0) == []


def test_the_dumb_things_learn_and_name_what_they_lack() -> None:
    frame = pd.DataFrame(
        {
            baselines.LAST: [1.0, 2, 50, np.nan],
            baselines.TENURE: [60.0, 60, 60, 60],
            baselines.DAYS: [40.0, 30, 2, 1],
            baselines.SPENT: [60.0, 0, 30, 0],
        }
    )
    y = np.array([0, 0, 1, 1])
    for kind in baselines.CHURN.values():
        p = kind().fit(frame, y).predict_proba(frame)
        assert p.shape == (4, 2) and p.sum(axis=1) == pytest.approx(1)
    assert baselines.Recency().fit(frame, y).predict_proba(frame)[2, 1] > 0.5
    assert baselines.SpendRate().fit(frame, [6, 0, 3, 0]).predict(frame).tolist() == pytest.approx(
        [6, 0, 3, 0]
    )
    assert baselines.ZeroValue().fit(frame, y).predict(frame).sum() == 0
    with pytest.raises(FrameError, match="lacks 1 column"):
        baselines.Recency().fit(frame.drop(columns=baselines.LAST), y)
