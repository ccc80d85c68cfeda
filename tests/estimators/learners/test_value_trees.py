"""Trees of amounts: four objectives, their amounts, and data with few payers."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_models import known_shop

from churnlab.estimators.learners import folds, value_trees
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows

FRAME, AMOUNTS, TRUTH = known_shop()
X = FRAME.to_numpy()
Y = AMOUNTS / AMOUNTS.mean()
PLAN = Plan("tweedie", 0.1, 7, 20, 1.0, 40, seed=0, threads=1)
INNER = folds.by_person(np.arange(len(Y)), 0)


def rows(y: np.ndarray) -> TrainingRows:
    return TrainingRows(X, y, np.zeros(len(y), int), np.arange(len(y)), [], seed=0)


@pytest.mark.parametrize("objective", value_trees.OBJECTIVES)
def test_out_of_fold_amounts_follow_the_truth_and_are_rescaled(objective: str) -> None:
    booster, unseen, _ = value_trees.grow(objective, PLAN, rows(Y), INNER)
    amounts = value_trees.amounts(objective, unseen)
    assert unseen.shape == (len(Y),) and (amounts >= 0).all()
    assert np.corrcoef(np.log1p(amounts), np.log1p(TRUTH))[0, 1] > 0.65
    before = value_trees.amounts(objective, value_trees.raw(objective, booster, X, 1))
    doubled = value_trees.rescaled(objective, booster, 2.0)
    after = value_trees.amounts(objective, value_trees.raw(objective, doubled, X, 1))
    np.testing.assert_allclose(after, 2 * before, rtol=1e-9)


@pytest.mark.parametrize("objective", value_trees.OBJECTIVES)
def test_without_folds_there_are_no_out_of_fold_amounts(objective: str) -> None:
    booster, unseen, _ = value_trees.grow(objective, PLAN, rows(Y), [])
    assert unseen is None
    assert np.isfinite(value_trees.raw(objective, booster, X, 1)).all()


def test_a_hurdle_with_few_payers_is_tweedie() -> None:
    few = np.where(np.arange(len(Y)) < 9, 1.0, 0.0)
    hurdle, *_ = value_trees.grow("hurdle", PLAN, rows(few), [])
    tweedie, *_ = value_trees.grow("tweedie", PLAN, rows(few), [])
    np.testing.assert_array_equal(
        value_trees.raw("hurdle", hurdle, X, 1), value_trees.raw("tweedie", tweedie, X, 1)
    )


def test_a_hurdle_whose_folds_have_few_payers_has_no_out_of_fold_amounts() -> None:
    some = np.where(np.arange(len(Y)) < 30, 1.0, 0.0)
    booster, unseen, _ = value_trees.grow("hurdle", PLAN, rows(some), INNER)
    assert unseen is None and booster.num_trees() > 40
