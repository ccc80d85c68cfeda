"""LogLinear: a penalised linear model of log money.

Trees stop at the largest customers that they saw; a linear model goes on beyond them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from churnlab.estimators.learners.additive import Additive, by_row, dummies, sample
from churnlab.estimators.learners.objectives import tweedie_gradient, tweedie_loss
from churnlab.estimators.learners.weights import quantiles
from churnlab.schema.blas import ONE_BLAS_THREAD

POWER = 1.5
RIDGE = 0.2
MEDIAN_RIDGE = 0.01
_INTERCEPT_RIDGE = 1e-9
_MEDIAN_UNITS = 10.0
_ROUNDED_WITHIN = 0.1
_ROWS_AGAINST_A_DAY = 10
_MOST_CELLS = 20_000_000
_MOST_STEPS = 40
_MOST_HALVINGS = 20
_CLOSE = 1e-6


@dataclass(frozen=True)
class LogLinear(Additive):
    """Log money as a sum over the columns.

    place(x) is sign(x) log(1 + |x|), held within `low` and `high`, the range of the training rows,
    less `mean` and divided by `deviation`. Each of the four holds one number a column.
    """

    mean: list[float]
    deviation: list[float]
    low: list[float]
    high: list[float]

    @classmethod
    def fit(
        cls,
        X: np.ndarray,
        y: np.ndarray,
        day: np.ndarray,
        categorical: list[int],
        seed: int,
        *,
        median: bool = False,
        weight: np.ndarray | None = None,
    ) -> tuple[Self, np.ndarray]:
        """The fitted model and each row's day effect, float64[n] in log money, with mean zero.

        A day effect is how much more log money people spent after the row's snapshot than their
        columns explain; it is shrunk as if by ten more rows without an effect.

        The fit minimises the Tweedie deviance of power 1.5 under a log link plus 0.1 times the sum
        of squared weights; the score is log money. With `median` it minimises the absolute error of
        log(1 + 10 y), rounded within 0.1 (P. Charbonnier and others, 1997, Deterministic
        edge-preserving regularization), plus 0.005 times that sum; `medians` turns its score into
        money.

        X: float64[n, p], NaN for missing. y: amounts float64[n], at least zero, with a mean near
        one. day: snapshot codes int64[n]; all equal for no day effects. categorical: positions of
        columns to leave out. seed: decides the sample of rows that is used when X has more than 20
        million cells. weight: how often a row counts, float64[n]; a weight of 2 is a row twice.

        >>> x = np.arange(1.0, 400.0)[:, None]
        >>> model, effect = LogLinear.fit(x, x[:, 0] / 100, np.zeros(399, int), [], 0)
        >>> small, large = model.score(np.array([[30.0], [300.0]]))
        >>> bool(large > small + 1), bool(effect.any())
        (True, False)
        """
        rows = sample(len(y), _MOST_CELLS // (2 * X.shape[1] + 1), seed)
        y = y[rows]
        w = np.ones(len(y)) if weight is None else weight[rows]
        columns = _LogColumns.of(X[rows], categorical, w)
        gaps = _Gaps.of(columns.missing, w)
        days, at = dummies(day[rows])
        parts = [np.ones((len(y), 1)), columns.standardised(), gaps.table(), at]
        ridge = MEDIAN_RIDGE if median else RIDGE
        penalty = np.r_[
            _INTERCEPT_RIDGE,
            np.full(parts[1].shape[1] + parts[2].shape[1], ridge),
            np.full(at.shape[1], _ROWS_AGAINST_A_DAY / w.sum()),
        ]
        solved = (
            _solve_median(np.hstack(parts), np.log1p(_MEDIAN_UNITS * y), penalty, w)
            if median
            else _solve(np.hstack(parts), y, penalty, w)
        )
        widths = np.cumsum([part.shape[1] for part in parts[:-1]])
        base, slopes, gap_weight, effect = np.split(solved, widths)
        level = float(np.average(at @ effect, weights=w))
        model = cls(
            float(base[0]) + level, slopes.tolist(), *gaps.parts(gap_weight), *columns.shape()
        )
        return model, by_row(day, days, effect - level)

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        held = np.clip(_log(x), self.low[column], self.high[column])
        return (held - self.mean[column]) / self.deviation[column]


def medians(score: np.ndarray) -> np.ndarray:
    """Amounts of the scores of a model of medians, float64[n], at least 0.

    >>> medians(np.log1p(10 * np.array([0.0, 3.0]))).round(6).tolist()
    [0.0, 3.0]
    """
    return np.asarray(np.expm1(np.maximum(score, 0.0)) / _MEDIAN_UNITS)


@dataclass(frozen=True)
class _LogColumns:
    """Columns as sign(x) log(1 + |x|), float64[n, p], with their mean and deviation, float64[p].

    The deviation of a column that does not vary is infinite. Categories are 0 and never missing.
    """

    logs: np.ndarray
    missing: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray, categorical: list[int], w: np.ndarray) -> Self:
        """The columns of X float64[n, p]; `categorical` are positions of columns to leave out.

        w: how often each row counts, float64[n].
        """
        logs = _log(X)
        missing = np.isnan(logs)
        logs[:, categorical] = 0.0
        missing[:, categorical] = False
        counts = w[:, None]
        known = (~missing * counts).sum(axis=0)
        known[known == 0] = 1.0
        mean = np.nansum(logs * counts, axis=0) / known
        deviation = np.sqrt(np.nansum((logs - mean) ** 2 * counts, axis=0) / known)
        deviation[deviation < 1e-9] = np.inf
        return cls(logs, missing, mean, deviation)

    def standardised(self) -> np.ndarray:
        """The columns less their mean, over their deviation; 0 where missing."""
        return np.where(self.missing, 0.0, (self.logs - self.mean) / self.deviation)

    def shape(self) -> tuple[list[float], ...]:
        """Mean, deviation, smallest and largest value of each column, as LogLinear keeps them."""
        deviation = np.where(np.isinf(self.deviation), 1.0, self.deviation)
        low = np.min(self.logs, axis=0, where=~self.missing, initial=99.0)
        high = np.max(self.logs, axis=0, where=~self.missing, initial=-99.0)
        kept = (self.mean, deviation, np.minimum(low, high), np.maximum(low, high))
        return tuple(part.tolist() for part in kept)


@dataclass(frozen=True)
class _Gaps:
    """The missing flags of all columns, bool[n, p], with equal flags joined.

    first: position of the first of each set of equal flags. kind: the set of each column. alike:
    number of columns in each set. A single column times the root of that number does under a ridge
    what the equal columns do, and costs less. share: missing share of each column, float64[p].
    """

    missing: np.ndarray
    first: np.ndarray
    kind: np.ndarray
    alike: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, missing: np.ndarray, w: np.ndarray) -> Self:
        """The flags of a table, bool[n, p], whose rows count `w` times, float64[n]."""
        _, first, kind, alike = np.unique(
            np.packbits(missing, axis=0).T,
            axis=0,
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        return cls(missing, first, kind.ravel(), alike, np.average(missing, axis=0, weights=w))

    def table(self) -> np.ndarray:
        """One centred column a set, float64[n, sets]."""
        return (self.missing - self.share)[:, self.first] * np.sqrt(self.alike)

    def parts(self, weight: np.ndarray) -> tuple[list[float], list[float]]:
        """What each column adds where it is missing, and where it is known."""
        by_column = (weight / np.sqrt(self.alike))[self.kind]
        return (by_column * (1 - self.share)).tolist(), (-by_column * self.share).tolist()


def _log(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


@ONE_BLAS_THREAD
def _solve(A: np.ndarray, y: np.ndarray, penalty: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weights by Newton's method with halved steps; the loss is convex for 1 < power < 2.

    `w` says how often each row counts. scikit-learn's TweedieRegressor has the same minimum but not
    the same bits, and no day effects with a penalty of their own.
    """
    rows = w.sum()
    beta = np.zeros(A.shape[1])
    beta[0] = np.log(max(np.average(y, weights=w), 1e-12))
    loss = _loss(A, y, beta, penalty, w)
    for _ in range(_MOST_STEPS):
        raw = A @ beta
        slope = A.T @ (w * tweedie_gradient(y, raw, POWER)) / rows + penalty * beta
        bend = (2 - POWER) * np.exp((2 - POWER) * raw) + (POWER - 1) * y * np.exp((1 - POWER) * raw)
        step = np.linalg.solve(_squares(A, w * bend) / rows + np.diag(penalty), slope)
        beta, after = _halved(A, y, beta, step, penalty, loss, w)
        if loss - after <= _CLOSE * abs(loss):
            break
        loss = after
    return beta


def _squares(A: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A' diag(weight) A; numpy does half the work where both sides are one array."""
    rooted = A * np.sqrt(weight)[:, None]
    return np.asarray(rooted.T @ rooted)


@ONE_BLAS_THREAD
def _solve_median(A: np.ndarray, z: np.ndarray, penalty: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weights by repeated least squares, in which a row with a larger error weighs less.

    Each round lowers the rounded absolute error. `w` says how often each row counts.
    """
    rows = w.sum()
    beta = np.zeros(A.shape[1])
    beta[0] = np.median(z) if (w == 1).all() else _weighted_median(z, w)
    loss = np.inf
    for _ in range(_MOST_STEPS):
        bend = w / np.hypot(z - A @ beta, _ROUNDED_WITHIN)
        squares = _squares(A, bend) / rows + np.diag(penalty)
        beta = np.linalg.solve(squares, A.T @ (bend * z) / rows)
        error = np.average(np.hypot(z - A @ beta, _ROUNDED_WITHIN), weights=w)
        after = float(error + (penalty * beta**2).sum() / 2)
        if loss - after <= 10 * _CLOSE * after:
            break
        loss = after
    return beta


def _weighted_median(z: np.ndarray, w: np.ndarray) -> float:
    order = np.argsort(z, kind="stable")
    return float(quantiles(z[order], np.array([0.5]), w[order])[0])


def _halved(
    A: np.ndarray,
    y: np.ndarray,
    beta: np.ndarray,
    step: np.ndarray,
    penalty: np.ndarray,
    loss: float,
    w: np.ndarray,
) -> tuple[np.ndarray, float]:
    """The weights after the longest of step, step / 2, … that lowers the loss, and their loss.

    The weights stay as they are where no such step lowers it.
    """
    for halving in range(_MOST_HALVINGS):
        tried = beta - step / 2**halving
        after = _loss(A, y, tried, penalty, w)
        if after < loss:
            return tried, after
    return beta, loss


def _loss(
    A: np.ndarray, y: np.ndarray, beta: np.ndarray, penalty: np.ndarray, w: np.ndarray
) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        losses = tweedie_loss(y, A @ beta, POWER)
        value = float(np.average(losses, weights=w) + (penalty * beta**2).sum() / 2)
    return value if np.isfinite(value) else np.inf
