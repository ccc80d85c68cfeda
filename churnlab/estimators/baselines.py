"""Baselines that a model has to beat: small estimators on a few columns of a Dataset.

`sample_weight` in fit says how often a row counts (`learners.weights`). Buy-till-you-die models
learn from histories without labels, each person once; there it weighs the curve and the factor.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression

from churnlab.errors import FrameError
from churnlab.estimators.learners.btyd_features import BTYDFeatures
from churnlab.estimators.learners.unlogged import UNLOGGED
from churnlab.estimators.learners.weights import read
from churnlab.schema.blas import ONE_BLAS_THREAD

LAST = "cadence__since_last_days__all"
TENURE = "lifecycle__tenure_days__all"
DAYS = "cadence__active_days__all"
SPENT = "spend__amount_sum__all"
ORDERS = "spend__orders_sum__all"
_DAYS_IF_NEVER_ACTIVE = 10_000
_SHORTEST_TENURE_DAYS = 30


def _column(X: pd.DataFrame, name: str, otherwise: float) -> np.ndarray:
    """A column of X, float64[n], with missing values filled; FrameError when X lacks it."""
    if name not in X:
        raise FrameError.from_missing_columns("X", [name], X.columns)
    return X[name].fillna(otherwise).to_numpy(np.float64)


def _factor(y: Any, expected: np.ndarray, sample_weight: Any) -> float:
    """Total of the amounts y over the total expected, float64[n] each; rows count by weight."""
    weight = read(sample_weight, len(expected))
    if weight is None:
        return float(np.sum(y) / max(expected.sum(), 1e-12))
    return float((weight * np.asarray(y)).sum() / max((weight * expected).sum(), 1e-12))


class _OneNumber(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A logistic curve over one number, which rises or falls with the risk."""

    @UNLOGGED
    @ONE_BLAS_THREAD
    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, with its curve fitted on labels y (n,) of 0 and 1."""
        self.classes_ = np.array([0.0, 1.0])
        self.curve_ = LogisticRegression(C=1e6).fit(
            self._number(X), np.asarray(y, int), sample_weight=read(sample_weight, len(X))
        )
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probability to stay and to churn, float64[n, 2]."""
        return np.asarray(self.curve_.predict_proba(self._number(X)))

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        """The number of each row, float64[n, 1]."""
        raise NotImplementedError


class BaseRate(_OneNumber):
    """Base rate: everybody churns with the probability seen in training.

    >>> X = pd.DataFrame(index=range(4))
    >>> BaseRate().fit(X, [0, 0, 0, 1]).predict_proba(X)[0].tolist()
    [0.75, 0.25]
    """

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, after the mean of y was kept."""
        self.classes_ = np.array([0.0, 1.0])
        self.rate_ = float(np.average(y, weights=read(sample_weight, len(X))))
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probability to stay and to churn, the same for every row, float64[n, 2]."""
        return np.tile([1 - self.rate_, self.rate_], (len(X), 1))


class Recency(_OneNumber):
    """Churn from the days since the last active day alone.

    >>> X = pd.DataFrame({LAST: [1.0, 2.0, 50.0, 60.0]})
    >>> churn = Recency().fit(X, [0, 0, 1, 1]).predict_proba(X)[:, 1]
    >>> bool(churn[3] > churn[0])
    True
    """

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        return np.log1p(_column(X, LAST, _DAYS_IF_NEVER_ACTIVE))[:, None]


class PersonalRate(_OneNumber):
    """Churn from the share of days on which the person was active so far, alone.

    >>> X = pd.DataFrame({DAYS: [40.0, 30.0, 2.0, 1.0], TENURE: 60.0})
    >>> churn = PersonalRate().fit(X, [0, 0, 1, 1]).predict_proba(X)[:, 1]
    >>> bool(churn[3] > churn[0])
    True
    """

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        return np.log((_column(X, DAYS, 0) + 0.5) / (_column(X, TENURE, 1) + 1))[:, None]


class _FromHistory:
    """Base of the buy-till-you-die baselines, fitted on the rows' histories of one `kind`.

    horizon: days ahead. After fit, `reasons_` says why a model was not fitted.
    """

    model: ClassVar[str] = "bg_nbd"
    kind: ClassVar[str] = "acts"

    def __init__(self, horizon: int = 30) -> None:
        self.horizon = horizon

    def _fit_history(self, X: pd.DataFrame) -> None:
        features = BTYDFeatures(self.model, horizons=(self.horizon,), kinds=(self.kind,))
        self.features_ = features.fit(X)
        self.reasons_ = self.features_.reasons_

    def _expectation(self, X: pd.DataFrame, what: str, otherwise: float) -> np.ndarray:
        """An expectation for each row, float64[n]; `otherwise` where there is no history."""
        name = f"btyd__{what}_{self.features_.horizons[0]}d__all"
        return self.features_.transform(X)[name].fillna(otherwise).to_numpy()


class BTYD(_FromHistory, _OneNumber):
    """Churn from BG/NBD's probability of no active day in `horizon` days.

    A curve learns how that probability belongs to the label, so the horizon (30) need not be the
    label's. Where the model cannot be fitted, everybody churns with the probability seen in
    training, and `reasons_` says why.
    """

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, fitted on the rows' histories and labels y (n,) of 0 and 1.

        FrameError when X lacks the columns of the histories.
        """
        self._fit_history(X)
        return super().fit(X, y, sample_weight)

    def _number(self, X: pd.DataFrame) -> np.ndarray:
        if self.reasons_:
            return np.zeros((len(X), 1))
        return logit(np.clip(self._expectation(X, "no_days", 1), 1e-9, 1 - 1e-9))[:, None]


class ModifiedBTYD(BTYD):
    """BTYD with MBG/NBD, in which a person may leave after the very first day."""

    model: ClassVar[str] = "mbg_nbd"


class _Amount(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the value baselines."""

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, after the mean of the amounts y (n,) was kept."""
        self.mean_ = float(np.average(y, weights=read(sample_weight, len(X))))
        return self


class ZeroValue(_Amount):
    """Nobody spends anything; the mean absolute error favours this baseline.

    >>> X = pd.DataFrame(index=range(2))
    >>> ZeroValue().fit(X, [0, 10]).predict(X).tolist()
    [0.0, 0.0]
    """

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Zeros, float64[n]."""
        return np.zeros(len(X))


class TrainMean(_Amount):
    """Everybody spends the mean of the training amounts.

    >>> X = pd.DataFrame(index=range(2))
    >>> TrainMean().fit(X, [0, 10]).predict(X).tolist()
    [5.0, 5.0]
    """

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """The mean, float64[n]."""
        return np.full(len(X), self.mean_)


class SpendRate(_Amount):
    """The person's own spending a day so far, times a factor that makes the training totals equal.

    If nothing changed, the factor would be the horizon in days.

    >>> X = pd.DataFrame({SPENT: [60.0, 0.0], TENURE: [60.0, 60.0]})
    >>> SpendRate().fit(X, [30.0, 0.0]).predict(X).tolist()
    [30.0, 0.0]
    """

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, after the factor was learnt from the amounts y (n,)."""
        self.factor_ = _factor(y, self._rate(X), sample_weight)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Expected amount of each row, float64[n]."""
        return self._rate(X) * self.factor_

    def _rate(self, X: pd.DataFrame) -> np.ndarray:
        """Money a day, float64[n]; people count as there for at least 30 days."""
        days = np.maximum(_column(X, TENURE, 1), _SHORTEST_TENURE_DAYS)
        return np.maximum(_column(X, SPENT, 0), 0) / days


class FormulaLTV(_Amount):
    """Purchase frequency times order value times active lifetime: the formula of the trade.

    | factor | unit | meaning |
    |---|---|---|
    | purchase frequency | orders a day | orders over the days from the first to the last act |
    | order value | money | money spent so far, refunds subtracted, over the orders so far |
    | active lifetime | days | `lifetime_`, one number for all: training totals become equal |

    The days from the first to the last act count as 30 at least. A person without an order has no
    frequency and an amount of 0; so has one who got back more than was spent. Nothing in the
    formula sees that a person has gone silent, which is its known weakness. Operations teams use it
    as average order value times purchase frequency times lifespan.

    FrameError where X lacks a column.

    >>> X = pd.DataFrame({ORDERS: [6.0, 0.0], SPENT: [90.0, 0.0], TENURE: 60.0, LAST: [1.0, 9.0]})
    >>> model = FormulaLTV().fit(X, [45.0, 0.0])
    >>> model.frequency(X).tolist(), model.order_value(X).tolist(), round(model.lifetime_, 9)
    ([0.1, 0.0], [15.0, 0.0], 30.0)
    >>> model.predict(X).tolist()
    [45.0, 0.0]
    """

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The formula, after the active lifetime in days was learnt from the amounts y (n,)."""
        self.lifetime_ = _factor(y, self.frequency(X) * self.order_value(X), sample_weight)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Expected amount of each row, float64[n]."""
        return self.frequency(X) * self.order_value(X) * self.lifetime_

    def frequency(self, X: pd.DataFrame) -> np.ndarray:
        """Orders a day from the first to the last act of each row, float64[n]; 0 without an order.

        >>> X = pd.DataFrame({ORDERS: [3.0], SPENT: [9.0], TENURE: [60.0], LAST: [1.0]})
        >>> FormulaLTV().frequency(X).tolist()
        [0.05]
        """
        active = _column(X, TENURE, 1) - _column(X, LAST, 1) + 1
        return _column(X, ORDERS, 0) / np.maximum(active, _SHORTEST_TENURE_DAYS)

    def order_value(self, X: pd.DataFrame) -> np.ndarray:
        """Money per order of each row, float64[n], never negative; 0 without an order.

        >>> X = pd.DataFrame({ORDERS: [3.0], SPENT: [9.0], TENURE: [60.0], LAST: [1.0]})
        >>> FormulaLTV().order_value(X).tolist()
        [3.0]
        """
        orders = _column(X, ORDERS, 0)
        spent = np.maximum(_column(X, SPENT, 0), 0)
        return np.where(orders > 0, spent / np.maximum(orders, 1), 0.0)


class BTYDValue(_FromHistory, _Amount):
    """BG/NBD's expected orders in `horizon` days times Gamma-Gamma's value of an order.

    A factor makes the training totals equal. The amount is 0 for people who never ordered. Where
    the models cannot be fitted it is the training mean for everybody, and `reasons_` says why.
    """

    kind: ClassVar[str] = "orders"

    def fit(self, X: pd.DataFrame, y: Any, sample_weight: Any = None) -> Self:
        """The baseline, fitted on the rows' histories and amounts y (n,).

        FrameError when X lacks the columns of the histories.
        """
        self._fit_history(X)
        self.factor_ = _factor(y, self._spend(X), sample_weight)
        return super().fit(X, y, sample_weight)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Expected amount of each row, float64[n]."""
        return self._spend(X) * self.factor_

    def _spend(self, X: pd.DataFrame) -> np.ndarray:
        return np.ones(len(X)) if self.reasons_ else self._expectation(X, "expected_spend", 0)


class ModifiedBTYDValue(BTYDValue):
    """BTYDValue with MBG/NBD, in which a person may leave after the very first order."""

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
    "formula": FormulaLTV,
    "bg_nbd_gg": BTYDValue,
    "mbg_nbd_gg": ModifiedBTYDValue,
}
