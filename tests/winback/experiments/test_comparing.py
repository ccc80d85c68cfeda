"""Differences of two groups, against statsmodels and known truths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.winback.experiments.comparing import Sums, differences

DRAWS = 1000


def sums(values: np.ndarray) -> Sums:
    return Sums.of(values, np.zeros(len(values), np.int64), 1)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(100, 400), st.integers(100, 400))
def test_shares_are_those_of_statsmodels(k1: int, k0: int, n1: int, n0: int) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    one, two = (np.repeat([1.0, 0.0], [k, n - k]) for k, n in ((k1, n1), (k0, n0)))
    found = differences(sums(one), sums(two), shares=True)
    low, high = proportion.confint_proportions_2indep(k1, n1, k0, n0, method="newcomb")
    p = proportion.proportions_ztest([k1, k0], [n1, n0])[1]
    assert found.value[0] == pytest.approx(k1 / n1 - k0 / n0, abs=1e-12)
    assert (found.low[0], found.high[0], found.p[0]) == pytest.approx((low, high, p), abs=1e-9)


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(2, 60))
def test_means_are_those_of_statsmodels(seed: int, n1: int, n0: int) -> None:
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    rng = np.random.default_rng(seed)
    one, two = rng.lognormal(0, 1, n1), rng.normal(2, 3, n0)
    both = weightstats.CompareMeans.from_data(one, two)
    found = differences(sums(one), sums(two), shares=False)
    low, high = both.tconfint_diff(usevar="unequal")
    _, p, freedom = both.ttest_ind(usevar="unequal")
    assert found.value[0] == pytest.approx(one.mean() - two.mean(), abs=1e-12)
    assert (found.low[0], found.high[0]) == pytest.approx((low, high), abs=1e-9)
    assert (found.p[0], found.freedom[0]) == pytest.approx((p, freedom), rel=1e-9)


def test_the_mean_is_exact_where_amounts_are_far_apart() -> None:
    values = np.r_[np.full(30_000, 0.1), 1e4, np.full(30_000, 1e-3)]
    exact = math.fsum(values) / len(values)
    assert sums(values).mean[0] == pytest.approx(exact, abs=1e-12)


def test_groups_that_do_not_vary_differ_surely_or_not_at_all() -> None:
    for shares in (True, False):
        same = differences(sums(np.ones(40)), sums(np.ones(40)), shares)
        apart = differences(sums(np.ones(40)), sums(np.zeros(40)), shares)
        assert (same.value[0], same.p[0]) == (0.0, 1.0)
        assert apart.value[0] == 1.0 and apart.p[0] < 1e-9


def drawn(kind: str, rng: np.random.Generator, people: int, better: bool) -> np.ndarray:
    """Outcomes of many experiments, float64[draws, people]."""
    chance = {"share": (0.3, 0.35), "rare": (0.004, 0.008), "money": (0.05, 0.07)}[kind][better]
    some = rng.random((DRAWS, people), np.float32) < chance
    if kind != "money":
        return some.astype(np.float64)
    amounts = np.exp(rng.standard_normal((DRAWS, people), np.float32))
    return some * amounts.astype(np.float64)


def as_sums(values: np.ndarray) -> Sums:
    people = np.full(len(values), float(values.shape[1]))
    total = values.sum(1)
    return Sums(people, total, ((values - (total / people)[:, None]) ** 2).sum(1))


@pytest.mark.parametrize(
    "kind, truth", [("share", 0.05), ("rare", 0.004), ("money", 0.02 * math.exp(0.5))]
)
def test_intervals_of_1000_experiments_hold_the_truth_93_to_97_times_in_100(
    kind: str, truth: float
) -> None:
    """A quick version; experiments/winback simulates whole experiments."""
    rng = np.random.default_rng(3)
    treated, control = (as_sums(drawn(kind, rng, 1200, better)) for better in (True, False))
    found = differences(treated, control, kind != "money")
    held = float(((found.low <= truth) & (truth <= found.high)).mean())
    assert 0.93 <= held <= 0.97
