"""Columns with one value for everybody at each snapshot: they number the snapshots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.estimators.learners.folds import level

_MIN_ROWS_A_SNAPSHOT = 20
_YEAR = np.timedelta64(365, "D")


def constant_at_each_snapshot(X: Any, matrix: np.ndarray, time: Any) -> np.ndarray:
    """True for each column that has one value for everybody at each snapshot, bool[p].

    Examples are the length of the log and the month. Within less than a year such a column numbers
    the snapshots: a model that used it would carry the last snapshot's level, or its trend, on to
    the snapshots that it is to predict.

    All are False with a single snapshot or none known, with fewer than 20 rows a snapshot on
    average, and where the first and the last snapshot are a year or more apart.

    matrix: the numbers of X, float64[n, p]. time: a snapshot for each row; None takes the index
    level snapshot of X. FrameError when `time` does not have one value a row.

    >>> matrix = np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 1.0], [2.0, np.nan]] * 10)
    >>> constant_at_each_snapshot(None, matrix, time=[1, 1, 2, 2] * 10).tolist()
    [True, False]
    """
    columns = matrix.shape[1]
    time = level(X, "snapshot", time)
    if time is None:
        return np.zeros(columns, bool)
    if len(time) != len(matrix):
        raise FrameError.from_wrong_length("time", len(time), len(matrix))
    snapshot, days = pd.factorize(np.asarray(time), sort=True)
    if not _can_be_numbered(days, len(matrix)):
        return np.zeros(columns, bool)
    constant = np.arange(columns)
    for number in range(len(days)):
        rows = matrix[np.ix_(snapshot == number, constant)]
        first = rows[:1]
        equal = (rows == first) | (np.isnan(rows) & np.isnan(first))
        constant = constant[equal.all(axis=0)]
    return np.isin(np.arange(columns), constant)


def _can_be_numbered(days: np.ndarray, rows: int) -> bool:
    """Whether there are several snapshots, with enough rows each, less than a year apart."""
    if len(days) < 2 or len(days) * _MIN_ROWS_A_SNAPSHOT > rows:
        return False
    dated = np.issubdtype(days.dtype, np.datetime64)
    return not (dated and days[-1] - days[0] >= _YEAR)
