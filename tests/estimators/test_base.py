"""Base class of both tree models: threads, columns, categories, prepared rows, scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from support import poor_rows
from support.made_models import TREE_MODELS, active_days, fitted_on_mixed, mixed, predicted

import churnlab as cl
from churnlab.errors import ChurnlabError, ConfigError, FrameError
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.regressor import LTVRegressor

X, Y, _ = mixed()
ROWS = len(X)


@pytest.mark.parametrize(("kind", "algorithm"), TREE_MODELS)
def test_any_number_of_threads_gives_the_same_bytes(kind: type, algorithm: str) -> None:
    results = {predicted(fitted_on_mixed(kind, algorithm, n_jobs=n), X).tobytes() for n in (1, 2)}
    assert len(results) == 1
    assert predicted(fitted_on_mixed(kind, algorithm, random_state=1), X).tobytes() not in results


@pytest.mark.parametrize(("kind", "algorithm"), TREE_MODELS)
def test_a_reordered_renamed_or_infinite_frame_is_refused(kind: type, algorithm: str) -> None:
    model = fitted_on_mixed(kind, algorithm)
    for wrong in (
        X[["b", "a", "c"]],
        X.rename(columns={"a": "A"}),
        X[["a", "c"]],
        X.assign(a=np.inf),
    ):
        with pytest.raises(ValueError, match=r"another order|lacks 1 column|infinite"):
            predicted(model, wrong)


@pytest.mark.parametrize(("kind", "algorithm"), TREE_MODELS)
def test_categories_are_matched_by_name(kind: type, algorithm: str) -> None:
    model = fitted_on_mixed(kind, algorithm)
    turned = X.assign(c=pd.Categorical(X["c"].astype(str), categories=["z", "new", "y", "x"]))
    np.testing.assert_array_equal(predicted(model, turned), predicted(model, X))
    unseen = X.assign(c=pd.Categorical(["new"] * ROWS))
    np.testing.assert_array_equal(
        predicted(model, unseen),
        predicted(model, X.assign(c=pd.Categorical([None] * ROWS, categories=["x"]))),
    )


def test_arrays_and_odd_categories_are_refused_where_names_are_needed() -> None:
    with pytest.raises(FrameError, match="was given an array"):
        fitted_on_mixed(ChurnClassifier, "lightgbm").predict_proba(X.assign(c=0.0).to_numpy())
    with pytest.raises(FrameError, match="a name that is not text"):
        ChurnClassifier().fit(X[["a", "c"]].set_axis([0, 1], axis=1), Y)
    with pytest.raises(FrameError, match="groups has 5 values for 1,200 rows"):
        ChurnClassifier().fit(X, Y, groups=np.arange(5))
    with pytest.raises(ConfigError, match="n_estimators is 0"):
        ChurnClassifier(n_estimators=0).fit(X, Y)


def test_it_works_in_a_pipeline_a_grid_and_clone() -> None:
    numbers = X[["a", "b"]]
    pipe = make_pipeline(FunctionTransformer(), ChurnClassifier(n_estimators=20))
    assert pipe.fit(numbers, Y).score(numbers, Y) > 0.6
    grid = GridSearchCV(
        ChurnClassifier(n_estimators=20), {"num_leaves": [3, 15]}, cv=3, scoring="roc_auc"
    ).fit(X, Y)
    assert grid.best_score_ > 0.75
    assert clone(ChurnClassifier("random_forest", num_leaves=7)).get_params()["num_leaves"] == 7


@pytest.mark.parametrize("kind", [ChurnClassifier, LTVRegressor])
@pytest.mark.parametrize("algorithm", ["blend", "lightgbm"])
def test_a_prepared_matrix_gives_the_same_bits_and_is_prepared_once(
    kind: type, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = active_days(300)
    model = kind(algorithm, n_estimators=5).fit(frame, (frame["a"] > 0) * 1.0)
    matrix = model.prepare(frame)
    assert model.btyd_ is not None and matrix.shape[1] > frame.shape[1]
    wanted = model.contributions(frame), model.raw_score(frame), model.widened(frame)
    monkeypatch.setattr(kind, "prepare", None)
    values, base = model.contributions(frame, matrix)
    assert np.array_equal(values, wanted[0][0]) and base == wanted[0][1]
    assert np.array_equal(model.raw_score(frame, matrix), wanted[1])
    pd.testing.assert_frame_equal(model.widened(frame, matrix), wanted[2], check_exact=True)
    assert list(wanted[2])[5:] == list(model.own_catalogue()["name"])


@pytest.mark.parametrize("algorithm", ["blend", "lightgbm", "random_forest"])
def test_a_column_of_the_prepared_matrix_can_be_changed(algorithm: str) -> None:
    model = fitted_on_mixed(ChurnClassifier, algorithm)
    matrix = model.prepare(X)
    matrix[:, 0] = 2.5
    changed = model.predict_proba(X.assign(a=2.5))
    np.testing.assert_array_equal(model.predict_proba(X, matrix), changed)


def test_columns_are_selected_by_name_and_a_missing_one_is_named() -> None:
    model = fitted_on_mixed(ChurnClassifier, "lightgbm")
    assert list(model.select(X.assign(more=1)[["more", "c", "b", "a"]])) == ["a", "b", "c"]
    with pytest.raises(FrameError, match="lacks 1 column.*'b'"):
        model.select(X[["a", "c"]])


def test_a_refusal_is_one_line() -> None:
    frame = poor_rows.X.droplevel("snapshot")
    for broken in (
        lambda: ChurnClassifier().fit(frame, np.ones(len(poor_rows.X))),
        lambda: LTVRegressor().fit(frame, np.zeros(len(poor_rows.X))),
        lambda: ChurnClassifier().fit(frame, poor_rows.Y, groups=[1]),
        lambda: cl.ChurnHazard().fit(frame, pd.DataFrame({"weeks": [1]})),
    ):
        with pytest.raises(ChurnlabError) as refused, warnings.catch_warnings():
            broken()
        assert "\n" not in str(refused.value)
