"""Histories: checked, grouped and in one unit of time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lifetimes import TRUE

from churnlab.btyd import (
    BGNBD,
    MBGNBD,
    ParetoNBD,
)
from churnlab.btyd.histories import History, by_pair, by_row
from churnlab.errors import ConfigError, FrameError, HistoryError


def test_missing_rows_stay_missing_and_impossible_ones_are_refused() -> None:
    model = TRUE["mbg_nbd"]
    assert np.isnan(model.expected([1, np.nan, 1], [1, 1, np.nan], 5, 5)).tolist() == [
        False,
        True,
        True,
    ]
    assert np.isnan(model.none(np.nan, 1, 5, 5)).all() and model.alive(0, np.nan, 5)[0] < 1
    fit = MBGNBD.fit([0, 1, 2, np.nan], [0, 2, 3, 1], [9, 9, 9, 9])
    assert fit.people == 3
    for wrong in [(1, 6, 5), (-1, 0, 5), (1, -1, 5), (1, 1, np.inf)]:
        with pytest.raises(FrameError, match="1 histories cannot be"):
            model.alive(*wrong)
    with pytest.raises(FrameError, match="weights has 1 values"):
        BGNBD.fit([1, 2], [1, 1], [3, 3], [1])
    with pytest.raises(FrameError, match="last has 3 values"):
        model.alive([1, 2], [1, 1, 1], 3)
    for nobody in ([0, 0], [0, 0], [9, 9]), ([np.nan], [1], [2]), ([], [], []):
        with pytest.raises(HistoryError, match="came back"):
            ParetoNBD.fit(*nobody)
    for horizon in (-1, np.nan, np.inf):
        with pytest.raises(ConfigError, match="horizon"):
            model.none(1, 1, 2, horizon)
    assert model.expected(1, 1, 2, 0) == pytest.approx(0, abs=1e-12) and model.none(1, 1, 2, 0) == 1


def test_equal_histories_are_grouped_and_times_are_in_mean_ages() -> None:
    history = History.of([2, 0, 2, 0], [6, 1, 6, 9], [8, 12, 8, 12], [1, 2, 3, 0])
    assert history.people == 6 and history.unit == pytest.approx((4 * 8 + 2 * 12) / 6)
    assert history.repeats.tolist() == [0, 2]
    assert history.weights == pytest.approx([1 / 3, 2 / 3])
    assert history.last * history.unit == pytest.approx([0, 6])
    assert history.age * history.unit == pytest.approx([12, 8])
    assert history.rate == pytest.approx(8 / 56 * history.unit)
    many = History.of(np.arange(1, 5001), np.full(5000, 1.0), np.full(5000, 2.0))
    assert len(many.thin().age) == 2000 and many.thin().weights.sum() == pytest.approx(1)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1), st.integers(1, 5))
def test_each_pair_is_computed_once(pairs: list[tuple[int, int]], rows: int) -> None:
    asked: list[tuple[float, float]] = []

    def value(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        assert len(one) <= rows
        asked.extend(zip(one.tolist(), other.tolist(), strict=True))
        return np.array([one * 10 + other, one - other])

    one, other = np.array(pairs, float).T
    found = by_pair(value, one, other, rows)
    assert found.tolist() == [(one * 10 + other).tolist(), (one - other).tolist()]
    assert sorted(asked) == sorted(set(pairs))


def test_rows_with_a_missing_number_are_not_computed() -> None:
    found = by_row(lambda x, t, T: [x + t, T], [1, np.nan, 2], [1, 1, np.nan], 9, 2)
    assert np.array_equal(found, [[2, np.nan, np.nan], [9, np.nan, np.nan]], equal_nan=True)
