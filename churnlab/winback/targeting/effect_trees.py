"""EffectTrees: trees of squared loss for effects, which may be above or below zero."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.estimators.learners import boosting, forest
from churnlab.estimators.learners.categories import categories_of
from churnlab.estimators.learners.columns import coded
from churnlab.estimators.learners.folds import by_person
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.kernels import cores, forks

ALGORITHMS = ("lightgbm", "random_forest")
_RATE = 0.05
_LEAF = 100  # people of a leaf: one person's score says next to nothing of an effect


def _as_it_is(mean: np.ndarray) -> np.ndarray:
    return mean


_FOREST = forest.Kind(_as_it_is, people=0.5, leaf=1.0, prior=1.0)


class EffectTrees:
    """LightGBM's trees of squared loss, boosted or as a forest, for any real target.

    algorithm: "lightgbm" or "random_forest". n_estimators: number of trees; None lets five folds of
    people decide (LightGBM) or takes 100 (forest). seed: of every random choice.

    The target is a doubly robust score, or an outcome that may be below zero. Leaves hold at least
    100 people, or a twentieth of all where they are fewer.

    >>> X = pd.DataFrame({"visits": np.arange(400.0)})
    >>> model = EffectTrees(n_estimators=50).fit(X, np.where(X["visits"] < 200, 1.0, -1.0))
    >>> [bool(effect > 0) for effect in model.predict(X.iloc[[0, 399]])]
    [True, False]
    """

    def __init__(
        self, algorithm: str = "lightgbm", n_estimators: int | None = None, seed: int = 0
    ) -> None:
        self.algorithm = algorithm
        self.n_estimators = n_estimators
        self.seed = seed

    def fit(self, X: pd.DataFrame, target: np.ndarray, person: np.ndarray | None = None) -> Self:
        """The trees fitted on X (n rows) and target float64[n]; `person` int64[n] groups rows.

        Raises FrameError for columns that are neither numbers nor categories.
        """
        self._categories = categories_of(X)
        matrix = self._matrix(X)
        person = np.arange(len(X)) if person is None else person
        self._level = float(target.mean())
        categorical = [i for i, name in enumerate(X.columns) if name in self._categories]
        rows = TrainingRows(
            matrix,
            target - self._level,
            np.zeros(len(X), np.int64),
            np.unique(person, return_inverse=True)[1],
            categorical,
            self.seed,
        )
        self._booster = self._grow(rows)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The expected target of each row, float64[n]."""
        raw = self._booster.predict(self._matrix(X), raw_score=True, num_threads=_threads())
        return self._level + np.asarray(raw, np.float64)

    def _grow(self, rows: TrainingRows) -> Any:
        plan = Plan("regression", _RATE, None, _LEAF, 0.5, self.n_estimators, self.seed, _threads())
        if self.algorithm == "random_forest":
            return forest.fit(_FOREST, plan, rows, [])[0]
        inner = [] if self.n_estimators else by_person(rows.person, self.seed)
        return boosting.fit(plan, rows.X, rows.y, rows.categorical, inner)[0]

    def _matrix(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(coded(X, self._categories), np.float64)


def _threads() -> int:
    return forks.threads(cores.threads(-1))
