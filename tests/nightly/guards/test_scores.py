"""Scores beside those of the training and of the last list."""

from __future__ import annotations

import numpy as np
import pytest
from support.facts import DATASET, made_up_facts

from churnlab.config.sections import GuardsTable
from churnlab.model_registry.run_facts import DatasetFacts, ReferenceFacts
from churnlab.nightly.guards.scores import (
    against_last,
    against_training,
    people_limits,
    psi,
    psi_limits,
)
from churnlab.training.reference import edges_of, shares_of

LIMITS = GuardsTable()
SCORES = np.random.default_rng(1).beta(1, 9, 2000)


def figures(guards: object) -> dict[str, float | None]:
    return {guard.name: guard.figure for guard in guards}  # type: ignore[attr-defined]


def test_psi_is_zero_for_equal_shares_and_has_no_direction() -> None:
    a, b = np.array([10.0, 30, 60]), np.array([60.0, 30, 10])
    assert psi(a, a) == 0 and psi(a, b) == pytest.approx(psi(b, a))
    p, q = (a + 0.5) / 101.5, (b + 0.5) / 101.5
    assert psi(a, b) == pytest.approx(sum((p - q) * np.log(p / q)))
    assert np.isfinite(psi(np.array([0.0, 5]), np.array([5.0, 0])))


def test_the_same_scores_pass_and_doubled_ones_do_not() -> None:
    same = figures(against_last(SCORES, SCORES, "2026-03-04", LIMITS))
    assert same == {"psi_last": 0, "people_least": 1, "people_most": 1}
    moved = list(against_last(SCORES * 2, SCORES, "2026-03-04", LIMITS))
    assert moved[0].level == "block" and not moved[0].passed
    half = figures(against_last(SCORES[:1000], SCORES, "2026-03-04", LIMITS))
    assert half["people_least"] == 0.5


def test_scores_beside_the_training() -> None:
    edges = edges_of(SCORES)
    reference = ReferenceFacts(tuple(edges), tuple(shares_of(SCORES, edges)))
    rows = DatasetFacts(**vars(DATASET) | {"means": {"churned": float(SCORES.mean() / 3)}})
    facts = made_up_facts(dataset=rows, reference=reference)
    found = figures(against_training(SCORES, facts, LIMITS))
    assert found["psi_training"] == pytest.approx(0) and found["mean_score"] == pytest.approx(3)


def test_a_run_without_a_reference_or_a_base_rate_says_so() -> None:
    found = list(against_training(SCORES, made_up_facts(), LIMITS))
    assert [guard.figure for guard in found] == [None, None]
    assert all(guard.passed for guard in found)
    assert "train again" in str(found[1].says) and "does not say" in str(found[0].says)


@pytest.mark.parametrize("people", [12, 30, 90])
def test_lists_of_few_people_are_not_blocked_by_chance(people: int) -> None:
    random = np.random.default_rng(people)
    blocked = halved = 0
    for _ in range(400):
        last = random.beta(1, 3, random.poisson(people))
        now = random.beta(1, 3, random.poisson(people))
        blocked += any(g.level == "block" for g in against_last(now, last, "2026-03-04", LIMITS))
    edges = edges_of(SCORES)
    reference = ReferenceFacts(tuple(edges), tuple(shares_of(SCORES, edges)))
    few = DatasetFacts(**vars(DATASET) | {"people": people, "means": {"churned": 0.1}})
    facts = made_up_facts(dataset=few, judged_on=few, reference=reference)
    for _ in range(400):
        found = list(against_training(random.choice(SCORES, people), facts, LIMITS))
        halved += found[1].level == "block"
    assert blocked <= 1 and halved <= 1


def test_chance_moves_no_limit_of_many_people_and_keeps_guards_that_are_off() -> None:
    limits = GuardsTable()
    assert psi_limits(limits.psi_last, 8, 600, 600) == limits.psi_last
    assert people_limits(limits.people_least, 2000) == limits.people_least
    assert people_limits(limits.people_most, 2000) == limits.people_most
    assert people_limits([], 10) == psi_limits([], 8, 10, 10) == []
    least, most = people_limits([0.9, 0.7], 100), people_limits([1.15, 1.5], 100)
    assert 0.5 < least[1] < 0.7 and 1.5 < most[1] < 2  # half of 100 people is no chance


def test_a_change_that_came_slowly_warns() -> None:
    edges = edges_of(SCORES)
    reference = ReferenceFacts(tuple(edges), tuple(shares_of(SCORES, edges)))
    rows = DatasetFacts(**vars(DATASET) | {"means": {"churned": 0.1}, "people": 2000})
    facts = made_up_facts(dataset=rows, judged_on=rows, reference=reference)
    aged = np.minimum(SCORES * 4, 1.0)
    for slow, level in ((False, "block"), (True, "warn")):
        found = list(against_training(aged, facts, LIMITS, slow))
        assert [(g.name, g.level, g.passed) for g in found] == [
            ("mean_score", level, False), ("psi_training", level, False)]  # fmt: skip
        assert found[0].limit == LIMITS.mean_score[not slow]


def test_a_base_rate_of_few_leavers_is_not_taken_at_its_word() -> None:
    """8 of 400 people left: three times as many are beyond the limit of 2.5, and within chance."""
    rows = DatasetFacts(**vars(DATASET) | {"means": {"churned": 0.02}, "people": 400})
    scores = SCORES * 0.06 / SCORES.mean()
    few = next(against_training(scores, made_up_facts(dataset=rows), LIMITS))
    assert few.figure == pytest.approx(3) and few.level == "warn"
    many = DatasetFacts(**vars(rows) | {"people": 40_000})
    assert next(against_training(scores, made_up_facts(dataset=many), LIMITS)).level == "block"
