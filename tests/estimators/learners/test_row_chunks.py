"""Scoring in chunks: the same numbers on any number of threads, and the same refusals."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_models import active_days

from churnlab.estimators.classifier import ChurnClassifier
from churnlab.estimators.learners import boosting, row_chunks
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.row_chunks import score_in_chunks
from churnlab.estimators.regressor import LTVRegressor


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_chunks, "_CHUNK_ROWS", 16)


@pytest.mark.parametrize("rows", [1, 15, 16, 33, 400])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_row_is_scored_once_in_its_place(
    small_chunks: None, rows: int, threads: int, order: str
) -> None:
    X = np.asarray(np.arange(3.0 * rows).reshape(rows, 3), order=order)
    found = score_in_chunks(
        X, lambda part: part @ [1.0, 2.0, 3.0, 4.0], lambda: threads, lambda part: part[:, :1] * 10
    )
    assert np.array_equal(found, X @ [1.0, 2.0, 3.0] + 40 * X[:, 0])
    assert np.array_equal(score_in_chunks(X, lambda part: part[:, 0], lambda: threads), X[:, 0])


@pytest.mark.parametrize("make", [ChurnClassifier, LTVRegressor])
@pytest.mark.parametrize("algorithm", ["blend", "lightgbm"])
def test_the_threads_change_no_score(
    small_chunks: None, make: type[ChurnClassifier | LTVRegressor], algorithm: str
) -> None:
    X = active_days(400)
    y = (X["a"] + X["cadence__active_days__all"] / 4 > 1).astype(float)
    model = make(algorithm, n_estimators=8).fit(X, y)
    assert model.btyd_ is not None
    found = {n: model.set_params(n_jobs=n).raw_score(X) for n in (None, 2, 3, -1)}
    assert all(np.array_equal(found[None], f) for f in found.values())
    assert np.array_equal(found[None][7:9], model.raw_score(X.iloc[7:9]))
    if make is ChurnClassifier:
        whole = boosting.raw(model.booster_, model.prepare(X), 1)
        others = (
            RankLogistic(**model.linear_).score(model.prepare(X)) if algorithm == "blend" else 0.0
        )
        assert np.array_equal(whole + others, found[2])


def test_an_infinite_value_in_any_part_is_refused_with_its_column(
    small_chunks: None,
) -> None:
    X = active_days(400)
    model = ChurnClassifier("lightgbm", n_estimators=2, n_jobs=3).fit(X, X["a"] > 0)
    for row, name in ((0, "a"), (399, "b"), (250, "cadence__since_last_days__all")):
        odd = X.copy()
        odd.loc[row, name] = np.inf
        for ask in (model.predict_proba, model.prepare):
            with pytest.raises(
                ValueError,
                match=rf"^X has infinite \(inf\) values in columns: '{name}' \(1\); give finite numbers",
            ):
                ask(odd)
