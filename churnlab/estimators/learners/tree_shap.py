"""SHAP values of LightGBM's trees, for many rows at once: the one import of woodelf.

At a split a row goes left or right; the SHAP values of a tree depend on these answers alone. So a
small tree is explained once for each pattern of answers, and a row looks its pattern up; a large
one is explained leaf by leaf, by the rows' patterns on the way to the leaf (A. Nadel and
R. Wettenstein, 2025, From decision trees to Boolean logic: a fast and unified SHAP algorithm). The
values are those of S. Lundberg and others, 2020, From local explanations to global understanding
with explainable AI for trees, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
from woodelf.core.cube_metric import ShapleyValues
from woodelf.core.path_to_s_vectors.lts_recursive_p2s import LTSRecursivePathToSVectors
from woodelf.core.path_to_s_vectors.woodelf_p2s import HighDepthWoodelfPathToSVectors
from woodelf.core.trees.decision_trees_ensemble import DecisionTreeNode
from woodelf.high_depth_woodelf import woodelf_for_high_depth_single_tree
from woodelf.woodelf_sparse import sparse_path_dependent_single_tree

from churnlab.estimators.learners import splits
from churnlab.estimators.learners.splits import Tree
from churnlab.schema.progress import uncounted

_ALL_PATTERNS = 8  # splits of a tree whose patterns are all explained beforehand
_SEEN_PATTERNS = 16  # splits of a tree whose patterns are counted in each block of rows
_SPARSE_DEPTH = 10  # tables of deeper paths would be large
_DEEPEST_PAIRS = 12
_ROWS_A_PATTERN = 10
_MOST_ROWS = 65_536  # explained at a time
_FEWEST_ROWS = 16_384  # for which a further thread is worth its while


class TreeShap:
    """The trees of a booster, ready to explain rows; it is made once a booster and used again.

    text: the booster's. The booster must have one score a row.

    >>> values = np.zeros((2, 2))
    >>> TreeShap(splits.example()).add(np.array([[0.0, 2.0], [0.0, 9.0]]), values)
    >>> values.tolist()
    [[0.0, -0.5], [0.0, 1.5]]
    """

    def __init__(self, text: str) -> None:
        trees = list(splits.trees(text))
        roots = [_root(tree) for tree in trees]
        depth = max((root.depth for root in roots), default=0)
        tables = _Tables(ShapleyValues(), min(depth, _SPARSE_DEPTH))
        paths = _Paths(ShapleyValues(), depth)
        self._trees = [_Explained(*pair, tables, paths) for pair in zip(trees, roots, strict=True)]

    def add(
        self,
        X: np.ndarray,
        total: np.ndarray,
        threads: int = 1,
        step: Callable[[int], None] = uncounted,
    ) -> None:
        """Adds the SHAP values of the raw score of each row of X, float64[n, p], to `total`.

        total: float64[n, p] or wider, faster where it is stored by column. threads: their number
        changes no value. step: is told how many rows more are done.
        """
        blocks = max(-(-len(X) // _MOST_ROWS), min(threads, len(X) // _FEWEST_ROWS), 1)
        bounds = np.linspace(0, len(X), blocks + 1).astype(int)

        def explain(block: slice) -> int:
            """Add the values of all trees for one block of rows; the number of rows."""
            rows = X[block] if X.flags.f_contiguous else np.asfortranarray(X[block])
            for tree in self._trees:
                tree.add(rows, total[block])
            return len(rows)

        with ThreadPoolExecutor(threads) as pool:
            for done in pool.map(explain, map(slice, bounds[:-1], bounds[1:])):
                step(done)


class _Explained:
    """A tree that adds its SHAP values to those of the trees before it."""

    def __init__(self, tree: Tree, root: Any, tables: _Tables, paths: _Paths) -> None:
        self.tree = tree
        self.root = root
        self.tables = tables
        self.paths = paths
        self.columns = np.unique(tree.column).tolist()
        self.known: np.ndarray | None = None
        if tree.splits <= _ALL_PATTERNS:
            self.known = self._of_patterns(np.arange(2**tree.splits))

    def add(self, X: np.ndarray, total: np.ndarray) -> None:
        """Adds the values of the rows of X to `total`, float64[n, p]; both stored by column."""
        if self.tree.splits > _SEEN_PATTERNS:
            answers = {i: self.tree.goes_left(X, i) for i in range(self.tree.splits)}
            self._explain(pd.DataFrame(answers), {c: total[:, c] for c in self.columns})
            return
        pattern = self._patterns(X)
        if self.known is None:
            there = np.zeros(2**self.tree.splits, bool)
            there[pattern] = True
            place = np.cumsum(there) - 1
            pattern, table = place[pattern], self._of_patterns(np.flatnonzero(there))
        else:
            table = self.known
        for values, column in zip(table, self.columns, strict=True):
            total[:, column] += values[pattern]

    def _patterns(self, X: np.ndarray) -> np.ndarray:
        """The answers of each row as the bits of a number, that of the first split the lowest."""
        pattern = np.zeros(len(X), np.uint8 if self.tree.splits <= _ALL_PATTERNS else np.uint16)
        for i in range(self.tree.splits):
            left = self.tree.goes_left(X, i).astype(pattern.dtype)
            pattern = np.bitwise_or(pattern, np.left_shift(left, i, dtype=left.dtype), out=pattern)
        return pattern

    def _of_patterns(self, patterns: np.ndarray) -> np.ndarray:
        """The values of some patterns, float64[columns, patterns]."""
        bits = (patterns[:, None] >> np.arange(self.tree.splits)) & 1
        found = np.zeros((len(self.columns), len(patterns)))
        self._explain(pd.DataFrame(bits > 0), dict(zip(self.columns, found, strict=True)))
        return found

    def _explain(self, answers: pd.DataFrame, values: dict[int, np.ndarray]) -> None:
        """Adds the SHAP values of rows of answers to those of each column."""
        depth = self.root.depth
        pairs = depth <= _DEEPEST_PAIRS and len(answers) >= _ROWS_A_PATTERN * 2**depth
        if depth > _SPARSE_DEPTH:
            sparse_path_dependent_single_tree(self.root, answers, values, self.paths, False, pairs)
        else:
            woodelf_for_high_depth_single_tree(
                self.root, answers, None, values, self.tables, False, pairs
            )


class _Node(DecisionTreeNode):  # type: ignore[misc]
    """A split or a leaf of woodelf's, which takes a row's answers in place of its features."""

    def shall_go_left(self, row: Any, GPU: bool = False) -> Any:
        """Whether each row goes left here."""
        return row[self.index]


class _Tables(HighDepthWoodelfPathToSVectors):  # type: ignore[misc]
    """Woodelf's tables of short paths, in float64 where it has float32."""

    @staticmethod
    def compute_f_from_covers(covers: np.ndarray) -> np.ndarray:
        """The weight of each pattern on a path, float64[2 ** splits]."""
        weight = np.ones(1)
        for share in covers:
            weight = np.outer(weight, [1 - share, share]).ravel()
        return weight

    def _build_matrices(self) -> None:
        for depth in range(self.max_depth + 1):
            cubes = self.map_patterns_to_cube(list(range(depth)))
            table = self.build_patterns_to_values_sparse_matrix(cubes, self.metric)
            self.matrices_frs_subsets[depth] = list(table)
            self.matrices[depth] = np.array(list(table.values()), np.float64).T


class _Paths(LTSRecursivePathToSVectors):  # type: ignore[misc]
    """Woodelf's values of long paths, in float64 where it has float32."""

    def get_path_dependent_s_matrix(
        self,
        features_in_path: list[int],
        consumer_patterns: np.ndarray,
        covers: np.ndarray,
        w: float,
        w_neighbor: float | None = None,
    ) -> dict[int, np.ndarray]:
        """The values of each column on a path, float64[patterns]."""
        values = self._get_s_matrix(covers, consumer_patterns, w, w_neighbor)
        return dict(zip(features_in_path, values.T, strict=True))


def _root(tree: Tree) -> Any:
    """The tree as woodelf's nodes, of which the root is given."""
    inner = [
        _Node(int(c), 0.0, None, None, index=i, cover=float(n))
        for i, (c, n) in enumerate(zip(tree.column, tree.count, strict=False))
    ]
    leaves = [
        _Node(None, float(v), None, None, index=tree.splits + i, cover=float(n))
        for i, (v, n) in enumerate(zip(tree.value, tree.count[tree.splits :], strict=True))
    ]
    nodes = inner + leaves
    for node, left, right in zip(inner, tree.left.tolist(), tree.right.tolist(), strict=True):
        node.left, node.right = (nodes[i if i >= 0 else tree.splits + ~i] for i in (left, right))
        node.left.parent = node.right.parent = node
    inner[0].depth = inner[0].get_depth()
    return inner[0]
