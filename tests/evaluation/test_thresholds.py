"""Thresholds: people, precision, recall and profit of each cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import HistoryError
from churnlab.evaluation.profit import contact_profit
from churnlab.evaluation.thresholds import STEPS, threshold_table


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60))
def test_each_cut_is_counted_as_by_hand(rows: list[tuple[bool, int]]) -> None:
    y = np.array([float(left) for left, _ in rows])
    p = np.array([risk / 10 for _, risk in rows])
    if not y.sum():
        y[0] = 1
    for row in threshold_table(y, p, 50.0, contact=1, incentive=5, gamma=0.4).itertuples():
        taken = p >= row.cut
        assert row.people == taken.sum()
        assert row.share == pytest.approx(taken.mean())
        assert row.precision == pytest.approx(y[taken].mean())
        assert row.recall == pytest.approx(y[taken].sum() / y.sum())
        own = contact_profit(y[taken], 50.0, contact=1, incentive=5, gamma=0.4)
        assert row.profit == pytest.approx(own.sum())


def test_many_cuts_are_thinned_and_the_first_and_last_stay() -> None:
    p = np.arange(5000) / 5000
    table = threshold_table((p > 0.5).astype(float), p)
    assert len(table) == STEPS
    assert table["people"].iloc[[0, -1]].tolist() == [1, 5000]
    assert table["profit"].isna().all()


def test_without_a_leaver_there_is_nothing_to_find() -> None:
    with pytest.raises(HistoryError, match="one class only"):
        threshold_table(np.zeros(3), np.arange(3.0))
