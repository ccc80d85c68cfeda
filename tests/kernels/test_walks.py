"""Medians and slopes of a person's rows, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.kernels.plan import GAPS_BEYOND, LATEST_IN, LONGEST_IN, MEDIAN_IN, SLOPE_IN
from churnlab.kernels.units import NO_DAY
from churnlab.kernels.walks import walk


def of(values: list[int], kind: int, low: int = 0, bound: int = NO_DAY) -> float:
    """A cell over the rows from `low` on of a person whose rows have these values."""
    return walk(kind, np.array(values, np.int64), low, len(values), bound)


VALUES = st.lists(st.integers(-3, 12) | st.integers(0, 10**12), max_size=12)


@given(VALUES, st.integers(0, 12))
def test_the_median_is_that_of_the_values_above_zero(values: list[int], low: int) -> None:
    low = min(low, len(values))
    above = [v for v in values[low:] if v > 0]
    if above:
        assert of(values, MEDIAN_IN, low) == np.median(above)
    else:
        assert np.isnan(of(values, MEDIAN_IN, low))


@given(VALUES)
def test_the_slope_is_that_of_least_squares(values: list[int]) -> None:
    above = [v for v in values if v > 0]
    if len(above) < 2:
        assert np.isnan(of(values, SLOPE_IN))
    else:
        expected = np.polyfit(np.arange(len(above)), np.array(above, float), 1)[0]
        assert of(values, SLOPE_IN) == pytest.approx(expected, abs=1e-9 * max(above))


def test_rows_without_a_value_above_zero_are_no_step() -> None:
    assert of([4, 0, 6, -2, 8], SLOPE_IN) == 2
    assert of([4, 0, 6, -2, 9], MEDIAN_IN) == 6


def test_the_other_walks() -> None:
    values = [3, 9, 0, 5, 0]
    assert of(values, GAPS_BEYOND, bound=4) == 2
    assert of(values, LATEST_IN) == 5 and np.isnan(of(values, LATEST_IN, low=4))
    assert of(values, LONGEST_IN) == 9 and of(values, LONGEST_IN, low=2) == 5
    assert of(values, LONGEST_IN, bound=11) == 11 and np.isnan(of([], LONGEST_IN))
