"""Scores of additive models whose columns are straight lines between knots."""

from __future__ import annotations

import numpy as np

from churnlab.kernels._jit import jit

_BLOCK = 128  # rows at once, so that a column's knots stay in the nearest cache


@jit
def score(X: np.ndarray, base: float, weight: np.ndarray, absent: np.ndarray, present: np.ndarray, first: np.ndarray, knots: np.ndarray,
          places: np.ndarray, out: np.ndarray) -> None:
    """Fills out float64[n] of X float64[n, p]: base, then column after column `weight * place(x) + present`, or `absent` where x is missing.

    weight, absent, present float64[p]. Column j has the rising knots `first[j]` up to `first[j + 1]`, and places at them; between two of them
    place(x) is a straight line, beyond the ends it stays, and with a single knot it is 0. The same numbers as numpy.interp, to the bit.
    """
    for begin in range(0, X.shape[0], _BLOCK):
        end = min(begin + _BLOCK, X.shape[0])
        out[begin:end] = base
        for j in range(X.shape[1]):
            low, last = first[j], first[j + 1] - 1
            for i in range(begin, end):
                x = X[i, j]
                out[i] += absent[j] if x != x else weight[j] * _place(x, low, last, knots, places) + present[j]


@jit
def _place(x: float, low: int, last: int, knots: np.ndarray, places: np.ndarray) -> float:
    if low == last:
        return 0.0
    if x <= knots[low]:
        return places[low]
    if x >= knots[last]:
        return places[last]
    high = last
    while high - low > 1:
        middle = (low + high) // 2
        if x < knots[middle]:
            high = middle
        else:
            low = middle
    if x == knots[low]:
        return places[low]
    return (places[high] - places[low]) / (knots[high] - knots[low]) * (x - knots[low]) + places[low]
