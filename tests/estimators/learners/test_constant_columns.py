"""Columns that number the snapshots: which are found, and where none may be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.estimators.learners.constant_columns import constant_at_each_snapshot

SNAPSHOT = np.repeat(pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"]), 30)
LOG_DAYS = np.repeat([10.0, 41.0, 69.0], 30)
MISSING_ONCE = np.repeat([np.nan, 1.0, 2.0], 30)
OWN = np.random.default_rng(0).normal(size=90)
MATRIX = np.column_stack([LOG_DAYS, OWN, MISSING_ONCE, np.full(90, 5.0)])


def test_columns_with_one_value_a_snapshot_are_found_missing_ones_too() -> None:
    found = constant_at_each_snapshot(None, MATRIX, SNAPSHOT)
    assert found.tolist() == [True, False, True, True]
    index = pd.MultiIndex.from_arrays([range(90), SNAPSHOT], names=["user_id", "snapshot"])
    X = pd.DataFrame(MATRIX, index=index)
    np.testing.assert_array_equal(constant_at_each_snapshot(X, MATRIX, None), found)
    one_differs = MATRIX.copy()
    one_differs[7] += 1
    assert not constant_at_each_snapshot(None, one_differs, SNAPSHOT)[[0, 3]].any()


def test_snapshots_that_cannot_be_numbered_leave_all_columns() -> None:
    apart_by_a_year = pd.Series(SNAPSHOT).replace(SNAPSHOT[60], pd.Timestamp("2027-03-01"))
    for time in (None, np.zeros(90), np.arange(90), apart_by_a_year):
        assert not constant_at_each_snapshot(None, MATRIX, time).any()
    with pytest.raises(FrameError, match="time has 3 values"):
        constant_at_each_snapshot(None, MATRIX, [1, 2, 3])
