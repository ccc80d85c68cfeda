"""Arithmetic over cells, against numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.one_person import T, of_days, value

from churnlab.features.expression import (
    LOOK_BACK,
    Cell,
    Decayed,
    Expression,
    GapsBeyond,
    LongestIn,
    Observed,
    Since,
    Sum,
    above,
    deviation,
    fill,
    given,
    greatest,
    least,
    lift,
    lived,
    log_ratio,
    mean,
    per_week,
    positive,
    rate,
    root,
    slope,
    total,
)


def test_a_slope_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for n in (2, 4, 13):
        x = rng.normal(size=n)
        mine = value(of_days([1]), slope([lift(v) for v in x]))
        assert mine == pytest.approx(np.polyfit(-np.arange(n), x, 1)[0], rel=1e-9)


@pytest.mark.parametrize(
    "made, expected",
    [
        (lift(2) + 3 - 1, 4.0),
        (10 - lift(4), 6.0),
        (3 / lift(2), 1.5),
        (lift(1) / 0, math.nan),
        (least(2, 3), 2.0),
        (greatest(2, 3), 3.0),
        (given(lift(1), 5), 5.0),
        (given(lift(0), 5), math.nan),
        (positive(lift(4)), 4.0),
        (positive(lift(0)), math.nan),
        (positive(lift(-4)), math.nan),
        (fill(lift(1) / 0, 7), 7.0),
        (root(lift(9)), 3.0),
        (root(lift(-9)), 0.0),
        (rate(lift(1), lift(3), 0.1, 3), 1.3 / 6),
        (rate(lift(0), lift(0), 0.1, 3), math.nan),
        (log_ratio(lift(1), lift(1), 0.5), 0.0),
        (deviation(lift(6), lift(14), lift(3)), 1.0),
        (deviation(lift(6), lift(36), lift(1)), math.nan),
        (above(lift(2)), 1.0),
        (above(lift(1) / 0), 0.0),
        (total([]), 0.0),
        (mean([lift(1), lift(2)]), 1.5),
    ],
)
def test_arithmetic(made: Expression, expected: float) -> None:
    assert value(of_days([1]), made) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    "cell, ends, bounded, back",
    [
        (Sum("acts")[28, 84], (28, 84), True, 84),
        (Sum("acts")[7, None], (7,), False, 7),
        (Since("acts"), (), False, 0),
        (Decayed("acts", 7), (56,), True, 56),
        (Decayed("acts", 90), (LOOK_BACK,), True, LOOK_BACK),
        (LongestIn("gap", 91), (91,), True, 91),
        (GapsBeyond(30, 364), (364,), True, 364),
        (Observed(), (), False, 0),
    ],
)
def test_windows_of_cells(cell: Cell, ends: tuple[int, ...], bounded: bool, back: int) -> None:
    assert (cell.ends, cell.bounded, cell.back) == (ends, bounded, back)
    assert list((cell * 2 + 1).cells()) == [cell]


def test_an_expression_without_cells_of_its_own_says_so() -> None:
    with pytest.raises(TypeError, match="Expression has no cells"):
        Expression().cells()


def test_days_lived_and_measures_a_week_begin_with_the_person() -> None:
    activity = of_days([T - 10, T - 3])
    assert value(activity, lived(0, 28)) == 10 and value(activity, lived(28, 56)) == 0
    assert value(activity, per_week("active", 0, 28)) == 2 * 7 / 10
    assert math.isnan(value(activity, per_week("active", 28, 56)))
