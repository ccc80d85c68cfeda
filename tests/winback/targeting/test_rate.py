"""RATE against slow plain loops, worked values and its own bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.errors import TrialError
from churnlab.winback.targeting.rate import Ranked, Sample, places, rate, toc


def slow_rate(scores: list[float], priority: list[float], weighting: str) -> float:
    """By the definition: for each k the mean of the k first, ties by the mean of all orders."""
    n = len(scores)
    tied = [
        sum(s for s, q in zip(scores, priority, strict=True) if q == mine)
        / sum(q == mine for q in priority)
        for mine in priority
    ]
    down = [s for _, s in sorted(zip(priority, tied, strict=True), key=lambda pair: -pair[0])]
    everybody = sum(scores) / n
    total = 0.0
    for k in range(1, n + 1):
        lead = sum(down[:k]) / k - everybody
        total += lead if weighting == "autoc" else k / n * lead
    return total / n


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-5, 5), st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=40
    ),
    st.sampled_from(["autoc", "qini"]),
)
def test_it_equals_the_slow_loops_within_folds(rows: list, weighting: str) -> None:
    scores, priority, fold = (np.array(x, float) for x in zip(*rows, strict=True))
    parts = [
        (len(mine), slow_rate(list(scores[mine]), list(priority[mine]), weighting))
        for one in set(fold)
        if len(mine := np.flatnonzero(fold == one))
    ]
    slow = sum(n * value for n, value in parts) / len(rows)
    found = Ranked.of(scores, priority, fold).rate(weighting)
    assert found == pytest.approx(slow, abs=1e-9)


def test_worked_by_hand() -> None:
    # scores 4, 0, 2 in this order: means of the first 1, 2, 3 are 4, 2, 2, of all 2;
    # TOC is 2, 0, 0: AUTOC = 2/3, and Qini = (1/3 * 2) / 3 = 2/9.
    scores, priority = np.array([0.0, 2.0, 4.0]), np.array([5.0, 1.0, 9.0])
    assert rate(scores, priority, "autoc", Sample(draws=2)).value == pytest.approx(2 / 3, abs=1e-12)
    assert rate(scores, priority, "qini", Sample(draws=2)).value == pytest.approx(2 / 9, abs=1e-12)
    assert toc(scores, priority)[1].tolist() == pytest.approx([2, 0, 0])


def test_the_limit_for_effects_that_are_uniform() -> None:
    # The effect of a person at share u from the top is 1 - u: TOC(q) = (1 - q) / 2, so that
    # AUTOC = 1/4 and Qini = the integral of q (1 - q) / 2 = 1/12 (Yadlowsky and others, section 2).
    effect = 1 - (np.arange(20_000) + 0.5) / 20_000
    assert Ranked.of(effect, effect).rate("autoc") == pytest.approx(1 / 4, abs=1e-3)
    assert Ranked.of(effect, effect).rate("qini") == pytest.approx(1 / 12, abs=1e-3)


def test_a_constant_effect_or_a_constant_ranking_gives_0() -> None:
    chance = np.random.default_rng(0)
    for weighting in ("autoc", "qini"):
        flat = Ranked.of(np.full(99, 0.3), chance.normal(size=99)).rate(weighting)
        tied = Ranked.of(chance.normal(size=99), np.zeros(99)).rate(weighting)
        assert (flat, tied) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12))


def test_the_order_of_people_does_not_matter() -> None:
    chance = np.random.default_rng(1)
    scores, priority = chance.normal(size=50), chance.integers(0, 9, 50).astype(float)
    mixed = chance.permutation(50)
    one = Ranked.of(scores, priority).rate("autoc")
    assert Ranked.of(scores[mixed], priority[mixed]).rate("autoc") == pytest.approx(one, abs=1e-12)


def test_the_standard_error_is_that_of_new_samples() -> None:
    def sample(seed: int) -> tuple[np.ndarray, np.ndarray]:
        chance = np.random.default_rng(seed)
        priority = chance.normal(size=400)
        return 0.3 * priority + chance.normal(size=400), priority

    found = [Ranked.of(*sample(seed)).rate("autoc") for seed in range(300)]
    error = np.mean(
        [rate(*sample(seed), sample=Sample(draws=100, seed=seed)).error for seed in range(10)]
    )
    assert error == pytest.approx(np.std(found), rel=0.15)


def test_clusters_are_drawn_whole() -> None:
    chance = np.random.default_rng(2)
    scores, priority = (np.repeat(chance.normal(size=100), 4) for _ in range(2))
    group = np.repeat(np.arange(100), 4)
    alone = rate(scores, priority).error
    assert rate(scores, priority, sample=Sample(cluster=group)).error > 1.5 * alone


def test_something_to_target_is_said_by_the_interval() -> None:
    chance = np.random.default_rng(3)
    priority = chance.normal(size=600)
    assert rate(priority + chance.normal(size=600), priority).something_to_target
    assert not rate(chance.normal(size=600), priority).something_to_target
    assert rate(np.ones(9), np.zeros(9)).p_value == 1.0


def test_places_are_shares_within_the_fold() -> None:
    found = places(np.array([3.0, 1.0, 8.0, 8.0]), np.array([0, 0, 1, 1]))
    assert found.tolist() == [0.25, 0.75, 0.5, 0.5]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TrialError, match="shape"):
        rate(np.ones(3), np.ones(2))
    with pytest.raises(TrialError, match="missing or infinite for 1 of 2"):
        rate(np.array([1.0, np.nan]), np.ones(2))
    with pytest.raises(TrialError, match="one column"):
        rate(np.ones((2, 2)), np.ones(2))
