"""SHAP values of a booster's raw scores: LightGBM's own for few rows, `tree_shap`'s for many."""

from __future__ import annotations

import warnings
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from churnlab.estimators.learners.tree_shap import TreeShap
from churnlab.schema.progress import bar, counted, uncounted

FEW_ROWS = 1500  # up to here LightGBM's own are as fast
CHECKED_ROWS = 100
TOLERANCE = 1e-6  # of the largest value, or of 1
_ROWS_A_STEP = 2048  # explained between two looks at the bar
_ready: WeakKeyDictionary[Any, TreeShap] = WeakKeyDictionary()


def contributions(booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    """SHAP values of the raw score, float64[n, p + 1]; the last column is the base.

    booster: LightGBM's, for float64[n, p]; one of k scores a row gives float64[n, k * (p + 1)].

    For more than FEW_ROWS rows of a booster with one score a row they come from `TreeShap`, which
    is more than ten times as fast. At each such call the values of CHECKED_ROWS rows are compared
    with LightGBM's. Where one is off by more than TOLERANCE, or TreeShap cannot read the booster,
    a warning says so and all values are LightGBM's.
    """
    if len(X) <= FEW_ROWS or booster.num_model_per_iteration() > 1:
        return _by_lightgbm(booster, X, threads)
    checked = np.linspace(0, len(X) - 1, CHECKED_ROWS).astype(int)
    right = _some(booster, X[checked], threads)
    try:
        found = _fast(booster, X, threads)
    except Exception as error:  # of another library, whose values can be had elsewhere
        return _slow(booster, X, threads, f"{type(error).__name__}: {error}")
    found[:, -1] = right[0, -1]
    off = float(np.abs(found[checked] - right).max())
    if not off <= TOLERANCE * max(1.0, float(np.abs(right).max())):
        return _slow(booster, X, threads, f"they differ from LightGBM's by {off:.2g}")
    return found


def _fast(booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    """The values by TreeShap, float64[n, p + 1], the last column zero."""
    if booster not in _ready:
        _ready[booster] = TreeShap(booster.model_to_string())
    found = np.zeros((len(X), X.shape[1] + 1), order="F")
    with bar("explaining", len(X)) as step:
        _ready[booster].add(X, found, threads, step)
    return found


def _slow(booster: Any, X: np.ndarray, threads: int, why: str) -> np.ndarray:
    """LightGBM's values, after a warning that says why it takes long."""
    warnings.warn(
        f"the fast SHAP values are not used ({why}): LightGBM explains {len(X):,} rows, which "
        "takes many times as long",
        UserWarning,
        stacklevel=4,
    )
    return _by_lightgbm(booster, X, threads)


def _by_lightgbm(booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    with bar("explaining", len(X)) as step:
        if step is uncounted or len(X) <= _ROWS_A_STEP:
            return _some(booster, X, threads)
        cuts = range(0, len(X), _ROWS_A_STEP)
        parts = counted((X[i : i + _ROWS_A_STEP] for i in cuts), step, len)
        return np.concatenate([_some(booster, rows, threads) for rows in parts])


def _some(booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    return np.asarray(booster.predict(X, pred_contrib=True, num_threads=threads))
