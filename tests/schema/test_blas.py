"""Matrices on one thread: the same bits however many threads BLAS may use."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.loglinear import LogLinear
from churnlab.evaluation.calibration import calibration_slope
from churnlab.schema.blas import ONE_BLAS_THREAD


def blas() -> list[int]:
    return [part["num_threads"] for part in threadpool_info() if part["user_api"] == "blas"]


def test_the_threads_come_back() -> None:
    before = blas()
    with ONE_BLAS_THREAD:
        assert set(blas()) == {1}
    assert blas() == before


@pytest.mark.parametrize("median", [False, True])
def test_lines_are_the_same_on_any_number_of_blas_threads(median: bool) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 40))
    X[rng.random(X.shape) < 0.05] = np.nan
    amounts = np.maximum(np.nan_to_num(X[:, 0]) + rng.normal(size=len(X)), 0)
    day = np.zeros(len(X), int)
    found = []
    for threads in (1, 4):
        with threadpool_limits(threads, "blas"):
            line, _ = LogLinear.fit(X, amounts, day, [], 0, median=median)
            ranks, _ = RankLogistic.fit(X, (amounts > 0) * 1.0, day, [], 0)
            slope = calibration_slope(amounts > 0, 1 / (1 + np.exp(-np.nan_to_num(X[:, 0]))))
        found.append((line, ranks, slope))
    assert found[0] == found[1]
