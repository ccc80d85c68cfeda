"""The leaves of LightGBM's trees: what they add to a score, and which of them a row reaches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np


def values(booster: Any) -> list[np.ndarray]:
    """What each leaf adds to the raw score, float64[leaves] for each tree."""
    return [
        np.array([booster.get_leaf_output(tree, leaf) for leaf in range(count)])
        for tree, count in enumerate(_counts(booster))
    ]


def change(booster: Any, values: Sequence[np.ndarray]) -> None:
    """Put other values into the leaves of a booster, float64[leaves] for each tree.

    `boosting.with_leaves` gives a booster that also predicts by them.
    """
    for tree, leaves in enumerate(values):
        for leaf, value in enumerate(leaves.tolist()):
            booster.set_leaf_output(tree, leaf, value)


def reached(booster: Any, X: np.ndarray) -> np.ndarray:
    """The leaf that each row of X reaches in each tree, int64[n, trees]; on one thread."""
    found = booster.predict(X, pred_leaf=True, num_threads=1)
    return np.asarray(found, np.int64).reshape(len(X), booster.num_trees())


def _counts(booster: Any) -> list[int]:
    """The number of leaves of each tree."""
    text = booster.model_to_string(num_iteration=-1)
    return [int(count) for count in re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE)]
