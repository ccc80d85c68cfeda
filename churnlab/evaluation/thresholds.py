"""Thresholds: whom a cut takes, how right it is, and what acting on it brings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import HistoryError
from churnlab.evaluation.metrics import by_score
from churnlab.evaluation.profit import contact_profit

STEPS = 200


def threshold_table(
    y: np.ndarray, p: np.ndarray, value: np.ndarray | float | None = None, **costs: Any
) -> pd.DataFrame:
    """For each cut: the people at or above it, precision, recall and the profit of contacting them.

    `y` float64[n] is 1 for a person who left, `p` float64[n] the risk. Columns: cut, people, share
    (of people), precision (the share of those taken that left), recall (the share of those who left
    that is taken), profit (money, by the outcomes; missing without `value`). `value` and `costs`
    (gamma, incentive, contact) are those of `profit.contact_profit`. At most STEPS cuts are kept,
    spread over the people; people of equal risk enter together. HistoryError where nobody left.

    >>> y, p = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.6, 0.4, 0.1])
    >>> threshold_table(y, p)[["cut", "people", "precision", "recall"]].round(2).head(2)
       cut  people  precision  recall
    0  0.9       1        1.0     0.5
    1  0.6       2        0.5     0.5
    """
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    if not y.sum():
        raise HistoryError.from_one_class("churned", 0, len(y))
    own = np.full(len(y), np.nan) if value is None else contact_profit(y, value, **costs)
    left, people, money = (c.cumsum() for c in by_score(p, y, np.ones(len(y)), own))
    table = pd.DataFrame(
        {
            "cut": np.unique(p)[::-1],
            "people": people.astype(int),
            "share": people / len(y),
            "precision": left / people,
            "recall": left / y.sum(),
            "profit": money,
        }
    )
    return table.iloc[_spread(people)].reset_index(drop=True)


def _spread(people: np.ndarray) -> np.ndarray:
    """Places of at most STEPS cuts, spread over the people; the first and the last among them."""
    wanted = np.linspace(people[0], people[-1], STEPS)
    return np.unique(np.searchsorted(people, wanted))
