"""TrainingRows: some of them, and without their snapshots."""

from __future__ import annotations

import numpy as np

from churnlab.estimators.learners.training_rows import TrainingRows

ROWS = TrainingRows(
    X=np.arange(8.0).reshape(4, 2),
    y=np.array([0.0, 1.0, 0.0, 2.0]),
    cut=np.array([0, 0, 1, 2]),
    person=np.array([0, 1, 0, 1]),
    categorical=[1],
    seed=7,
    spending=0,
)


def test_taken_rows_stay_aligned_and_keep_the_rest() -> None:
    taken = ROWS.take(np.array([3, 0]))
    assert taken.X.tolist() == [[6.0, 7.0], [0.0, 1.0]]
    assert (taken.y.tolist(), taken.day.tolist(), taken.person.tolist()) == ([2, 0], [2, 0], [1, 0])
    assert (taken.categorical, taken.seed, taken.spending) == ([1], 7, 0)


def test_undated_rows_have_one_snapshot() -> None:
    undated = ROWS.undated()
    assert undated.day.tolist() == [0, 0, 0, 0] and ROWS.day.any()
    assert undated.cut.tolist() == [0, 0, 1, 2]
    assert undated.X is ROWS.X
