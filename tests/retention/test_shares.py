"""Intervals and differences of shares against independent formulas and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from churnlab.evaluation import intervals
from churnlab.retention import shares


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_is_scipys(count: int, more: int) -> None:
    rows = count + more
    low, high = shares.wilson(np.array(count), np.array(rows))
    wanted = stats.binomtest(count, rows).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)
    ours = intervals.wilson(count, rows)
    assert (low, high) == pytest.approx((ours.low, ours.high), abs=1e-6)


def test_no_rows_have_no_interval() -> None:
    assert np.isnan(shares.wilson(np.array(0), np.array(0))).all()
    assert np.isnan(shares.difference(np.array(0), np.array(0), np.array(1), np.array(2))).all()


@pytest.mark.parametrize(  # Newcombe (1998), table II, method 10
    ("given_", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((0, 10, 0, 20), -0.1611, 0.2775),
    ],
)
def test_differences_have_the_published_intervals(given_: tuple, low: float, high: float) -> None:
    found = shares.difference(*map(np.array, given_))
    assert found[:2] == pytest.approx((low, high), abs=1e-3)


def test_strata_hold_the_truth_and_are_not_misled_by_their_mix() -> None:
    rng = np.random.default_rng(7)
    base = np.array([0.2, 0.4, 0.6, 0.3])
    rows, others = np.array([20, 200, 30, 50]), np.array([200, 20, 60, 50])
    inside = 0
    for _ in range(1000):
        x, y = rng.binomial(rows, base + 0.1), rng.binomial(others, base)
        _, low, high, _ = shares.within_strata(x, rows, y, others)
        inside += low <= 0.1 <= high
    assert 930 <= inside <= 970


def test_one_stratum_is_the_plain_difference() -> None:
    found = shares.within_strata(*np.array([[56], [70], [48], [80]], float))
    assert found[0] == pytest.approx(56 / 70 - 48 / 80)
    assert np.isnan(shares.within_strata(*np.zeros((4, 2)))).all()


def test_repeated_counts_of_the_same_people_are_worth_less() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(1, 9, 400)
    own = rng.random(400)
    x = rng.binomial(n, own)
    totals = np.array([n.sum(), x.sum(), (n * n).sum(), (n * x).sum(), (x * x).sum()])
    share = x.sum() / n.sum()
    variance = ((x - share * n) ** 2).sum() / n.sum() ** 2
    worth = float(shares.effective(totals))
    assert share * (1 - share) / worth == pytest.approx(variance)
    assert 400 / 3 < worth < n.sum()
