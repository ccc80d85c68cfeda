"""The weeks in which people leave: labels of a hazard, and who is at risk when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError, HistoryError
from churnlab.estimators.labels import class_labels

FEWEST_AT_RISK = 20


def weeks_of(y: Any, rows: int, model: str) -> tuple[np.ndarray, np.ndarray]:
    """leaves_week (-1 where not observed to leave) and known_weeks, int64[n] each, checked.

    y: a frame with these columns, or an array or series of two classes, as of ChurnClassifier:
    the larger class left in week 0, and nothing is known about later weeks. `model` is the class
    that is fitted, for messages.

    FrameError for a frame without the columns, for impossible weeks, and as `labels.class_labels`;
    HistoryError for a single class.

    >>> y = pd.DataFrame({"leaves_week": [1, np.nan], "known_weeks": [3, 2]})
    >>> weeks_of(y, 2, "ChurnHazard")
    (array([ 1, -1]), array([3, 2]))
    >>> weeks_of([False, True], 2, "ChurnHazard")
    (array([-1,  0]), array([1, 1]))
    """
    if not isinstance(y, pd.DataFrame):
        classes, churned = np.unique(class_labels(y, rows, model), return_inverse=True)
        if len(classes) == 1:
            raise HistoryError.from_one_class("y", classes[0], rows)
        return churned.astype(np.int64) - 1, np.ones(rows, np.int64)
    missing = [c for c in ("leaves_week", "known_weeks") if c not in y]
    if missing:
        raise FrameError.from_missing_columns("y", missing, y.columns)
    if len(y) != rows:
        raise FrameError.from_wrong_length("y", len(y), rows)
    known = y["known_weeks"].to_numpy(np.float64)
    whole = (known >= 0) & np.isfinite(known) & (known % 1 == 0)
    _refuse_weeks("known_weeks", known, ~whole, "whole weeks from 0")
    leaves = y["leaves_week"].to_numpy(np.float64)
    possible = np.isnan(leaves) | ((leaves >= 0) & (leaves < known) & (leaves % 1 == 0))
    wanted = "whole weeks from 0 to below known_weeks, or nothing"
    _refuse_weeks("leaves_week", leaves, ~possible, wanted)
    return np.where(np.isnan(leaves), -1, leaves).astype(np.int64), known.astype(np.int64)


def _refuse_weeks(column: str, values: np.ndarray, wrong: np.ndarray, wanted: str) -> None:
    if wrong.any():
        raise FrameError.from_bad_label(column, values[wrong][0], int(wrong.sum()), wanted)


def at_risk(leaves: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Snapshot and week of every observed week whose person had not left before it, int64[m] each.

    The weeks of a snapshot are adjacent.

    >>> at_risk(np.array([0, -1]), np.array([3, 2]))
    (array([0, 1, 1]), array([0, 0, 1]))
    """
    count = np.where(leaves >= 0, np.minimum(leaves + 1, known), known)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)


def last_week(week: np.ndarray) -> int:
    """Last week up to which every week was reached by 20 snapshots; at least 0.

    >>> last_week(np.repeat([0, 1, 2], [40, 20, 19]))
    1
    """
    short = np.flatnonzero(np.bincount(week, minlength=1) < FEWEST_AT_RISK)
    return max(0, int(short[0]) - 1) if len(short) else int(week.max(initial=0))
