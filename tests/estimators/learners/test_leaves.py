"""Leaves of boosters: their values can be read and set, and the ones reached add up to the score."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.estimators.learners import boosting, leaves
from churnlab.estimators.learners.plan import Plan

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 2))
PLAN = Plan("regression", 0.1, 5, 20, 1.0, 8, seed=0, threads=1)


@pytest.mark.parametrize("y", [X[:, 0] ** 2, np.zeros(300)], ids=["trees", "single leaves"])
def test_the_leaves_that_a_row_reaches_add_up_to_its_score(y: np.ndarray) -> None:
    booster, _ = boosting.fit(PLAN, X, y, [], [])
    values = leaves.values(booster)
    reached = leaves.reached(booster, X)
    assert reached.shape == (300, booster.num_trees()) and reached.dtype == np.int64
    total = sum(value[reached[:, tree]] for tree, value in enumerate(values))
    np.testing.assert_allclose(total, boosting.raw(booster, X, 1), atol=1e-12)


def test_leaves_with_other_values_give_another_score() -> None:
    booster, _ = boosting.fit(PLAN, X, X[:, 0], [], [])
    before = boosting.raw(booster, X, 1)
    changed = boosting.with_leaves(booster, [2 * v for v in leaves.values(booster)])
    np.testing.assert_allclose(boosting.raw(changed, X, 1), 2 * before, atol=1e-12)
    assert [len(v) for v in leaves.values(changed)] == [5] * 8
