"""Scores of additive models whose columns are straight lines between knots."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare

KNOTS = 64
_ROWS = 1024


@bare
def score(
    columns: np.ndarray,
    base: float,
    weight: np.ndarray,
    absent: np.ndarray,
    present: np.ndarray,
    knots: np.ndarray,
    places: np.ndarray,
    slopes: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill out float64[n] with scores: base + the sum of `weight * place(x) + present` by column.

    Where x is missing, a column adds `absent` instead. Between two knots place(x) is a straight
    line, beyond the first and the last it is constant: the same numbers as numpy.interp, to the
    bit.

    | argument                | type           | meaning                                   |
    |-------------------------|----------------|-------------------------------------------|
    | columns                 | float64[p, n]  | the inputs, NaN where missing             |
    | weight, absent, present | float64[p]     | the terms of each column                  |
    | knots                   | float64[p, 64] | rising, NaN behind the last knot          |
    | places                  | float64[p, 64] | the place at each knot                    |
    | slopes                  | float64[p, 64] | from each knot to the next, 0 at the last |

    The search has no branch, so that many rows are looked up at once, and goes through _ROWS rows
    at a time, which stay in the nearest cache.
    """
    for begin in range(0, columns.shape[1], _ROWS):
        total = out[begin : begin + _ROWS]
        total[:] = base
        for j in range(columns.shape[0]):
            x, at, place, slope = columns[j, begin : begin + _ROWS], knots[j], places[j], slopes[j]
            for i in range(total.shape[0]):
                low = 0
                for half in (32, 16, 8, 4, 2, 1):
                    low += half if x[i] >= at[low + half] else 0
                inside = slope[low] * (max(x[i], at[0]) - at[low]) + place[low]
                total[i] += absent[j] if x[i] != x[i] else weight[j] * inside + present[j]
