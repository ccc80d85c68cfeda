"""Random forests of scikit-learn, with out-of-fold predictions by person."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.unlogged import UNLOGGED

# RandomForestClassifier or RandomForestRegressor; scikit-learn has no types.
Forest: TypeAlias = Any
DEFAULT_TREES = 200
_FOLD_TREES = 50
_LEAF_ROWS = 20
_MANY_ROWS = 20_000
_FOLDS_OF_MANY = 3


@UNLOGGED
def fit(
    kind: type[Forest],
    X: np.ndarray,
    y: np.ndarray,
    folds: Folds,
    trees: int | None,
    seed: int,
    threads: int,
    weight: np.ndarray | None = None,
) -> tuple[Forest, np.ndarray | None]:
    """A forest fitted on all rows, and out-of-fold predictions float64[n], or None without folds.

    kind: RandomForestClassifier or RandomForestRegressor. X: float64[n, p]. y: float64[n]. trees:
    number of trees, 200 for None; the forests of the folds have 50. threads: never change a
    result. weight: how often a row counts, float64[n]; None for once. With more than 20,000 rows
    only three folds are used; the other rows get NaN.
    """
    settings = {
        "min_samples_leaf": max(1, min(_LEAF_ROWS, len(y) // 50)),
        "max_features": 1 / 3,
        "random_state": seed,
        "n_jobs": threads,
    }
    unseen = np.full(len(y), np.nan) if folds else None
    for learn, held_out in folds[:_FOLDS_OF_MANY] if len(y) > _MANY_ROWS else folds:
        part = kind(n_estimators=_FOLD_TREES, **settings).fit(
            X[learn], y[learn], sample_weight=None if weight is None else weight[learn]
        )
        unseen[held_out] = score(part, X[held_out])  # type: ignore[index]
    forest = kind(n_estimators=trees or DEFAULT_TREES, **settings).fit(X, y, sample_weight=weight)
    return forest.set_params(n_jobs=1), unseen


def score(forest: Forest, X: np.ndarray) -> np.ndarray:
    """Share of class 1 (classifier) or expected amount (regressor) of each row, float64[n].

    It runs on one thread: with more, the last bit of the sum differs from run to run.
    """
    forest.set_params(n_jobs=1)
    if not isinstance(forest, RandomForestClassifier):
        return np.asarray(forest.predict(X))
    if len(forest.classes_) == 2:
        return np.asarray(forest.predict_proba(X)[:, -1])
    return np.full(len(X), forest.classes_[0], float)
