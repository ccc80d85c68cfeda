"""ChurnClassifier: a calibrated probability to churn."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.multiclass import check_classification_targets

from churnlab.errors import HistoryError
from churnlab.estimators import boosting, folds, forest
from churnlab.estimators.base import TreeModel

_FEWEST_OF_A_CLASS = 10
_EDGE = 1e-3


class ChurnClassifier(ClassifierMixin, TreeModel):
    __doc__ = f"""Predicts whether a person churns; `predict_proba(X)[:, 1]` is the calibrated probability.

    Calibration is Platt's: log-odds times a slope plus a shift, fitted on predictions for persons whom the model had not
    seen (J. Platt, 1999, Probabilistic outputs for support vector machines). It keeps the ranking (a forest's shares below 0.001 and
    above 0.999 become one).
    {TreeModel.__doc__}
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)); y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    >>> bool(ChurnClassifier().fit(X, y).predict_proba(X)[y == 1, 1].mean() > 0.6)
    True
    """

    objective: ClassVar[str] = "binary"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, *, groups: Any = None, time: Any = None) -> Self:
        """Learns from X (n, p) and y (n,) of two classes; the larger class label is churn.

        Inner folds go by person: `groups`, or the index level user_id of X. `time` is accepted for later use. Raises
        HistoryError for one class only, ValueError for what scikit-learn refuses.
        """
        matrix, y = self._learn_columns(X, y)
        check_classification_targets(y)
        self.classes_, churned = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise HistoryError.from_one_class("y", self.classes_[0], len(y))
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification is supported. The type of the target is multiclass: {len(self.classes_)} classes.")
        few = np.bincount(churned).min() < _FEWEST_OF_A_CLASS
        inner = [] if few else folds.by_person(folds.persons(X, groups, len(y)), self._seed)
        margin = self._grow(matrix, churned.astype(np.float64), inner)
        self.calibration_ = _platt(margin, churned) if self.calibrate and margin is not None else (1.0, 0.0)
        if self.algorithm == "lightgbm":
            self.booster_ = boosting.rescale(self.booster_, *self.calibration_)
        return self

    def _grow(self, X: np.ndarray, y: np.ndarray, inner: folds.Folds) -> np.ndarray | None:
        """Fits on all rows; log-odds for unseen persons, float64[n], or None without folds."""
        if self.algorithm == "lightgbm":
            self.booster_, unseen = boosting.fit(self._plan(), X, y, self._categorical(), inner)
            return unseen
        self.forest_, unseen = forest.fit(RandomForestClassifier, X, y, inner, self.n_estimators, self._seed, self.n_jobs or 1)
        return None if unseen is None else _log_odds(unseen)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of `classes_`, float64[n, 2]; the second column is churn."""
        matrix = self.prepare(X)
        if self.algorithm == "lightgbm":
            churn = expit(boosting.raw(self.booster_, matrix, self._threads()))
        else:
            slope, shift = self.calibration_
            churn = expit(slope * _log_odds(forest.score(self.forest_, matrix)) + shift)
        return np.column_stack([1 - churn, churn])

    def predict(self, X: Any) -> np.ndarray:
        """The likelier class of each row."""
        likely = self.predict_proba(X)[:, 1] > 0.5
        return np.asarray(self.classes_[likely.astype(int)])


def _log_odds(p: np.ndarray) -> np.ndarray:
    return np.asarray(logit(np.clip(p, _EDGE, 1 - _EDGE)))


def _platt(margin: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and shift that make expit(slope * margin + shift) most likely; the slope stays above zero."""
    known = np.isfinite(margin)
    margin, y = margin[known], y[known]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = np.exp(w[0]) * margin + w[1]
        error = expit(z) - y
        return float(np.mean(np.logaddexp(0, z) - y * z)), np.array([np.mean(error * (z - w[1])), np.mean(error)])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        best = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-2.0, 1.1), (-10, 10)])
    return float(np.exp(best.x[0])), float(best.x[1])
