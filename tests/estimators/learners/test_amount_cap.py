"""The cap of amounts: what it leaves, when it warns, and that weights count as rows do."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from churnlab.estimators.learners.amount_cap import capped


def test_a_row_counts_at_most_twenty_means_of_what_is_left() -> None:
    amounts = np.append(np.ones(30), 10_000.0)
    with pytest.warns(UserWarning, match="1 of 31 rows hold so much money"):
        left = capped(amounts, None)
    assert (left[:30] == 1.0).all()
    assert left[30] == pytest.approx(20 * left.mean(), rel=1e-6)


def test_ordinary_amounts_and_none_stay_without_a_warning() -> None:
    amounts = np.arange(200.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(capped(amounts, None), amounts)
        np.testing.assert_array_equal(capped(np.zeros(3), None), np.zeros(3))


def test_a_weight_of_two_is_a_row_twice() -> None:
    amounts = np.append(np.full(40, 2.0), 500.0)
    weight = np.append(np.full(40, 2.0), 1.0)
    with pytest.warns(UserWarning, match="of 41 rows hold"):
        weighted = capped(amounts, weight)
    with pytest.warns(UserWarning, match="of 81 rows hold"):
        twice = capped(np.append(np.full(80, 2.0), 500.0), None)
    assert weighted[-1] == pytest.approx(twice[-1])
