"""What the penalised linear members share: a score that is a base plus what each column adds, and effects of days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from churnlab.estimators.learners.folds import Folds


@dataclass(frozen=True)
class Additive:
    """score = base + sum over columns of what each adds: `weight * place(x) + present`, or `absent` where the value is missing.

    What a column adds is centred over the rows of fit, so that the parts are the SHAP values of a linear model (S. Lundberg and S. Lee, 2017,
    A unified approach to interpreting model predictions, corollary 1). A subclass says what `place` of a column is.
    """

    base: float
    weight: list[float]
    absent: list[float]
    present: list[float]

    def scaled(self, slope: float) -> Self:
        """The model with `slope` times the score."""
        parts = {
            name: (np.array(getattr(self, name)) * slope).tolist()
            for name in ("weight", "absent", "present")
        }
        return replace(self, base=self.base * slope, **parts)

    def state(self) -> dict[str, Any]:
        """Plain numbers that the class takes back."""
        return asdict(self)

    def score(self, X: np.ndarray) -> np.ndarray:
        """The sum, float64[n]; column after column, so that a row's score does not depend on the rows beside it."""
        total = np.full(len(X), self.base)
        for column in range(X.shape[1]):
            total += self._part(X[:, column], column)
        return total

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """What each column adds to the base, float64[n, p]."""
        return np.column_stack([self._part(X[:, column], column) for column in range(X.shape[1])])

    def _part(self, x: np.ndarray, column: int) -> np.ndarray:
        return np.where(
            np.isnan(x),
            self.absent[column],
            self.weight[column] * self._place(x, column) + self.present[column],
        )

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} places no column")


def sample(rows: int, most: int, seed: int) -> np.ndarray:
    """Places of all rows, or of at most `most` (and 1,000) of them, drawn by the seed, in their order.

    >>> sample(3, 10, 0)
    array([0, 1, 2])
    """
    most = max(most, 1000)
    return (
        np.arange(rows)
        if rows <= most
        else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    )


def dummies(day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The days, and a column of 0 and 1 for each; none for one day.

    >>> dummies(np.array([7, 9, 7]))[1].tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    days, which = np.unique(day, return_inverse=True)
    return days, np.eye(len(days))[which] if len(days) > 1 else np.zeros((len(day), 0))


def by_row(day: np.ndarray, days: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """The effect of each row's day, float64[n], from those of some `days`; 0 of a day that is not among them, or where there are no effects.

    >>> by_row(np.array([7, 8, 9]), np.array([7, 9]), np.array([0.5, -0.5])).tolist()
    [0.5, 0.0, -0.5]
    """
    known = dict(zip(days.tolist(), effect.tolist(), strict=False))
    present, which = np.unique(day, return_inverse=True)
    return np.array([known.get(int(d), 0.0) for d in present])[which]


def unseen(
    fit: Callable[[np.ndarray], tuple[Additive, np.ndarray]], X: np.ndarray, inner: Folds
) -> np.ndarray:
    """Scores of models that had not seen the row's person, float64[n], without the effect of its day; `fit` gives one of some rows. NaN where no
    fold holds a row out."""
    said = np.full(len(X), np.nan)
    for learn, out in inner:
        said[out] = fit(learn)[0].score(X[out])
    return said
