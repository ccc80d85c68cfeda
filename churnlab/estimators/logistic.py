"""A penalised logistic model on the ranks of columns: what little data says, it says more steadily than trees."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

PENALTY, KNOTS = 0.05, 64
_CELLS, _STEPS = 16_000_000, 300


@dataclass(frozen=True)
class RankLogistic:
    """score = base + sum over columns of what each adds: `weight * place(x) + present`, or `absent` where the value is missing.

    place(x) is the share of the rows of fit below x less a half, a straight line between `KNOTS` quantiles; what a column adds is centred over
    the rows of fit, so that the parts are the SHAP values of a linear model (S. Lundberg and S. Lee, 2017, A unified approach to
    interpreting model predictions, corollary 1).
    """

    base: float
    weight: list[float]
    absent: list[float]
    present: list[float]
    knots: list[list[float]]
    places: list[list[float]]

    @classmethod
    def fit(cls, X: np.ndarray, y: np.ndarray, day: np.ndarray, categorical: list[int], seed: int) -> tuple[Self, np.ndarray]:
        """The model, and each row's day effect float64[n], zero in the mean: how much more churn its day had than its columns say.

        Minimises the log loss plus a ridge of 10 over the squared weights (A. Hoerl and R. Kennard, 1970, Ridge regression). X float64[n, p], NaN for
        missing; y 0 or 1; `day` int64[n], all alike for no effects; categories are left out. More than 16 million cells are thinned to a
        sample of rows that follows the seed.

        >>> x = np.arange(400.0)[:, None]
        >>> line, effect = RankLogistic.fit(x, (x[:, 0] > 200) * 1.0, np.zeros(400, int), [], 0)
        >>> bool(line.score(np.array([[300.0]])) > line.score(np.array([[100.0]]))), float(effect.max())
        (True, 0.0)
        """
        rows = _sample(len(y), _CELLS // (2 * X.shape[1] + 1), seed)
        knots, places = zip(*(_places(X[rows, j], j in categorical) for j in range(X.shape[1])), strict=True)
        z = np.column_stack([_place(X[rows, j], knots[j], places[j]) for j in range(X.shape[1])])
        missing = np.isnan(z)
        missing[:, categorical] = False
        solved, effects = _solve(np.nan_to_num(z), missing / 2, y[rows], day[rows])
        weight, gone = np.split(solved[1:], 2)
        mean = (np.where(missing, gone / 2, np.nan_to_num(z) * weight)).mean(axis=0)
        line = cls(float(solved[0] + mean.sum()), weight.tolist(), (gone / 2 - mean).tolist(), (-mean).tolist(),
                   [k.tolist() for k in knots], [p.tolist() for p in places])
        return line, np.array([effects.get(int(d), 0.0) for d in np.unique(day)])[np.unique(day, return_inverse=True)[1]]

    def scaled(self, slope: float) -> Self:
        """The model with `slope` times the score."""
        parts = {name: (np.array(getattr(self, name)) * slope).tolist() for name in ("weight", "absent", "present")}
        return replace(self, base=self.base * slope, **parts)

    def state(self) -> dict[str, Any]:
        """Plain numbers that `RankLogistic(**state)` takes."""
        return asdict(self)

    def score(self, X: np.ndarray) -> np.ndarray:
        """Log-odds, float64[n]; column after column, so that a row's score does not depend on the rows beside it."""
        total = np.full(len(X), self.base)
        for column in range(X.shape[1]):
            total += self._part(X[:, column], column)
        return total

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """What each column adds to the base, float64[n, p]."""
        return np.column_stack([self._part(X[:, column], column) for column in range(X.shape[1])])

    def _part(self, x: np.ndarray, column: int) -> np.ndarray:
        z = _place(x, np.array(self.knots[column]), np.array(self.places[column]))
        return np.where(np.isnan(x), self.absent[column], self.weight[column] * z + self.present[column])


def _sample(rows: int, most: int, seed: int) -> np.ndarray:
    most = max(most, 1000)
    return np.arange(rows) if rows <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


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


def _solve(z: np.ndarray, missing: np.ndarray, y: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, dict[int, float]]:
    """Base and weights of z and of missing, float64[1 + 2p], and the effect of each day, zero in the mean over rows.

    The base alone where no column moves or a sample holds one class.
    """
    days, which = np.unique(day, return_inverse=True)
    dummies = np.eye(len(days))[which] if len(days) > 1 else np.zeros((len(y), 0))
    A = np.hstack([z, missing, dummies])
    moves = np.ptp(A, axis=0) > 0
    if not moves.any() or y.min() == y.max():
        return np.r_[logit((y.sum() + 0.5) / (len(y) + 1)), np.zeros(2 * z.shape[1])], {}
    fitted = LogisticRegression(C=PENALTY, max_iter=_STEPS).fit(A[:, moves], y)
    weights = np.zeros(A.shape[1])
    weights[moves] = fitted.coef_[0]
    effect = weights[2 * z.shape[1]:]
    level = float((dummies @ effect).mean())
    return np.r_[fitted.intercept_ + level, weights[: 2 * z.shape[1]]], dict(zip(days.tolist(), (effect - level).tolist(), strict=False))
