"""Splits read from LightGBM's text: rows go where LightGBM sends them."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from churnlab.estimators.learners import leaves, splits

RNG = np.random.default_rng(0)
ROWS = 3000


def made_rows() -> tuple[np.ndarray, np.ndarray]:
    """Numbers with gaps and zeros, a column without gaps, and category codes up to 70."""
    X = RNG.normal(size=(ROWS, 4))
    X[::7, 0] = np.nan
    X[::5, 1] = 0.0
    X[:, 3] = RNG.integers(0, 70, ROWS)
    y = np.nan_to_num(X[:, 0]) + X[:, 1] * X[:, 2] + np.isin(X[:, 3] % 5, [1, 3])
    return X, y


def reached(tree: splits.Tree, X: np.ndarray) -> list[int]:
    """The leaf of each row, found one row and one split at a time."""
    found = []
    for row in X:
        at = 0
        while at >= 0:
            left = tree.goes_left(row[None], at)[0]
            at = int((tree.left if left else tree.right)[at])
        found.append(~at)
    return found


@pytest.mark.parametrize("more", [{}, {"zero_as_missing": True}, {"use_missing": False}])
def test_rows_reach_the_leaves_that_lightgbm_says(more: dict[str, bool]) -> None:
    X, y = made_rows()
    data = lightgbm.Dataset(X, y, categorical_feature=[3], params={"verbosity": -1, **more})
    booster = lightgbm.train({"num_leaves": 9, "verbosity": -1, "num_threads": 1, **more}, data, 5)
    asked = X[:300].copy()
    asked[::4] = np.nan  # gaps where training had none, and unknown categories
    asked[1::9, 3] = 500
    asked[2::9, 3] = -1
    asked[3::9, 1] = 1e-40
    trees = list(splits.trees(booster.model_to_string()))
    assert any(tree.categories for tree in trees)
    wanted = leaves.reached(booster, asked)
    np.testing.assert_array_equal(np.array([reached(t, asked) for t in trees]).T, wanted)


def test_counts_and_values_are_those_of_the_text() -> None:
    X, y = made_rows()
    data = lightgbm.Dataset(X, y, params={"verbosity": -1})
    booster = lightgbm.train({"num_leaves": 4, "verbosity": -1, "num_threads": 1}, data, 2)
    for tree, values in zip(
        splits.trees(booster.model_to_string()), leaves.values(booster), strict=True
    ):
        np.testing.assert_array_equal(tree.value, values)
        assert tree.count[0] == tree.count[tree.splits :].sum() == ROWS
