"""Strata of silence: figures among people who were seen lately, some time ago and long ago.

Days since the last active day alone tell who is silent. A model earns its keep among people who
were seen a short while ago, so figures of all people together hide what is hard.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.evaluation.judge import Judge
from churnlab.evaluation.metric_table import headline


def recent_half(last: np.ndarray) -> np.ndarray:
    """The half of the rows with the fewest days since the last active day, bool[n].

    `last` float64[n], in days; NaN where there is none, which counts as the longest ago. Rows of
    equal days are all inside or all outside: of the bounds in whole days, the one that gives the
    share nearest to a half, the shorter of equals. A share is above 0, so the half is never empty.

    >>> recent_half(np.array([1.0, 1.0, 1.0, 9.0, np.nan])).tolist()
    [True, True, True, False, False]
    """
    days = np.where(np.isnan(last), np.inf, np.asarray(last, np.float64))
    bounds, rows = np.unique(days, return_counts=True)
    if not len(bounds):
        return np.zeros(0, bool)
    nearest = np.abs(2 * rows.cumsum() - len(days)).argmin()
    return np.asarray(days <= bounds[nearest])


def among_recent(
    predictions: Mapping[str, np.ndarray],
    y: np.ndarray,
    users: np.ndarray,
    last: np.ndarray,
    *,
    target: str = "churned",
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """The headline metric of each contender among the half of the rows seen most recently.

    `predictions` float64[n] by contender; `churnlab` is the model. `y` float64[n] labels, `users`
    [n] the person of each row, `last` float64[n] days since the last active day. Columns:
    contender, metric, value, low, high, difference, difference_low, difference_high; a difference
    is the model minus the contender, and 95% intervals come from `draws` resamples of people, the
    same for all. FrameError where the lengths differ.

    >>> days = np.array([1.0, 2, 3, 4, 30, 40, 50, 60])
    >>> y = np.array([0.0, 1, 0, 1, 1, 1, 1, 1])
    >>> found = among_recent({"churnlab": y, "recency": days}, y, np.arange(8), days, draws=20)
    >>> found.set_index("contender")["value"].to_dict()
    {'churnlab': 1.0, 'recency': 0.75}
    """
    for name, values in {"users": users, "last": last, **predictions}.items():
        if len(values) != len(y):
            raise FrameError.from_wrong_length(name, len(values), len(y))
    inside = recent_half(np.asarray(last, np.float64))
    said = {name: np.asarray(p, np.float64)[inside] for name, p in predictions.items()}
    judge = Judge(target, (headline(target),), draws, seed)
    return judge.table(said, np.asarray(y, np.float64)[inside], np.asarray(users)[inside])
