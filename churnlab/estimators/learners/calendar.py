"""Columns that tell a model which snapshot a row is of, and nothing about the person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.estimators.learners.folds import level

_FEWEST = 20
_YEAR = np.timedelta64(365, "D")


def shared(X: Any, matrix: np.ndarray, time: Any) -> np.ndarray:
    """Columns with one value for everybody at each snapshot, bool[p]; none where snapshots are one, unknown, of
    fewer than 20 rows in the mean, or a year apart and more.

    The length of the log and the month are such: within less than a year they number the cuts, so that a model that used them would carry the last
    cut's level, or its trend, on to the cuts that it is to predict. `time` is a snapshot for each row, or the index level
    snapshot of X (n, p) is taken; `matrix` float64[n, p] holds its numbers. FrameError when `time` has another length.

    >>> shared(None, np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 1.0], [2.0, np.nan]] * 10), [1, 1, 2, 2] * 10).tolist()
    [True, False]
    """
    time = level(X, "snapshot", time)
    if time is not None and len(time) != len(matrix):
        raise FrameError.from_wrong_length("time", len(time), len(matrix))
    cut, days = pd.factorize(
        np.asarray(time if time is not None else np.zeros(len(matrix))), sort=True
    )
    if (
        len(days) < 2
        or len(days) * _FEWEST > len(matrix)
        or (np.issubdtype(days.dtype, np.datetime64) and days[-1] - days[0] >= _YEAR)
    ):
        return np.zeros(matrix.shape[1], bool)
    same = np.arange(matrix.shape[1])
    for number in range(len(days)):
        part = matrix[np.ix_(cut == number, same)]
        same = same[((part == part[:1]) | (np.isnan(part) & np.isnan(part[:1]))).all(axis=0)]
    return np.isin(np.arange(matrix.shape[1]), same)
