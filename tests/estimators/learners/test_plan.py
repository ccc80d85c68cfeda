"""Plan: LightGBM's parameters, by the number of rows."""

from __future__ import annotations

from churnlab.estimators.learners.chosen import TreeSize
from churnlab.estimators.learners.plan import TWEEDIE_POWER, Plan

PLAN = Plan("binary", 0.1, None, 60, 0.33, None, seed=7, threads=3)


def test_trees_are_smaller_where_rows_are_few() -> None:
    leaves = [PLAN.params(rows)["num_leaves"] for rows in (1000, 49_999, 50_000)]
    assert leaves == [7, 7, 15]
    assert [PLAN.params(rows)["min_child_samples"] for rows in (30, 600, 5000)] == [1, 30, 60]
    assert PLAN.params(30)["lambda_l2"] < PLAN.params(1000)["lambda_l2"]
    assert PLAN.params(5)["num_threads"] == 3 and PLAN.params(5)["seed"] == 7


def test_only_tweedie_has_a_power() -> None:
    assert "tweedie_variance_power" not in PLAN.params(100)
    tweedie = Plan("tweedie", 0.1, None, 60, 0.33, None, 0, 1).params(100)
    assert tweedie["tweedie_variance_power"] == TWEEDIE_POWER


def test_a_chosen_size_takes_the_place_of_what_folds_would_decide() -> None:
    sizes = (TreeSize(120, 7), TreeSize(30, 15))
    first, second = (PLAN.as_chosen(sizes, booster) for booster in (0, 1))
    assert (first.rounds, first.num_leaves) == (120, 7)
    assert (second.rounds, second.num_leaves) == (30, 15)
    assert first.sizes == second.sizes == sizes
