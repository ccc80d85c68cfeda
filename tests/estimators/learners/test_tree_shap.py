"""TreeShap: the SHAP values of the definition, for trees of any depth."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest

from churnlab.estimators.learners import splits, tree_shap
from churnlab.estimators.learners.splits import Tree
from churnlab.estimators.learners.tree_shap import TreeShap

RNG = np.random.default_rng(0)


def made_rows(rows: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Six columns, one with gaps and one with category codes, and what follows from them."""
    X = RNG.normal(size=(rows, 6))
    X[::7, 0] = np.nan
    X[:, 5] = RNG.integers(0, 9, rows)
    y = np.nan_to_num(X[:, 0]) * X[:, 1] + np.sin(3 * X[:, 2]) + np.isin(X[:, 5], [2, 3, 7])
    return X, y


def grown(leaves: int, rounds: int = 3, **more: object) -> tuple[lightgbm.Booster, np.ndarray]:
    """A booster whose trees have so many leaves, and its rows."""
    X, y = made_rows()
    data = lightgbm.Dataset(X, y, categorical_feature=[5], params={"verbosity": -1, **more})
    params = {"num_leaves": leaves, "verbosity": -1, "num_threads": 1, "min_child_samples": 3}
    return lightgbm.train(params | more, data, rounds), X


def expected(tree: Tree, x: np.ndarray, known: frozenset[int], at: int = 0) -> float:
    """What a tree gives a row of which some columns are known: both ways, by training rows, else."""
    if at < 0:
        return float(tree.value[~at])
    both = int(tree.left[at]), int(tree.right[at])
    if tree.column[at] in known:
        return expected(tree, x, known, both[0 if tree.goes_left(x[None], at)[0] else 1])
    rows = [tree.count[i if i >= 0 else tree.splits + ~i] for i in both]
    parts = [n * expected(tree, x, known, i) for n, i in zip(rows, both, strict=True)]
    return sum(parts) / sum(rows)


def by_definition(trees: list[Tree], x: np.ndarray) -> list[float]:
    """Shapley's values of a row: a column's mean gain over all sets of the other columns."""
    p = len(x)
    found = []
    for column in range(p):
        others = [c for c in range(p) if c != column]
        value = 0.0
        for size in range(p):
            weight = factorial(size) * factorial(p - size - 1) / factorial(p)
            for known in map(frozenset, combinations(others, size)):
                both = [sum(expected(t, x, s) for t in trees) for s in (known | {column}, known)]
                value += weight * (both[0] - both[1])
        found.append(value)
    return found


def explained(booster: lightgbm.Booster, X: np.ndarray, threads: int = 1) -> np.ndarray:
    """TreeShap's values."""
    found = np.zeros(X.shape)
    TreeShap(booster.model_to_string()).add(X, found, threads)
    return found


@pytest.mark.parametrize("leaves", [2, 7, 15])
def test_the_values_are_those_of_the_definition(leaves: int) -> None:
    booster, X = grown(leaves)
    trees = list(splits.trees(booster.model_to_string()))
    wanted = [by_definition(trees, x) for x in X[:6]]
    np.testing.assert_allclose(explained(booster, X[:6]), wanted, atol=1e-12)


@pytest.mark.parametrize("leaves", [7, 9, 15, 40, 200])
@pytest.mark.parametrize("more", [{}, {"zero_as_missing": True}])
def test_trees_of_any_size_are_explained_as_lightgbm_does(
    leaves: int, more: dict[str, bool]
) -> None:
    booster, X = grown(leaves, **more)
    X = np.where(RNG.random(X.shape) < 0.1, 0.0, X)
    wanted = booster.predict(X, pred_contrib=True, num_threads=1)[:, :-1]
    np.testing.assert_allclose(explained(booster, X), wanted, atol=1e-12)


def test_deep_paths_are_explained_too() -> None:
    X = (RNG.random((4000, 20)) < 0.85).astype(float)
    first = np.cumprod(X, axis=1).sum(axis=1)  # how many ones a row begins with
    data = lightgbm.Dataset(X, first**2, params={"verbosity": -1})
    params = {"num_leaves": 20, "verbosity": -1, "num_threads": 1, "min_child_samples": 3}
    booster = lightgbm.train(params, data, 2)
    depths = [tree_shap._root(t).depth for t in splits.trees(booster.model_to_string())]
    assert max(depths) > 12
    wanted = booster.predict(X, pred_contrib=True, num_threads=1)[:, :-1]
    np.testing.assert_allclose(explained(booster, X), wanted, atol=1e-12)


def test_neither_blocks_nor_threads_nor_the_order_in_memory_change_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    booster, X = grown(12)
    wanted = explained(booster, X)
    monkeypatch.setattr(tree_shap, "_MOST_ROWS", 300)
    monkeypatch.setattr(tree_shap, "_FEWEST_ROWS", 100)
    np.testing.assert_allclose(explained(booster, np.asfortranarray(X), 2), wanted, atol=1e-14)


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    booster, X = grown(40)
    explained(booster, X)
    assert capfd.readouterr() == ("", "")


def test_rows_done_are_told() -> None:
    booster, X = grown(7)
    told: list[int] = []
    TreeShap(booster.model_to_string()).add(X, np.zeros(X.shape), 1, told.append)
    assert sum(told) == len(X)
