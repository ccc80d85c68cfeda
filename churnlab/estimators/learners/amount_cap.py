"""The cap of amounts: no row may hold so much money that it decides a fit alone."""

from __future__ import annotations

import warnings

import numpy as np

_MOST_SHARE_A_ROW = 0.02
_MOST_MEANS_A_ROW = 20
_WARN_FROM_SHARE = 0.1


def capped(y: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The amounts, capped at 2% of their sum or 20 times the mean of those above zero.

    The larger of both caps holds; both are those of the capped amounts, so the cap is lowered until
    it stays. A warning tells how much money is left out, if that is 10% or more.

    y: amounts of at least 0, float64[n]. weight: how often each counts, float64[n]; None for once.

    >>> capped(np.array([1.0, 1.0, 1.0, 60.0]), None).tolist()
    [1.0, 1.0, 1.0, 60.0]
    """
    most = float(y.max())
    w = np.ones(len(y)) if weight is None else weight
    paid = y > 0
    times = max(_MOST_SHARE_A_ROW * w[paid].sum(), _MOST_MEANS_A_ROW)
    for _ in range(200):
        lower = 0.0
        if most > 0:
            lower = min(most, times * float(np.average(np.minimum(y, most)[paid], weights=w[paid])))
        if most - lower <= 1e-9 * most:
            break
        most = lower
    left_out = 1 - float((w * np.minimum(y, most)).sum() / (w * y).sum()) if most > 0 else 0.0
    if left_out > _WARN_FROM_SHARE:
        warnings.warn(
            f"{int((y > most).sum())} of {len(y):,} rows hold so much money that they count as "
            f"{most:.6g} each: {left_out:.0%} of all money is left out, and totals are unsure by "
            "as much",
            UserWarning,
            stacklevel=4,
        )
    return np.minimum(y, most)
