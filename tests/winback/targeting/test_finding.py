"""Finding a policy: what money buys, and the correction for optimism."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.planted import mean_scores, planted

from churnlab.errors import ConfigError
from churnlab.winback.targeting.cells import Cells
from churnlab.winback.targeting.finding import Finder, least_effect, money_a_person
from churnlab.winback.targeting.policy import Policy


def test_effects_proved_apart_are_those_of_slow_loops() -> None:
    made = planted(900, seed=5)
    policy = Policy.find(made.trial, Cells.of(made.stage), mean_scores(made))
    for k in range(5):
        inside, outside = np.flatnonzero(policy.fold != k), np.flatnonzero(policy.fold == k)
        cells = Cells(policy.cells.names, policy.cells.code[inside])
        proved = cells.effects(made.trial.take(inside), policy.scores[inside]).proved()
        assert np.array_equal(policy.hidden[outside], proved[policy.cells.code[outside]])


def test_without_proof_or_money_nobody_is_treated() -> None:
    made = planted(600, effects=np.zeros((3, 3)))
    scores, cells = mean_scores(made), Cells.of(made.stage)
    people = np.bincount(cells.code).astype(float)
    effects = cells.effects(made.trial, scores)
    chosen, partly = Finder(people, 0.0, None).decide(effects)
    assert chosen.tolist() == [0, 0, 0] and partly == ()
    better = np.ones((1, 3, 3))
    assert Finder(people, 0.0, 0.0).decide_moved(effects, better).tolist() == [[0, 0, 0]]
    assert (Finder(people, 0.0, None).decide_moved(effects, better) > 0).all()


@pytest.mark.parametrize("least, each", [(0.0, None), (0.0, 0.5), (0.06, None), (0.01, 0.2)])
def test_what_would_be_chosen_for_other_estimates_is_what_these_choose(
    least: float, each: float | None
) -> None:
    made = planted(3000, seed=3)
    scores, cells = mean_scores(made), Cells.of(made.stage)
    effects = cells.effects(made.trial, scores)
    finder = Finder(np.bincount(cells.code).astype(float), least, each)
    by = np.random.default_rng(1).normal(0, 0.05, (40, 3, 3))
    found = finder.decide_moved(effects, by)
    for one, chosen in zip(by, found, strict=True):
        other = replace(effects, value=effects.value + one, low=effects.low + one)
        assert finder.decide(other)[0].tolist() == chosen.tolist()
    assert len(np.unique(found, axis=0)) > 2


def test_money_and_worth_that_make_no_sense_are_refused() -> None:
    assert money_a_person(None, 3) is None
    with pytest.raises(ConfigError, match="budget"):
        money_a_person(-1.0, 3)
    with pytest.raises(ConfigError, match="worth"):
        least_effect(-2.0)
