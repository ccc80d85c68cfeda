"""The dumb things that a model has to beat: small estimators on one or two columns."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression

from churnlab.errors import FrameError

LAST, TENURE, DAYS = "cadence__since_last_days__all", "lifecycle__tenure_days__all", "cadence__active_days__all"
SPENT = "spend__amount_sum__all"


def column(X: pd.DataFrame, name: str, otherwise: float) -> np.ndarray:
    """A column, float64[n], missing values filled; FrameError when it is not there."""
    if name not in X:
        raise FrameError.from_missing_columns("X", [name], X.columns)
    return X[name].fillna(otherwise).to_numpy(np.float64)


class _OneNumber(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A logistic curve over one number that rises with risk or falls."""

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Learns the curve."""
        self.classes_ = np.array([0.0, 1.0])
        self.curve_ = LogisticRegression(C=1e6).fit(self._number(X), np.asarray(y, int))
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities, float64[n, 2]."""
        return np.asarray(self.curve_.predict_proba(self._number(X)))

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} reads no number")


class BaseRate(_OneNumber):
    """Everybody churns as often as people did in training."""

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Remembers the mean of y."""
        self.classes_, self.rate_ = np.array([0.0, 1.0]), float(np.mean(y))
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """The same for every row, float64[n, 2]."""
        return np.tile([1 - self.rate_, self.rate_], (len(X), 1))


class Recency(_OneNumber):
    """Days since the last active day alone."""

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        return np.log1p(column(X, LAST, 10_000))[:, None]


class PersonalRate(_OneNumber):
    """The share of days on which the person was active so far, alone."""

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        return np.log((column(X, DAYS, 0) + 0.5) / (column(X, TENURE, 1) + 1))[:, None]


class _Amount(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    constant: ClassVar[float | None] = None

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Remembers the mean of y and its ratio to the number it reads."""
        self.mean_ = float(np.mean(y))
        return self


class ZeroValue(_Amount):
    """Nobody spends anything: the model that MAE likes too well."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Zeros, float64[n]."""
        return np.zeros(len(X))


class TrainMean(_Amount):
    """Everybody spends what people spent in training on average."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The mean, float64[n]."""
        return np.full(len(X), self.mean_)


class SpendRate(_Amount):
    """The person's own money a day so far, times one factor learnt in training (the horizon, were nothing to change)."""

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Learns the factor that makes the totals equal."""
        self.factor_ = float(np.sum(y) / max(self._rate(X).sum(), 1e-12))
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Amounts, float64[n]."""
        return self._rate(X) * self.factor_

    def _rate(self, X: pd.DataFrame) -> np.ndarray:
        return np.maximum(column(X, SPENT, 0), 0) / np.maximum(column(X, TENURE, 1), 30)


CHURN: dict[str, type[_OneNumber]] = {"base_rate": BaseRate, "recency": Recency, "personal_rate": PersonalRate}
VALUE: dict[str, type[_Amount]] = {"zero": ZeroValue, "train_mean": TrainMean, "spend_rate": SpendRate}
