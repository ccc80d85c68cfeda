"""RankLogistic: a ridge-penalised logistic model on ranks; steadier than trees on little data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from churnlab.estimators.learners import small, weights
from churnlab.estimators.learners.additive import Additive, by_row, dummies, sample
from churnlab.estimators.learners.unlogged import UNLOGGED
from churnlab.kernels import lines
from churnlab.kernels.jit import frozen
from churnlab.kernels.lines import KNOTS
from churnlab.schema.blas import ONE_BLAS_THREAD

PENALTY = 0.05
_MOST_CELLS = 16_000_000
_MOST_STEPS = 300


@dataclass(frozen=True)
class RankLogistic(Additive):
    """Log-odds as a sum over the ranks of the columns.

    place(x) is the share of training rows below x, less a half: a straight line between 64
    quantiles. `knots` holds each column's quantiles and `places` the values at them.
    """

    knots: list[list[float]]
    places: list[list[float]]

    @classmethod
    def fit(
        cls,
        X: np.ndarray,
        y: np.ndarray,
        day: np.ndarray,
        categorical: list[int],
        seed: int,
        weight: np.ndarray | None = None,
        strength: float | None = None,
    ) -> tuple[Self, np.ndarray]:
        """The fitted model and each row's day effect, float64[n] in log-odds, with mean zero.

        A day effect is how much more people churned on the row's snapshot than their columns
        explain. The fit minimises the log loss plus 10 times the sum of squared weights, more of it
        where few rows churned or stayed (`learners.small`; A. Hoerl and R. Kennard, 1970, Ridge
        regression).

        X: float64[n, p], NaN for missing. y: 0 or 1, float64[n]. day: snapshot codes int64[n]; all
        equal for no day effects. categorical: positions of columns to leave out. seed: decides the
        sample of rows that is used when X has more than 16 million cells. weight: how often a row
        counts, float64[n]; a weight of 2 is a row twice. strength: `small.strength` of an earlier
        fit; None takes that of these rows.

        >>> x = np.arange(400.0)[:, None]
        >>> model, effect = RankLogistic.fit(x, (x[:, 0] > 200) * 1.0, np.zeros(400, int), [], 0)
        >>> low, high = model.score(np.array([[100.0], [300.0]]))
        >>> bool(high > low), float(effect.max())
        (True, 0.0)
        """
        rows = sample(len(y), _MOST_CELLS // (2 * X.shape[1] + 1), seed)
        w = None if weight is None else weight[rows]
        columns = range(X.shape[1])
        curves = [_rank_curve(X[rows, j], j in categorical, w) for j in columns]
        z = np.column_stack([_place(X[rows, j], *curves[j]) for j in columns])
        missing = np.isnan(z)
        missing[:, categorical] = False
        days, at = dummies(day[rows])
        known = small.strength(y[rows], w, z.shape[1]) if strength is None else strength
        solved, effect = _solve(np.nan_to_num(z), missing / 2, at, y[rows], w, PENALTY * known)
        slopes, absent = np.split(solved[1:], 2)
        parts = np.where(missing, absent / 2, np.nan_to_num(z) * slopes)
        mean = np.average(parts, axis=0, weights=w)
        model = cls(
            base=float(solved[0] + mean.sum()),
            weight=slopes.tolist(),
            absent=(absent / 2 - mean).tolist(),
            present=(-mean).tolist(),
            knots=[knots.tolist() for knots, _ in curves],
            places=[places.tolist() for _, places in curves],
        )
        return model, by_row(day, days, effect)

    def score(self, X: np.ndarray) -> np.ndarray:
        """Log-odds of each row, float64[n]: the same bits as Additive.score, computed faster."""
        out = np.empty(len(X))
        lines.score(frozen(X.T), self.base, *self._kernel_arrays, out)
        return out

    @cached_property
    def _kernel_arrays(self) -> tuple[np.ndarray, ...]:
        """The arrays that the kernel reads.

        weight, absent and present, float64[p]; knots, places and slopes, float64[p, KNOTS].
        """
        knots = np.full((len(self.knots), KNOTS), np.nan)
        places = np.zeros_like(knots)
        slopes = np.zeros_like(knots)
        for j, (at, place) in enumerate(zip(self.knots, self.places, strict=True)):
            knots[j, : len(at)] = at
            if len(at) > 1:
                with np.errstate(over="ignore"):
                    slope = np.diff(place) / np.diff(at)
                places[j, : len(at)] = place
                slopes[j, : len(at) - 1] = np.where(np.isfinite(slope), slope, 0.0)
        arrays = (self.weight, self.absent, self.present, knots, places, slopes)
        return tuple(frozen(np.asarray(a, np.float64)) for a in arrays)

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        return _place(x, np.array(self.knots[column]), np.array(self.places[column]))


def _rank_curve(
    x: np.ndarray, skip: bool, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of a column, and the share of known rows below each, less a half.

    Ties count by halves. A column to skip, or without a known value, gets a single point.
    """
    is_known = ~np.isnan(x)
    if skip or not is_known.any():
        return np.zeros(1), np.zeros(1)
    if weight is None:
        known = np.sort(x[is_known])
        reached = np.arange(len(known) + 1)
    else:
        order = np.argsort(x[is_known], kind="stable")
        known, weight = x[is_known][order], weight[is_known][order]
        reached = np.append(0.0, np.cumsum(weight))
    knots = np.unique(weights.quantiles(known, np.linspace(0, 1, KNOTS), weight))
    sides = (np.searchsorted(known, knots, side) for side in ("left", "right"))
    below = sum(reached[place] for place in sides)
    return knots, below / 2 / reached[-1] - 0.5


def _place(x: np.ndarray, knots: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.interp(x, knots, places) if len(knots) > 1 else np.where(np.isnan(x), np.nan, 0.0)


@UNLOGGED
@ONE_BLAS_THREAD
def _solve(
    z: np.ndarray,
    missing: np.ndarray,
    at: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    freedom: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Base and weights, float64[1 + 2p], and the effect of each day, with mean zero over the rows.

    z and missing: float64[n, p]. at: the days' 0/1 columns, float64[n, k]. freedom: the inverse of
    the penalty. Where no column varies, or y has one class, all weights are zero.
    """
    A = np.hstack([z, missing, at])
    varies = np.ptp(A, axis=0) > 0
    if not varies.any() or y.min() == y.max():
        counts = np.ones(len(y)) if weight is None else weight
        base = logit(((counts * y).sum() + 0.5) / (counts.sum() + 1))
        return np.r_[base, np.zeros(2 * z.shape[1])], np.zeros(0)
    fitted = LogisticRegression(C=freedom, max_iter=_MOST_STEPS).fit(
        A[:, varies], y, sample_weight=weight
    )
    solved = np.zeros(A.shape[1])
    solved[varies] = fitted.coef_[0]
    effect = solved[2 * z.shape[1] :]
    level = float(np.average(at @ effect, weights=weight))
    return np.r_[fitted.intercept_ + level, solved[: 2 * z.shape[1]]], effect - level
