"""The splits of LightGBM's trees, read from a model's text, and where each row goes at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from churnlab.estimators.learners import booster_text

_CATEGORICAL = 1
_MISSING_LEFT = 2
_KIND_OF_MISSING = 2  # the first of its two bits
_ZERO, _NAN = 1, 2
_ALMOST_ZERO = 1e-35  # LightGBM's kZeroThreshold
_BITS = 32  # categories in a word


@dataclass(frozen=True, eq=False)
class Tree:
    """A tree with k splits and k + 1 leaves.

    A row goes left at a split where `column` is at most `threshold`, or, where `categories` has a
    set of category codes for the split, is one of them. `missing` says what counts as missing at a
    split (0 nothing: NaN is 0; 1 zero and NaN; 2 NaN), `missing_left` where it goes. Children at or
    above 0 are splits, others leaves: -1 is the first leaf. `count` has the training rows of the
    splits, then those of the leaves.

    `column`, `left` and `right`: int64[k]. `threshold`: float64[k]. `value`: float64[k + 1].
    """

    column: np.ndarray
    threshold: np.ndarray
    categories: dict[int, np.ndarray]
    missing: np.ndarray
    missing_left: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    count: np.ndarray

    @property
    def splits(self) -> int:
        """The number of splits.

        >>> next(trees(example())).splits
        1
        """
        return len(self.column)

    def goes_left(self, X: np.ndarray, split: int) -> np.ndarray:
        """Whether each row of X, float64[n, p], goes left at a split, bool[n]; as LightGBM does.

        >>> next(trees(example())).goes_left(np.array([[0.0, 2.0], [0.0, 9.0]]), 0).tolist()
        [True, False]
        """
        x = X[:, self.column[split]]
        if split in self.categories:
            return np.isin(np.trunc(x), self.categories[split])
        limit = self.threshold[split]
        below = x <= limit
        if self.missing[split] == _ZERO:
            nothing = np.isnan(x) | (np.abs(x) <= _ALMOST_ZERO)
            return np.asarray(np.where(nothing, self.missing_left[split], below))
        left = self.missing_left[split] if self.missing[split] == _NAN else limit >= 0
        return ~(x > limit) if left else below


def trees(text: str) -> Iterator[Tree]:
    """The trees of a model's text that have a split, in its order.

    >>> [tree.value.tolist() for tree in trees(example())]
    [[-1.0, 1.0]]
    """
    _, parts, _ = booster_text.parts(text)
    for part in parts:
        fields = dict(line.split("=", 1) for line in part.split("\n")[1:] if "=" in line)
        if fields["num_leaves"] != "1":
            yield _tree(fields)


def example() -> str:
    """The text of a small model, on which this module can be tried.

    >>> example().count("Tree=")
    2
    """
    return (
        "Tree=0\nnum_leaves=2\nnum_cat=0\nsplit_feature=1\nthreshold=5\ndecision_type=10\n"
        "left_child=-1\nright_child=-2\nleaf_value=-1 1\nleaf_count=30 10\ninternal_count=40\n"
        "Tree=1\nnum_leaves=1\nleaf_value=3\nend of trees\n"
    )


def _tree(fields: dict[str, str]) -> Tree:
    def numbers(name: str, kind: Any = np.int64) -> np.ndarray:
        """The numbers of one line of the tree's text."""
        return np.array(fields[name].split(), kind)

    threshold = numbers("threshold", np.float64)
    kind = numbers("decision_type")
    categorical = np.flatnonzero(kind & _CATEGORICAL).tolist()
    categories = {}
    if categorical:
        bounds, words = numbers("cat_boundaries"), numbers("cat_threshold")
        for split in categorical:
            first, last = bounds[int(threshold[split]) :][:2]
            categories[split] = _codes(words[first:last])
    return Tree(
        numbers("split_feature"),
        threshold,
        categories,
        (kind >> _KIND_OF_MISSING) & 3,
        (kind & _MISSING_LEFT) > 0,
        numbers("left_child"),
        numbers("right_child"),
        numbers("leaf_value", np.float64),
        np.concatenate([numbers("internal_count"), numbers("leaf_count")]),
    )


def _codes(words: np.ndarray) -> np.ndarray:
    """The category codes whose bits are set, float64."""
    bits = (words[:, None] >> np.arange(_BITS)) & 1
    return np.flatnonzero(bits.ravel()).astype(np.float64)
