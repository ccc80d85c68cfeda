"""The kernel that looks for amounts which need a second look."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare
from churnlab.kernels.units import AMOUNT_LIMIT


@bare
def look(values: np.ndarray, lacking: np.ndarray) -> tuple[int, int, int]:
    """How many amounts are given, how many of these are unusable, and how many are below zero.

    `values` is float64[n], `lacking` uint8[n] is 1 where an amount is null, or empty where none is.
    NaN, infinity and amounts beyond the limit are unusable.
    """
    given, unusable, below = 0, 0, 0
    if lacking.shape[0] == 0:
        for i in range(values.shape[0]):
            unusable += not abs(values[i]) <= AMOUNT_LIMIT
            below += values[i] < 0
        return values.shape[0], unusable, below
    for i in range(values.shape[0]):
        there = lacking[i] == 0
        given += there
        unusable += there & (not abs(values[i]) <= AMOUNT_LIMIT)
        below += there & (values[i] < 0)
    return given, unusable, below
