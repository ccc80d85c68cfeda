"""The number of clusters: prediction strength by hand, the crowd without clusters, the choice."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from churnlab.value import stability


def apart(k: int, n: int, seed: int, distance: float = 6.0) -> np.ndarray:
    """Clusters of n people each at the corners of a space of four signals, scaled."""
    rng = np.random.default_rng(seed)
    centres = distance * np.eye(4)[:k]
    found = np.concatenate([rng.normal(c, 1, (n, 4)) for c in centres])
    return (found - found.mean(axis=0)) / found.std(axis=0)


@pytest.mark.parametrize("k", [2, 3])
def test_clusters_far_apart_are_found_with_their_number_and_their_people(k: int) -> None:
    found = stability.choose(apart(k, 60, seed=k), most=4)
    assert found.k == k
    truth = np.repeat(np.arange(k), 60)
    for j in range(k):
        assert (
            np.mean(truth[found.labels == j] == np.bincount(truth[found.labels == j]).argmax())
            > 0.95
        )
    assert (np.diff(np.bincount(found.labels)) <= 0).all()


@pytest.mark.parametrize("seed", range(2))
def test_a_long_and_skewed_crowd_is_one_group_though_its_halves_are_found_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    long = rng.normal(size=(400, 1))
    crowd = np.c_[long + 0.3 * rng.normal(size=(400, 3)), np.exp(0.5 * rng.normal(size=(400, 1)))]
    crowd = (crowd - crowd.mean(axis=0)) / crowd.std(axis=0)
    found = stability.choose(crowd, most=3, seed=seed)
    assert found.table["strength"].max() >= stability.STRENGTH
    assert found.k == 1 and not found.labels.any()


def test_flat_signals_are_one_group_though_a_bell_would_be_less_spread() -> None:
    flat = np.random.default_rng(0).uniform(-1.7, 1.7, (400, 2))
    assert stability.choose(flat, most=4).k == 1


def test_few_people_and_no_signal_are_not_tried() -> None:
    assert stability.choose(apart(2, 20, seed=0)).table.empty
    none = stability.choose(np.zeros((100, 0)))
    assert none.k == 1 and len(none.labels) == 100


def test_the_same_seed_gives_the_same_answer() -> None:
    one, other = (stability.choose(apart(2, 40, seed=5), most=2, seed=3) for _ in range(2))
    assert one.table.equals(other.table) and (one.labels == other.labels).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=12))
def test_pairs_together_are_counted(labels: list[int]) -> None:
    pairs = [a == b for a, b in combinations(labels, 2)]
    assert stability.together(np.array(labels)) == pytest.approx(np.mean(pairs))


def test_the_crowd_keeps_rank_correlations_and_deviations_and_has_one_peak() -> None:
    rng = np.random.default_rng(1)
    two = np.r_[rng.normal(-3, 1, 500), rng.normal(3, 1, 500)]
    signals = np.c_[two, 0.7 * two + rng.normal(size=1000), rng.exponential(size=1000)]
    signals = (signals - signals.mean(axis=0)) / signals.std(axis=0)
    made = np.concatenate(stability.crowd(signals, 5, rng))
    assert made.std(axis=0) == pytest.approx(1, abs=1e-6)
    want, got = (spearmanr(x).statistic for x in (signals, made))
    assert np.abs(want - got).max() < 0.12
    assert made[:, 2].max() > 4 and made[:, 2].min() > -2  # the tail stays on its side
    counts = np.histogram(made[:, 0], bins=12)[0]
    top = int(counts.argmax())
    assert (np.diff(counts[: top + 1]) > -60).all() and (np.diff(counts[top:]) < 60).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=3, max_size=60))
def test_a_density_of_one_peak_rises_then_falls_and_is_the_closest(values: list[float]) -> None:
    given_values = np.array(values)
    _, below = stability.one_peak(given_values)
    density = np.diff(below)
    top = int(density.argmax())
    assert (np.diff(density[: top + 1]) >= -1e-12).all()
    assert (np.diff(density[top:]) <= 1e-12).all() and below[-1] == pytest.approx(1)
