"""Base class of the penalised linear models: a score that is a base plus one part a column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from churnlab.estimators.learners import side_by_side
from churnlab.estimators.learners.folds import Folds
from churnlab.schema.progress import bar

_SMALLEST_SAMPLE = 1000


@dataclass(frozen=True)
class Additive:
    """A linear model of transformed columns: score = base + the sum of every column's part.

    The part of a column is `weight * place(x) + present`, or `absent` where x is missing. A
    subclass defines `place`, the transformation of a column. Parts are centred over the training
    rows, so they are the SHAP values of a linear model (S. Lundberg and S. Lee, 2017, A unified
    approach to interpreting model predictions, corollary 1).

    `base` is one number; `weight`, `absent` and `present` hold one number a column.
    """

    base: float
    weight: list[float]
    absent: list[float]
    present: list[float]

    def scaled(self, slope: float) -> Self:
        """The same model with every score multiplied by `slope`."""
        parts = {
            name: (np.array(getattr(self, name)) * slope).tolist()
            for name in ("weight", "absent", "present")
        }
        return replace(self, base=self.base * slope, **parts)

    def state(self) -> dict[str, Any]:
        """The fields as plain JSON values; the class called with them gives the model back."""
        return asdict(self)

    def score(self, X: np.ndarray) -> np.ndarray:
        """Score of each row of X, float64[n], for X float64[n, p] with NaN for missing.

        Columns are added one after another, so a row's score does not depend on its neighbours.
        """
        total = np.full(len(X), self.base)
        for column in range(X.shape[1]):
            total += self._part(X[:, column], column)
        return total

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """The part of each column in each row's score, float64[n, p]; the base is not included."""
        return self.added(np.zeros(X.shape, order="F"), X)

    def added(self, values: np.ndarray, X: np.ndarray) -> np.ndarray:
        """`values` float64[n, p], to which the part of each column was added in place."""
        for column in range(X.shape[1]):
            if self.weight[column] or self.absent[column] or self.present[column]:
                values[:, column] += self._part(X[:, column], column)
        return values

    def _part(self, x: np.ndarray, column: int) -> np.ndarray:
        return np.where(
            np.isnan(x),
            self.absent[column],
            self.weight[column] * self._place(x, column) + self.present[column],
        )

    def _place(self, x: np.ndarray, column: int) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not define how a column is transformed")


def sample(rows: int, most: int, seed: int) -> np.ndarray:
    """Sorted positions int64[m] of a random sample of `rows` rows; all of them if they are few.

    The sample has `most` rows, but never fewer than 1,000. The seed alone decides which.

    >>> sample(3, 10, 0)
    array([0, 1, 2])
    """
    most = max(most, _SMALLEST_SAMPLE)
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def dummies(day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The k distinct days, sorted, and one 0/1 column a day, float64[n, k].

    A single day gets no column, because its effect would be the intercept.

    >>> dummies(np.array([7, 9, 7]))[1].tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    days, which = np.unique(day, return_inverse=True)
    return days, np.eye(len(days))[which] if len(days) > 1 else np.zeros((len(day), 0))


def by_row(day: np.ndarray, days: np.ndarray, effect: np.ndarray) -> np.ndarray:
    """Effect of each row's day, float64[n], looked up in `effect`, which belongs to `days`.

    A day that is not in `days`, or has no effect, gets 0.

    >>> by_row(np.array([7, 8, 9]), np.array([7, 9]), np.array([0.5, -0.5])).tolist()
    [0.5, 0.0, -0.5]
    """
    known = dict(zip(days.tolist(), effect.tolist(), strict=False))
    present, which = np.unique(day, return_inverse=True)
    return np.array([known.get(int(d), 0.0) for d in present])[which]


def out_of_fold(
    fit: Callable[[np.ndarray], tuple[Additive, np.ndarray]],
    X: np.ndarray,
    inner: Folds,
    threads: int = 1,
) -> np.ndarray:
    """Out-of-fold scores, float64[n]: each row is scored by a model that did not see its person.

    `fit` takes row positions and returns a model and day effects; the effects are not added. So
    many folds are fitted at a time as there are threads. Rows that no fold holds out get NaN.
    """
    scores = np.full(len(X), np.nan)

    def fill(fold: tuple[np.ndarray, np.ndarray]) -> None:
        """Score the rows that one fold holds out."""
        learn, held_out = fold
        model, _ = fit(learn)
        scores[held_out] = model.score(X[held_out])
        step(1)

    with bar("folds of the line", len(inner)) as step:
        side_by_side.each(fill, inner, side_by_side.shared(threads, len(inner))[0])
    return scores
