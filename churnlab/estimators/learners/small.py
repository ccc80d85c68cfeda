"""Small data: what the churn blend is where few people left; experiments/small_data chose it.

Few leavers cannot tell which of many columns matter. Then the trees have to show that they are
worth a share, and the line is held the closer to the base rate the fewer leavers there are for each
column.
"""

from __future__ import annotations

import numpy as np

FEW = 1.5
EQUAL_SHARE = 0.5
ENOUGH = 3.0
LEAST = 0.4


def rows_a_column(y: np.ndarray, weight: np.ndarray | None, columns: int) -> float:
    """Rows of the rarer class for each column. y: 0 or 1, float64[n]; weight: float64[n] or None.

    P. Peduzzi and others (1996), A simulation study of the number of events per variable in
    logistic regression analysis.

    >>> rows_a_column(np.array([0.0, 0.0, 0.0, 1.0, 1.0]), None, columns=4)
    0.5
    """
    counts = np.ones(len(y)) if weight is None else weight
    return float(min((counts * y).sum(), (counts * (1 - y)).sum()) / max(columns, 1))


def wanted_share(y: np.ndarray, weight: np.ndarray | None, columns: int) -> float:
    """Share of the trees in the blend unless the folds show that another is better.

    It is one half, and 0 where the rarer class has fewer than 1.5 rows a column: there the folds
    must show by more than a standard error that trees are worth a share.

    >>> wanted_share(np.arange(600.0) % 2, None, columns=300)
    0.0
    >>> wanted_share(np.arange(600.0) % 2, None, columns=20)
    0.5
    """
    return 0.0 if rows_a_column(y, weight, columns) < FEW else EQUAL_SHARE


def strength(y: np.ndarray, weight: np.ndarray | None, columns: int) -> float:
    """The share of its usual freedom that the line has, in [0.4, 1].

    It is 1 from three rows of the rarer class a column on, and falls in proportion below. It never
    falls below 0.4: calibration cannot undo a stronger penalty where a signal is strong.

    >>> strength(np.arange(600.0) % 2, None, columns=200)
    0.5
    """
    return min(1.0, max(rows_a_column(y, weight, columns) / ENOUGH, LEAST))
