"""scikit-learn's random forests, with out-of-fold predictions by person."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from churnlab.estimators.learners.folds import Folds

Forest: TypeAlias = (
    Any  # RandomForestClassifier or RandomForestRegressor; scikit-learn is not typed
)
TREES = 200
LEAF = 20


def fit(
    kind: type[Forest],
    X: np.ndarray,
    y: np.ndarray,
    folds: Folds,
    trees: int | None,
    seed: int,
    threads: int,
) -> tuple[Forest, np.ndarray | None]:
    """A forest on all rows, and what smaller forests that had not seen the row's person said of it: float64[n]."""
    leaf = max(1, min(LEAF, len(y) // 50))
    settings = {
        "min_samples_leaf": leaf,
        "max_features": 1 / 3,
        "random_state": seed,
        "n_jobs": threads,
    }
    unseen = np.full(len(y), np.nan) if folds else None
    for learn, out in folds[:3] if len(y) > 20_000 else folds:
        part = kind(n_estimators=50, **settings).fit(X[learn], y[learn])
        unseen[out] = score(part, X[out])  # type: ignore[index]
    forest = kind(n_estimators=trees or TREES, **settings).fit(X, y)
    return forest.set_params(n_jobs=1), unseen


def score(forest: Forest, X: np.ndarray) -> np.ndarray:
    """The share of class 1, or the mean: float64[n]. On one thread, for with more the last bit differs from run to run."""
    forest.set_params(n_jobs=1)
    if isinstance(forest, RandomForestClassifier):
        return np.asarray(
            forest.predict_proba(X)[:, -1]
            if len(forest.classes_) == 2
            else np.full(len(X), forest.classes_[0], float)
        )
    return np.asarray(forest.predict(X))
