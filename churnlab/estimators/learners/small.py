"""Small data: what the churn blend is where few people left; experiments/small_data chose it.

Few leavers cannot tell which of many columns matter. Then the trees are left out, and the line is
held the closer to the base rate the fewer leavers there are.
"""

from __future__ import annotations

import numpy as np

FEW = 300
ENOUGH = 500


def rarer(y: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The number of rows of the rarer class. y: 0 or 1, float64[n]; weight: float64[n].

    >>> rarer(np.array([0.0, 0.0, 1.0]))
    1.0
    """
    counts = np.ones(len(y)) if weight is None else weight
    return float(min((counts * y).sum(), (counts * (1 - y)).sum()))


def line_alone(y: np.ndarray, weight: np.ndarray | None = None) -> bool:
    """Whether the rarer class has fewer than 300 rows: too few for trees beside the line.

    >>> line_alone(np.array([0.0, 1.0])), line_alone(np.arange(600.0) % 2)
    (True, False)
    """
    return rarer(y, weight) < FEW


def strength(y: np.ndarray, weight: np.ndarray | None, most: float) -> float:
    """How freely the line follows the labels, scikit-learn's C: `most` from 500 rows on.

    With fewer rows of the rarer class it falls in proportion, which is a stronger penalty.

    >>> strength(np.arange(200.0) % 2, None, most=0.05)
    0.01
    """
    return most * min(1.0, max(rarer(y, weight), 1.0) / ENOUGH)
