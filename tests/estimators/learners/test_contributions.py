"""Contributions: fast for many rows, checked at each use, LightGBM's own where the check fails."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from support.made_models import known_shop

from churnlab.estimators.learners import boosting, contributions, forest, tree_shap
from churnlab.estimators.learners.contributions import FEW_ROWS
from churnlab.estimators.learners.custom_loss import CustomLoss
from churnlab.estimators.learners.objectives import ziln_gradients, ziln_loss, ziln_start
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.splits import Tree
from churnlab.estimators.learners.training_rows import TrainingRows

FRAME, Y, _ = known_shop()
X = np.vstack([FRAME.to_numpy()] * 4)[: FEW_ROWS + 1]
AMOUNTS = Y / Y.mean()
PLAN = Plan("poisson", 0.1, 7, 20, 1.0, 12, seed=0, threads=1)


@pytest.fixture
def booster() -> Any:
    return boosting.fit(PLAN, FRAME.to_numpy(), AMOUNTS, [0], [])[0]


def by_lightgbm(booster: Any, X: np.ndarray) -> np.ndarray:
    return booster.predict(X, pred_contrib=True, num_threads=1)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of each use of TreeShap."""
    rows: list[int] = []
    add = tree_shap.TreeShap.add

    def counted(self: Any, X: np.ndarray, *more: Any) -> None:
        rows.append(len(X))
        add(self, X, *more)

    monkeypatch.setattr(tree_shap.TreeShap, "add", counted)
    return rows


@pytest.mark.parametrize(("rows", "fast"), [(FEW_ROWS, []), (FEW_ROWS + 1, [FEW_ROWS + 1])])
def test_only_many_rows_are_explained_fast(
    booster: Any, used: list[int], rows: int, fast: list[int]
) -> None:
    found = contributions.contributions(booster, X[:rows], 1)
    np.testing.assert_allclose(found, by_lightgbm(booster, X[:rows]), atol=1e-9)
    assert used == fast


def test_a_forest_is_explained_as_exactly(used: list[int]) -> None:
    n = len(FRAME)
    rows = TrainingRows(FRAME.to_numpy(), AMOUNTS, np.zeros(n, np.int64), np.arange(n), [0], 0)
    grown = forest.fit(forest.VALUE, PLAN, rows, [])[0]
    found = contributions.contributions(grown, X, 1)
    np.testing.assert_allclose(found, by_lightgbm(grown, X), atol=1e-9)
    assert used == [len(X)]


def test_wrong_values_are_not_used_and_it_is_said(
    booster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(tree: Tree, X: np.ndarray, split: int) -> np.ndarray:
        return ~goes_left(tree, X, split)

    goes_left = Tree.goes_left
    monkeypatch.setattr(Tree, "goes_left", wrong)
    with pytest.warns(UserWarning, match=r"not used \(they differ from LightGBM's by"):
        found = contributions.contributions(booster, X, 1)
    np.testing.assert_array_equal(found, by_lightgbm(booster, X))


def test_a_booster_that_cannot_be_read_is_explained_by_lightgbm_and_it_is_said(
    booster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(text: str) -> None:
        raise KeyError("num_leaves")

    monkeypatch.setattr(contributions, "TreeShap", odd)
    with pytest.warns(UserWarning, match=r"not used \(KeyError: 'num_leaves'\): LightGBM explains"):
        found = contributions.contributions(booster, X, 1)
    np.testing.assert_array_equal(found, by_lightgbm(booster, X))


def test_a_booster_is_made_ready_once_and_forgotten_with_it(
    booster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(
        contributions, "TreeShap", lambda text: made.append(1) or tree_shap.TreeShap(text)
    )
    before = len(contributions._ready)
    for _ in range(2):
        contributions.contributions(booster, X, 1)
    assert made == [1] and len(contributions._ready) == before + 1
    assert pickle.loads(pickle.dumps(booster)) not in contributions._ready


def test_several_scores_a_row_are_lightgbms(booster: Any, used: list[int]) -> None:
    three = boosting.fit_custom(PLAN, _three_scores(), FRAME.to_numpy(), AMOUNTS, [0], [])[0]
    assert contributions.contributions(three, X, 1).shape == (len(X), 3 * (X.shape[1] + 1))
    assert used == []


def _three_scores() -> Any:
    return CustomLoss(ziln_gradients, ziln_loss, ziln_start(AMOUNTS, None))
