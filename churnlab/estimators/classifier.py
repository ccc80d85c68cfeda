"""ChurnClassifier: a calibrated probability to churn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from churnlab.errors import ConfigError, HistoryError
from churnlab.estimators.base import TreeModel
from churnlab.estimators.learners import blend, boosting, folds, forest, parts, season
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.season import Season, Seasonal

_FEWEST_OF_A_CLASS = 10
_MANY = 100_000
_EDGE = 1e-3


class ChurnClassifier(ClassifierMixin, Seasonal, TreeModel):
    __doc__ = f"""Predicts whether a person churns; `predict_proba(X)[:, 1]` is the calibrated probability.

    algorithm: "blend" adds LightGBM and a penalised logistic model on ranks (`estimators.blend`), each with the share that does best on persons not
    seen; "lightgbm" and "random_forest" are one learner alone. experiments/learners says why the default is one.

    Calibration is Platt's: log-odds times a slope plus a shift, fitted on predictions for persons whom the model had not
    seen (J. Platt, 1999, Probabilistic outputs for support vector machines). It keeps the ranking (a forest's shares below 0.001 and
    above 0.999 become one).
    {TreeModel.__doc__}
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 3)); y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    >>> bool(ChurnClassifier().fit(X, y).predict_proba(X)[y == 1, 1].mean() > 0.6)
    True
    """

    objective: str = "binary"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: Any, y: Any, *, groups: Any = None, time: Any = None) -> Self:
        """Learns from X (n, p) and y (n,) of two classes; the larger class label is churn.

        Inner folds go by person: `groups`, or the index level user_id of X. `time`, or the index level snapshot, tells the blend's days apart.
        More than 100,000 rows hold a tenth of persons out instead of folds. Raises HistoryError for one class only, ValueError for what
        scikit-learn refuses.
        """
        matrix, y = self._learn_columns(X, y, groups)
        check_classification_targets(y)
        self.classes_, churned = np.unique(y, return_inverse=True)
        if len(self.classes_) == 1:
            raise HistoryError.from_one_class("y", self.classes_[0], len(y))
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is multiclass: {len(self.classes_)} classes."
            )
        person, day = folds.persons(X, groups, len(y)), folds.days(X, time, len(y))
        inner = (
            []
            if np.bincount(churned).min() < _FEWEST_OF_A_CLASS
            else folds.of_size(person, self._seed, _MANY)
        )
        self._grow(matrix, churned.astype(np.float64), person, day, season.dates_of(X, time), inner)
        return self

    def _grow(
        self,
        X: np.ndarray,
        y: np.ndarray,
        person: np.ndarray,
        day: np.ndarray,
        dates: pd.DatetimeIndex | None,
        inner: folds.Folds,
    ) -> None:
        """Fits on all rows and calibrates on what was said of unseen persons."""
        self.season_ = None
        if self.algorithm == "blend":
            grown = blend.grow(self._plan(), X, y, day, person, self._categorical(), inner)
            slope, shift = self._calibrated(grown.unseen, y)
            self.booster_, line = grown.scaled(slope, shift)
            self.linear_ = line.state()
            if dates is not None and grown.effect.any():
                self.season_ = Season.of(dates, grown.effect).scaled(slope).state()
        elif self.algorithm == "lightgbm":
            booster, unseen = boosting.fit(self._plan(), X, y, self._categorical(), inner)
            self.booster_ = boosting.rescale(booster, *self._calibrated(unseen, y))
        else:
            self.forest_, unseen = forest.fit(
                RandomForestClassifier, X, y, inner, self.n_estimators, self._seed, self.n_jobs or 1
            )
            self._calibrated(None if unseen is None else _log_odds(unseen), y)

    def _calibrated(self, margin: np.ndarray | None, y: np.ndarray) -> tuple[float, float]:
        self.calibration_ = (
            _platt(margin, y) if self.calibrate and margin is not None else (1.0, 0.0)
        )
        return self.calibration_

    def raw_score(self, X: Any) -> np.ndarray:
        """What the contributions add up to, float64[n]: log-odds. Not of forests."""
        check_is_fitted(self)
        return self._scored(X, self._members()) + self._shift(X)

    def _members(self) -> Callable[[np.ndarray], np.ndarray]:
        """What gives the log-odds of some rows as the trees see them, but for the time of the year, on one thread."""
        if self.algorithm != "blend":
            return lambda rows: boosting.raw(self.booster_, rows, 1)
        line = RankLogistic(**self.linear_)
        return lambda rows: boosting.raw(self.booster_, rows, 1) + line.score(rows)

    def contributions(self, X: Any) -> tuple[np.ndarray, float]:
        """SHAP values of the log-odds, float64[n, p], and their base; of the blend the sum of both members'. ConfigError for a forest."""
        if self.algorithm == "random_forest":
            raise ConfigError.from_unknown(
                "algorithm for contributions", self.algorithm, ("blend", "lightgbm")
            )
        matrix = self.prepare(X)
        values, base = self._tree_parts(matrix)
        if self.algorithm == "blend":
            line = RankLogistic(**self.linear_)
            values, base = values + line.contributions(matrix), base + line.base
        return (values if self.season_ is None else np.column_stack([values, self._shift(X)])), base

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of `classes_`, float64[n, 2]; the second column is churn."""
        churn = (
            self.churn_of(self.prepare(X), X)
            if self.algorithm == "random_forest"
            else np.asarray(expit(self.raw_score(X)))
        )
        return np.column_stack([1 - churn, churn])

    def churn_of(self, matrix: np.ndarray, X: Any) -> np.ndarray:
        """The probability of churn, float64[n], of what `prepare` made of X: for who asks again and again with a column changed."""
        if self.algorithm == "random_forest":
            slope, shift = self.calibration_
            return np.asarray(expit(slope * _log_odds(forest.score(self.forest_, matrix)) + shift))
        return np.asarray(
            expit(parts.scored(matrix, self._members(), self._threads()) + self._shift(X))
        )

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
        return float(np.mean(np.logaddexp(0, z) - y * z)), np.array(
            [np.mean(error * (z - w[1])), np.mean(error)]
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        best = minimize(
            loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-2.0, 1.1), (-10, 10)]
        )
    return float(np.exp(best.x[0])), float(best.x[1])
