"""Cells that go through a person's rows, where a difference of two sums cannot say them.

`values` int64[rows] has the value of each of a person's rows, a whole number.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare
from churnlab.kernels.plan import GAPS_BEYOND, LATEST_IN, MEDIAN_IN, SLOPE_IN
from churnlab.kernels.units import NO_DAY


@bare
def walk(kind: int, values: np.ndarray, low: int, now: int, bound: int) -> float:
    """A cell that goes through the rows `[low, now)` of a person.

    GAPS_BEYOND counts the values above `bound`; LATEST_IN is the latest value above zero, MEDIAN_IN
    the median of the values above zero and SLOPE_IN the slope through them; LONGEST and LONGEST_IN
    are the largest value, `bound` included. NaN when there is no such value.
    """
    if kind == GAPS_BEYOND:
        return np.float64(_above(values, low, now, bound))
    if kind == LATEST_IN:
        for row in range(now - 1, low - 1, -1):
            if values[row] > 0:
                return np.float64(values[row])
        return np.nan
    if kind == MEDIAN_IN:
        return _median(values, low, now)
    if kind == SLOPE_IN:
        return _slope(values, low, now)
    top = NO_DAY
    for row in range(low, now):
        top = values[row] if values[row] > top else top
    return np.float64(max(top, bound)) if max(top, bound) > NO_DAY else np.nan


@bare
def _above(values: np.ndarray, low: int, now: int, bound: int) -> int:
    """How many of the rows `[low, now)` have a value above `bound`."""
    above = 0
    for row in range(low, now):
        above += values[row] > bound
    return above


@bare
def _median(values: np.ndarray, low: int, now: int) -> float:
    """The median of the values above zero, NaN without any; of two middle ones, their mean.

    The values are whole numbers, so that halving the range that holds the middle one finds it
    without sorting: the smallest value that at most half of the values exceed.
    """
    count = _above(values, low, now, np.int64(0))
    if count == 0:
        return np.nan
    small, large = 1, 1
    for row in range(low, now):
        large = max(large, values[row])
    top = large
    while small < large:
        middle = small + (large - small) // 2
        if _above(values, low, now, middle) <= count // 2:
            large = middle
        else:
            small = middle + 1
    if count % 2 == 1 or _above(values, low, now, small) < count // 2:
        return np.float64(small)
    second = top
    for row in range(low, now):
        value = values[row]
        if value > small:
            second = min(second, value)
    return (np.float64(small) + np.float64(second)) / 2


@bare
def _slope(values: np.ndarray, low: int, now: int) -> float:
    """The slope of the least squares line through the values above zero, NaN with fewer than two.

    The values stand at equal steps in the order of their days. The slope is per step: with the
    steps i = 0, 1, … it is sum((i - mean of i) * value) / sum((i - mean of i)^2), and the latter is
    n * (n^2 - 1) / 12.
    """
    count = _above(values, low, now, np.int64(0))
    if count < 2:
        return np.nan
    total, step = 0.0, -(count - 1) / 2
    for row in range(low, now):
        value = values[row]
        if value > 0:
            total += step * np.float64(value)
            step += 1
    n = np.float64(count)
    return total / (n * (n * n - 1) / 12)
