"""TrainingRows: the matrix, labels, snapshots and people that the blends learn from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class TrainingRows:
    """Rows to learn from.

    X: float64[n, p], NaN for missing. y: float64[n]; 0 or 1 for churn, else amounts of at least 0
    with a mean near 1. cut: snapshot of each row as a code in the order of time, int64[n]. person:
    person of each row as a code from 0, int64[n]. categorical: positions of the columns that hold
    category codes. seed: seed of every random choice. spending: position of the column of expected
    spending, or None. weight: how often each row counts, float64[n]; None for once. dated: whether
    snapshots may have effects of their own. strength: that of the logistic line in an earlier fit
    (`learners.small`), or None.
    """

    X: np.ndarray
    y: np.ndarray
    cut: np.ndarray
    person: np.ndarray
    categorical: list[int]
    seed: int
    spending: int | None = None
    weight: np.ndarray | None = None
    dated: bool = True
    strength: float | None = None

    def take(self, at: np.ndarray) -> TrainingRows:
        """The rows at the positions `at`."""
        return replace(
            self,
            X=self.X[at],
            y=self.y[at],
            cut=self.cut[at],
            person=self.person[at],
            weight=None if self.weight is None else self.weight[at],
        )

    def counts(self) -> np.ndarray:
        """How often each row counts, float64[n]."""
        return np.ones(len(self.y)) if self.weight is None else self.weight

    @property
    def day(self) -> np.ndarray:
        """The snapshot that may have an effect of its own, int64[n]; all 0 where none may."""
        return self.cut if self.dated else np.zeros(len(self.y), np.int64)

    def undated(self) -> TrainingRows:
        """The same rows, of which no day effect is learnt."""
        return replace(self, dated=False)
