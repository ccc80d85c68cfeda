"""The dumb things that a model has to beat: small estimators on a few columns."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression

from churnlab.errors import FrameError
from churnlab.estimators.learners.btyd_features import BTYDFeatures

LAST = "cadence__since_last_days__all"
TENURE = "lifecycle__tenure_days__all"
DAYS = "cadence__active_days__all"
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


class _History:
    """A buy-till-you-die model of the rows' histories of one `kind` of transaction; `reasons_` says why it was not fitted."""

    model: ClassVar[str] = "bg_nbd"
    kind: ClassVar[str] = "acts"

    def __init__(self, horizon: int = 30) -> None:
        self.horizon = horizon

    def _remember(self, X: pd.DataFrame) -> None:
        self.features_ = BTYDFeatures(self.model, horizons=(self.horizon,), kinds=(self.kind,)).fit(
            X
        )
        self.reasons_ = self.features_.reasons_

    def _said(self, X: pd.DataFrame, what: str, otherwise: float) -> np.ndarray:
        return (
            self.features_.transform(X)[f"btyd__{what}_{self.horizon}d__all"]
            .fillna(otherwise)
            .to_numpy()
        )


class BTYD(_History, _OneNumber):
    """The probability that BG/NBD or MBG/NBD gives to no active day in `horizon` days (30, about the label's: the curve learns the rest), from the
    dates alone. Everybody churns as often as people did in training where the model cannot be fitted; `reasons_` then says why.
    """

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Fits the model on the rows' histories and learns the curve. FrameError when their columns are not there."""
        self._remember(X)
        return super().fit(X, y)

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        if self.reasons_:
            return np.zeros((len(X), 1))
        return logit(np.clip(self._said(X, "no_days", 1), 1e-9, 1 - 1e-9))[:, None]


class ModifiedBTYD(BTYD):
    """The same by MBG/NBD, in which a person may be gone after the very first day."""

    model: ClassVar[str] = "mbg_nbd"


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


class BTYDValue(_History, _Amount):
    """Orders that BG/NBD or MBG/NBD expects in `horizon` days times an order's value by Gamma-Gamma, times one factor learnt in training.

    0 for who never ordered; the training mean for everybody where the models cannot be fitted; `reasons_` then says why.
    """

    kind: ClassVar[str] = "orders"

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        """Fits the models on the rows' histories and learns the factor. FrameError when their columns are not there."""
        self._remember(X)
        self.factor_ = float(np.sum(y) / max(self._spend(X).sum(), 1e-12))
        return super().fit(X, y)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Amounts, float64[n]."""
        return self._spend(X) * self.factor_

    def _spend(self, X: pd.DataFrame) -> np.ndarray:
        return np.ones(len(X)) if self.reasons_ else self._said(X, "expected_spend", 0)


class ModifiedBTYDValue(BTYDValue):
    """The same by MBG/NBD, in which a person may be gone after the very first order."""

    model: ClassVar[str] = "mbg_nbd"


CHURN: dict[str, type[_OneNumber]] = {
    "base_rate": BaseRate,
    "recency": Recency,
    "personal_rate": PersonalRate,
    "bg_nbd": BTYD,
    "mbg_nbd": ModifiedBTYD,
}
VALUE: dict[str, type[_Amount]] = {
    "zero": ZeroValue,
    "train_mean": TrainMean,
    "spend_rate": SpendRate,
    "bg_nbd_gg": BTYDValue,
    "mbg_nbd_gg": ModifiedBTYDValue,
}
