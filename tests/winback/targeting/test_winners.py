"""The value of a chosen policy: the interval against slow integrals, the value without bias."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm

from churnlab.winback.targeting.cells import CellEffects
from churnlab.winback.targeting.winners import Winner, _centre, _pieces

EDGE = 2.0  # standard errors from which on an effect counts as proved


def largest(effects: CellEffects, by: np.ndarray) -> np.ndarray:
    """The largest proved effect of each cell, for estimates that are higher by so much."""
    proved = np.where(effects.low + by > 0, effects.value + by, 0.0)
    return np.where(proved.max(axis=2) > 0, proved.argmax(axis=2) + 1, 0)


def of_estimates(value: np.ndarray, covariance: np.ndarray, share: np.ndarray) -> Winner:
    """A policy by estimates, float64[cells, k], that are proved from EDGE standard errors on."""
    error = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    people = np.full((len(value), value.shape[1] + 1), 100)
    ends = value, value - EDGE * error, value + EDGE * error
    effects = CellEffects(*ends, np.ones_like(value), people, covariance)
    nothing = np.zeros((1, *value.shape))
    return Winner(effects, share, largest(effects, nothing)[0], partial(largest, effects))


def alone(value: float) -> Winner:
    """One cell and one treatment, with a standard error of 1."""
    return of_estimates(np.array([[value]]), np.ones((1, 1, 1)), np.ones(1))


@pytest.mark.parametrize("value", [2.05, 2.5, 4.0])
def test_the_interval_is_that_of_a_truncated_normal(value: float) -> None:
    """The gain is above EDGE wherever the treatment is chosen, and within bounds about its mean; by
    a fine sum, no closed form."""
    low, high = alone(value).interval(value, 1.0)
    tail = (0.05 - 0.005) / (1 - 0.005) / 2
    most = norm.isf(0.005 / 2 / 2)  # of two policies, to treat and not to
    for end, below in ((low, 1 - tail), (high, tail)):
        assert abs(end - value) < most
        grid = np.linspace(max(EDGE, end - most), end + most, 200_001)
        dense = norm.pdf(grid, loc=end)
        assert dense[grid <= value].sum() / dense.sum() == pytest.approx(below, abs=1e-3)


def test_the_interval_holds_the_value_where_the_proof_is_as_thin_as_can_be() -> None:
    winner = alone(EDGE + 1e-6)
    low, high = winner.interval(EDGE + 1e-6, 1.0)
    found = winner.value(EDGE + 1e-6, 1.0)
    assert high - low < 0.01 and high < found.value
    assert (found.low, found.high) == (low, found.value)


def test_far_from_the_edge_it_is_the_usual_interval() -> None:
    low, high = alone(9.0).interval(9.0, 1.0)
    within = norm(0, 1).cdf(norm.isf(0.005 / 4)) - 0.005 / 4  # the chance to be within the bounds
    tail = (0.05 - 0.005) / (1 - 0.005) / 2
    reach = norm.isf(0.005 / 4 + tail * within)
    assert (9 - low, high - 9) == pytest.approx((reach, reach), abs=1e-4)
    assert abs(alone(9.0).optimism()) < 1e-12
    assert alone(9.0).value(9.0, 1.0).value == pytest.approx(9.0)


def test_nobody_treated_is_worth_nothing() -> None:
    found = alone(1.0).value(0.0, 0.0)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_value_without_spread_is_itself() -> None:
    sure = of_estimates(np.array([[3.0]]), np.zeros((1, 1, 1)), np.ones(1))
    found = sure.value(3.0, 0.0)
    assert (found.value, found.low, found.high) == (3.0, 3.0, 3.0)


def test_the_optimism_of_one_treatment_is_the_density_at_the_edge() -> None:
    """By Stein the covariance of noise and choice is the density of the noisier estimate at the
    edge; experiments that treat somebody bear it alone."""
    drawn = [alone(2.2).optimism(seed) for seed in range(40)]
    noisy = norm(loc=2.2, scale=np.sqrt(0.1))
    wanted = noisy.pdf(EDGE) / noisy.sf(EDGE)
    assert np.mean(drawn) == pytest.approx(wanted, abs=4 * np.std(drawn) / np.sqrt(40))


def test_an_effect_that_is_not_known_counts_for_nothing() -> None:
    value = np.array([[3.0], [np.nan]])
    covariance = np.array([[[1.0]], [[np.nan]]])
    half = of_estimates(value, covariance, np.full(2, 0.5))
    assert half.chosen.tolist() == [1, 0]
    found = half.value(1.5, 0.5)
    assert found.low < found.value <= found.high and np.isfinite(found.low)


def test_pieces_are_where_the_same_is_chosen() -> None:
    pieces = _pieces(lambda t: ((t > -1.23456) & (t < 0.5)) | (t > 3.0))
    assert pieces == pytest.approx(np.array([[-1.23456, 0.5], [3.0, np.inf]]), abs=1e-5)
    assert _pieces(lambda t: t > -np.inf).tolist() == [[-np.inf, np.inf]]


def test_a_centre_is_right_in_several_pieces_and_far_out() -> None:
    pieces = np.array([[-1.0, 0.5], [3.0, np.inf]])
    mean = _centre(pieces, 0.3, 8.0)
    mass = norm.cdf(pieces - mean)
    assert (norm.cdf(-mean) - mass[0, 0]) / np.diff(mass, axis=1).sum() == pytest.approx(0.3)
    assert -30 < _centre(np.array([[-0.01, np.inf]]), 0.97, 30.0) < -29


def test_among_chosen_policies_intervals_hold_95_in_100_and_values_are_right_on_average() -> None:
    """Three cells, two treatments, effects near the edge; experiments/winback_policy does more."""
    true = np.array([[2.2, 1.0], [0.0, -1.0], [3.0, 2.8]])
    covariance = np.tile(np.array([[1.0, 0.5], [0.5, 1.0]]), (3, 1, 1))
    share, rng = np.full(3, 1 / 3), np.random.default_rng(4)
    root = np.linalg.cholesky(covariance[0])
    off, held = [], []
    for seed in range(200):
        value = true + rng.standard_normal((3, 2)) @ root.T
        winner = of_estimates(value, covariance, share)
        at = np.flatnonzero(winner.chosen)
        arm = winner.chosen[at] - 1
        gain, truth = (float((share[at] * x[at, arm]).sum()) for x in (value, true))
        found = winner.value(gain, float(np.sqrt((share[at] ** 2).sum())), seed)
        off.append(found.value - truth)
        held.append(found.low - 1e-12 <= truth <= found.high + 1e-12)
    assert 0.92 <= np.mean(held) <= 0.98
    assert abs(np.mean(off)) <= 2.5 * np.std(off, ddof=1) / np.sqrt(200)
