"""Weights of training rows: how often each row counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from churnlab.errors import FrameError


class Counted(NamedTuple):
    """What a fit learns from, without the rows whose weight is 0."""

    X: Any
    y: Any
    groups: Any
    time: Any
    weight: np.ndarray | None


def counted(X: Any, y: Any, groups: Any, time: Any, sample_weight: Any) -> Counted:
    """The arguments of a fit without the rows whose weight is 0, and the weights of the others.

    FrameError as `read`.

    >>> counted(np.eye(3), [1, 0, 1], None, None, [1, 0, 2]).y.tolist()
    [1, 1]
    """
    if sample_weight is None:
        return Counted(X, y, groups, time, None)
    weight = read(sample_weight, len(X) if hasattr(X, "__len__") else len(np.asarray(X)))
    if weight is None or weight.all():
        return Counted(X, y, groups, time, weight)
    kept = np.flatnonzero(weight)
    X, y, groups, time = (_taken(part, kept, len(weight)) for part in (X, y, groups, time))
    left = weight[kept]
    return Counted(X, y, groups, time, None if (left == 1).all() else left)


def _taken(values: Any, kept: np.ndarray, rows: int) -> Any:
    """Some rows of an argument; what does not have one value a row is refused later."""
    if values is None or isinstance(values, str) or np.ndim(values) == 0 or len(values) != rows:
        return values
    if isinstance(values, pd.DataFrame | pd.Series):
        return values.iloc[kept]
    return values[kept] if isinstance(values, pd.Index) else np.asarray(values)[kept]


def read(sample_weight: Any, rows: int) -> np.ndarray | None:
    """The weights, float64[rows], or None where every row counts once.

    Whole numbers count rows: 2 is a row twice, 0 a row that is left out. Other weights say how much
    a row counts beside the others; they are scaled to a mean of 1 over the rows that count.

    FrameError for another number of weights, for one that is missing, infinite, negative or no
    number, and where all are 0.

    >>> read([1, 2, 0], 3).tolist()
    [1.0, 2.0, 0.0]
    >>> read([0.5, 0.25, 0.0], 3).round(3).tolist()
    [1.333, 0.667, 0.0]
    """
    if sample_weight is None:
        return None
    try:
        weight = np.asarray(sample_weight, np.float64)
    except (TypeError, ValueError) as error:
        raise FrameError.from_bad_weight("no number", "in some rows") from error
    if weight.ndim == 0:
        weight = np.full(rows, float(weight))
    if weight.ndim != 1:
        raise FrameError.from_bad_weight(f"of shape {weight.shape}", "instead of one a row")
    if len(weight) != rows:
        raise FrameError.from_wrong_length("sample_weight", len(weight), rows)
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        raise FrameError.from_bad_weight(f"{weight[bad][0]}", f"in {int(bad.sum()):,} rows")
    if not weight.any():
        raise FrameError.from_bad_weight("zero", "in all rows")
    if (weight % 1).any():
        some = weight[weight > 0]
        weight = weight / (some.mean() if np.ptp(some) else some[0])
    return None if (weight == 1).all() else weight


def quantiles(values: np.ndarray, at: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Quantiles of sorted values at shares `at`, float64[k], as if each were there `weight` times.

    They lie on straight lines between neighbours, as numpy's do.

    >>> quantiles(np.array([1.0, 3.0]), np.array([0.5]), np.array([3.0, 1.0])).tolist()
    [1.0]
    """
    if weight is None:
        return np.asarray(np.quantile(values, at))
    reached = np.cumsum(weight)
    place = at * max(reached[-1] - 1, 0.0)
    whole = np.floor(place + 1e-9)
    low, high = (
        values[np.minimum(np.searchsorted(reached, p, side="right"), len(values) - 1)]
        for p in (whole, whole + 1)
    )
    return np.asarray(low + (high - low) * np.maximum(place - whole, 0.0))
