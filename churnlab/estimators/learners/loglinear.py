"""Penalised linear models of log money: they go on where trees stop, at customers larger than most of those they learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from churnlab.estimators.learners.additive import Additive, by_row, dummies, sample
from churnlab.estimators.learners.objectives import tweedie_gradient, tweedie_loss

POWER = 1.5
RIDGE = 0.2
MEDIAN_RIDGE = 0.01
_UNITS = 10.0
_BEND = 0.1
_DAY_ROWS = 10
_CELLS = 20_000_000
_STEPS = 40
_CLOSE = 1e-6


@dataclass(frozen=True)
class LogLinear(Additive):
    """Log money, where place(x) is sign(x) log(1 + |x|), held within the range seen in fit, less its mean and over its deviation."""

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
    ) -> tuple[Self, np.ndarray]:
        """Least Tweedie deviance of power 1.5 under a log link plus 0.1 times the sum of squared weights; the score is log money.

        Beside the model, each row's day effect float64[n], zero in the mean: how much more log money its day had than its columns say; it is held
        back as if by ten rows more. `day` int64[n], all alike for no effects. With `median` the least absolute error of log(1 + 10 y), rounded off
        within 0.1 (P. Charbonnier and others, 1997, Deterministic edge-preserving regularization), plus 0.005 times that sum; `medians` turns the
        score into money. X float64[n, p] with NaN for missing; y float64[n], at least zero, with a mean near one; categories are left out. More than
        20 million cells are thinned to a sample of rows that follows the seed.

        >>> x = np.arange(1.0, 400.0)[:, None]
        >>> line, effect = LogLinear.fit(x, x[:, 0] / 100, np.zeros(399, int), [], 0)
        >>> not effect.any() and bool(line.score(np.array([[300.0]])) > line.score(np.array([[30.0]])) + 1)
        True
        """
        rows = sample(len(y), _CELLS // (2 * X.shape[1] + 1), seed)
        logs, y = _log(X[rows]), y[rows]
        missing = np.isnan(logs)
        logs[:, categorical], missing[:, categorical] = 0.0, False
        seen = (~missing).sum(axis=0).clip(1)
        mean = np.nansum(logs, axis=0) / seen
        deviation = np.sqrt(np.nansum((logs - mean) ** 2, axis=0) / seen)
        deviation[deviation < 1e-9] = np.inf
        share = missing.mean(axis=0)
        z = np.where(missing, 0.0, (logs - mean) / deviation)
        kinds, kind, alike = _distinct(missing)
        days, at = dummies(day[rows])
        table = np.hstack(
            [np.ones((len(y), 1)), z, (missing - share)[:, kinds] * np.sqrt(alike), at]
        )
        penalty = np.r_[
            1e-9,
            np.full(z.shape[1] + len(kinds), MEDIAN_RIDGE if median else RIDGE),
            np.full(at.shape[1], _DAY_ROWS / len(y)),
        ]
        solved = (
            _solve_median(table, np.log1p(_UNITS * y), penalty)
            if median
            else _solve(table, y, penalty)
        )
        _, weight, gone, effect = np.split(solved, np.cumsum([1, z.shape[1], len(kinds)]))
        gone, level = (gone / np.sqrt(alike))[kind], float((at @ effect).mean())
        deviation[np.isinf(deviation)] = 1.0
        low, high = (
            np.where(seen > 0, f(logs, axis=0, where=~missing, initial=s), 0.0)
            for f, s in ((np.min, 99.0), (np.max, -99.0))
        )
        parts = (
            weight,
            gone * (1 - share),
            -gone * share,
            mean,
            deviation,
            np.minimum(low, high),
            np.maximum(low, high),
        )
        line = cls(float(solved[0]) + level, *(part.tolist() for part in parts))
        return line, by_row(day, days, effect - level)

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        return (
            np.clip(_log(x), self.low[column], self.high[column]) - self.mean[column]
        ) / self.deviation[column]


def _log(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(x) * np.log1p(np.abs(x)))


def _distinct(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of equal columns the first; each column's place among these; how many are equal. One column times the root of their
    number does what k equal ones do under a ridge, and costs less."""
    _, first, place, count = np.unique(
        np.packbits(flags, axis=0).T,
        axis=0,
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    return first, place.ravel(), count


def _solve(A: np.ndarray, y: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Newton's method with halved steps: the loss is convex, for 1 < power < 2."""
    w = np.zeros(A.shape[1])
    w[0] = np.log(max(y.mean(), 1e-12))
    loss = _loss(A, y, w, penalty)
    for _ in range(_STEPS):
        raw = A @ w
        slope = A.T @ tweedie_gradient(y, raw, POWER) / len(y) + penalty * w
        bend = (2 - POWER) * np.exp((2 - POWER) * raw) + (POWER - 1) * y * np.exp((1 - POWER) * raw)
        step = np.linalg.solve(_squares(A, bend) / len(y) + np.diag(penalty), slope)
        w, after = _halved(A, y, w, step, penalty, loss)
        if loss - after <= _CLOSE * abs(loss):
            break
        loss = after
    return w


def _squares(A: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A' diag(weight) A; numpy does half the work where both sides are one array."""
    rooted = A * np.sqrt(weight)[:, None]
    return np.asarray(rooted.T @ rooted)


def _solve_median(A: np.ndarray, z: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Least squares again and again, a row weighing less the further it is off: each round lowers the rounded absolute error."""
    w, loss = np.zeros(A.shape[1]), np.inf
    w[0] = np.median(z)
    for _ in range(_STEPS):
        bend = 1 / np.hypot(z - A @ w, _BEND)
        w = np.linalg.solve(
            _squares(A, bend) / len(z) + np.diag(penalty), A.T @ (bend * z) / len(z)
        )
        after = float(np.hypot(z - A @ w, _BEND).mean() + (penalty * w**2).sum() / 2)
        if loss - after <= 10 * _CLOSE * after:
            break
        loss = after
    return w


def medians(score: np.ndarray) -> np.ndarray:
    """Amounts of the scores of a model of medians, float64[n], at least 0.

    >>> medians(np.log1p(10 * np.array([0.0, 3.0]))).round(6).tolist()
    [0.0, 3.0]
    """
    return np.asarray(np.expm1(np.maximum(score, 0.0)) / _UNITS)


def _halved(
    A: np.ndarray, y: np.ndarray, w: np.ndarray, step: np.ndarray, penalty: np.ndarray, loss: float
) -> tuple[np.ndarray, float]:
    """The longest of step, step / 2, … that lowers the loss; w itself where none does."""
    for halving in range(20):
        tried = w - step / 2**halving
        after = _loss(A, y, tried, penalty)
        if after < loss:
            return tried, after
    return w, loss


def _loss(A: np.ndarray, y: np.ndarray, w: np.ndarray, penalty: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        value = float(tweedie_loss(y, A @ w, POWER).mean() + (penalty * w**2).sum() / 2)
    return value if np.isfinite(value) else np.inf
