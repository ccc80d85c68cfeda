"""A penalised logistic model on the ranks of columns: what little data says, it says more steadily than trees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from churnlab.estimators.learners.additive import Additive, by_row, dummies, sample
from churnlab.kernels import lines
from churnlab.kernels.jit import frozen
from churnlab.kernels.lines import KNOTS

PENALTY = 0.05
_CELLS = 16_000_000
_STEPS = 300


@dataclass(frozen=True)
class RankLogistic(Additive):
    """Log-odds, where place(x) is the share of the rows of fit below x less a half, a straight line between `KNOTS` quantiles."""

    knots: list[list[float]]
    places: list[list[float]]

    @classmethod
    def fit(
        cls, X: np.ndarray, y: np.ndarray, day: np.ndarray, categorical: list[int], seed: int
    ) -> tuple[Self, np.ndarray]:
        """The model, and each row's day effect float64[n], zero in the mean: how much more churn its day had than its columns say.

        Minimises the log loss plus a ridge of 10 over the squared weights (A. Hoerl and R. Kennard, 1970, Ridge regression). X float64[n, p], NaN for
        missing; y 0 or 1; `day` int64[n], all alike for no effects; categories are left out. More than 16 million cells are thinned to a
        sample of rows that follows the seed.

        >>> x = np.arange(400.0)[:, None]
        >>> line, effect = RankLogistic.fit(x, (x[:, 0] > 200) * 1.0, np.zeros(400, int), [], 0)
        >>> bool(line.score(np.array([[300.0]])) > line.score(np.array([[100.0]]))), float(effect.max())
        (True, 0.0)
        """
        rows = sample(len(y), _CELLS // (2 * X.shape[1] + 1), seed)
        knots, places = zip(
            *(_places(X[rows, j], j in categorical) for j in range(X.shape[1])), strict=True
        )
        z = np.column_stack([_place(X[rows, j], knots[j], places[j]) for j in range(X.shape[1])])
        missing = np.isnan(z)
        missing[:, categorical] = False
        days, at = dummies(day[rows])
        solved, effect = _solve(np.nan_to_num(z), missing / 2, at, y[rows])
        weight, gone = np.split(solved[1:], 2)
        mean = (np.where(missing, gone / 2, np.nan_to_num(z) * weight)).mean(axis=0)
        line = cls(
            float(solved[0] + mean.sum()),
            weight.tolist(),
            (gone / 2 - mean).tolist(),
            (-mean).tolist(),
            [k.tolist() for k in knots],
            [p.tolist() for p in places],
        )
        return line, by_row(day, days, effect)

    def score(self, X: np.ndarray) -> np.ndarray:
        """As Additive.score, to the bit, and faster."""
        out = np.empty(len(X))
        lines.score(frozen(X.T), self.base, *self._table, out)
        return out

    @cached_property
    def _table(self) -> tuple[np.ndarray, ...]:
        """What the kernel reads of each column: weight, absent and present, float64[p]; knots, places and slopes, float64[p, KNOTS]."""
        knots, (places, slopes) = (
            np.full((len(self.knots), KNOTS), np.nan),
            np.zeros((2, len(self.knots), KNOTS)),
        )
        for j, (at, place) in enumerate(zip(self.knots, self.places, strict=True)):
            knots[j, : len(at)] = at
            if len(at) > 1:
                with np.errstate(over="ignore"):
                    slope = np.diff(place) / np.diff(at)
                places[j, : len(at)], slopes[j, : len(at) - 1] = (
                    place,
                    np.where(np.isfinite(slope), slope, 0.0),
                )
        return tuple(
            frozen(np.asarray(c, np.float64))
            for c in (self.weight, self.absent, self.present, knots, places, slopes)
        )

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        return _place(x, np.array(self.knots[column]), np.array(self.places[column]))


def _places(x: np.ndarray, skip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of what is known of a column, and the share of rows below each (ties by halves) less a half."""
    known = np.sort(x[~np.isnan(x)])
    if skip or not len(known):
        return np.zeros(1), np.zeros(1)
    knots = np.unique(np.quantile(known, np.linspace(0, 1, KNOTS)))
    below = np.searchsorted(known, knots, "left") + np.searchsorted(known, knots, "right")
    return knots, below / 2 / len(known) - 0.5


def _place(x: np.ndarray, knots: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.interp(x, knots, places) if len(knots) > 1 else np.where(np.isnan(x), np.nan, 0.0)


def _solve(
    z: np.ndarray, missing: np.ndarray, at: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Base and weights of z and of missing, float64[1 + 2p], and the effect of each day of the dummies `at`, zero in the mean over rows.

    The base alone where no column moves or a sample holds one class.
    """
    A = np.hstack([z, missing, at])
    moves = np.ptp(A, axis=0) > 0
    if not moves.any() or y.min() == y.max():
        return np.r_[logit((y.sum() + 0.5) / (len(y) + 1)), np.zeros(2 * z.shape[1])], np.zeros(0)
    fitted = LogisticRegression(C=PENALTY, max_iter=_STEPS).fit(A[:, moves], y)
    weights = np.zeros(A.shape[1])
    weights[moves] = fitted.coef_[0]
    effect = weights[2 * z.shape[1] :]
    level = float((at @ effect).mean())
    return np.r_[fitted.intercept_ + level, weights[: 2 * z.shape[1]]], effect - level
