"""The leaves of LightGBM's trees: what they add to a score, and which of them a row reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from churnlab.estimators.learners import boosting


def values(booster: Any) -> list[np.ndarray]:
    """What each leaf adds to the raw score, float64[leaves] for each tree."""
    return [
        np.array([booster.get_leaf_output(tree, leaf) for leaf in range(count)])
        for tree, count in enumerate(boosting.leaf_counts(booster))
    ]


def with_values(booster: Any, values: Sequence[np.ndarray]) -> Any:
    """The same trees with other values in their leaves, float64[leaves] for each tree."""
    for tree, leaves in enumerate(values):
        for leaf, value in enumerate(leaves.tolist()):
            booster.set_leaf_output(tree, leaf, value)
    return boosting.from_text(boosting.to_text(booster))


def reached(booster: Any, X: np.ndarray) -> np.ndarray:
    """The leaf that each row of X reaches in each tree, int64[n, trees]; on one thread."""
    found = booster.predict(X, pred_leaf=True, num_threads=1)
    return np.asarray(found, np.int64).reshape(len(X), booster.num_trees())
