"""LTVRegressor: the expected amount that a person will spend."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor

from churnlab.errors import HistoryError
from churnlab.estimators import boosting, folds, forest
from churnlab.estimators.base import TreeModel


class LTVRegressor(RegressorMixin, TreeModel):
    __doc__ = f"""Predicts lifetime value; `predict(X)` is the expected amount, never negative.

    LightGBM minimises the Tweedie deviance of power 1.3, which fits many zeros and a heavy tail (B. Jorgensen, 1987,
    Exponential dispersion models); the forest averages amounts. Totals are corrected on predictions for unseen persons by one
    factor within [0.5, 2]; the unit of money does not matter. A negative y (money given back) counts as zero; `n_negative_` says how many there were.
    {TreeModel.__doc__}
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2)); y = np.maximum(X[:, 0], 0) * 50
    >>> bool(LTVRegressor().fit(X, y).predict(X).min() >= 0)
    True
    """

    objective: ClassVar[str] = "tweedie"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X: Any, y: Any, *, groups: Any = None, time: Any = None) -> Self:
        """Learns from X (n, p) and amounts y (n,); inner folds as in ChurnClassifier. HistoryError when nobody spends."""
        matrix, y = self._learn_columns(X, y, y_numeric=True)
        y = np.asarray(y, np.float64)
        self.n_negative_ = int((y < 0).sum())
        y = np.maximum(y, 0.0)
        if not y.any():
            raise HistoryError.from_no_money(len(y))
        inner = folds.by_person(folds.persons(X, groups, len(y)), self._seed)
        scale = float(y[y > 0].mean())
        unseen = self._grow(matrix, y / scale, inner)
        self.factor_ = scale * (_factor(y / scale, unseen) if self.calibrate and unseen is not None else 1.0)
        if self.algorithm == "lightgbm":
            self.booster_ = boosting.rescale(self.booster_, 1.0, float(np.log(self.factor_)))
        return self

    def _grow(self, X: np.ndarray, y: np.ndarray, inner: folds.Folds) -> np.ndarray | None:
        """Fits on all rows; amounts for unseen persons, float64[n], or None without folds."""
        if self.algorithm == "lightgbm":
            self.booster_, unseen = boosting.fit(self._plan(), X, y, self._categorical(), inner)
            return None if unseen is None else np.exp(unseen)
        self.forest_, unseen = forest.fit(RandomForestRegressor, X, y, inner, self.n_estimators, self._seed, self.n_jobs or 1)
        return unseen

    def predict(self, X: Any) -> np.ndarray:
        """Expected amounts, float64[n], in the unit of y."""
        matrix = self.prepare(X)
        if self.algorithm == "lightgbm":
            return np.exp(boosting.raw(self.booster_, matrix, self._threads()))
        return np.maximum(forest.score(self.forest_, matrix) * self.factor_, 0.0)


def _factor(y: np.ndarray, unseen: np.ndarray) -> float:
    known = np.isfinite(unseen)
    return float(np.clip(y[known].sum() / max(unseen[known].sum(), 1e-300), 0.5, 2.0))
