"""Finding a policy: what money buys, and the correction for optimism."""

from __future__ import annotations

import numpy as np
import pytest
from support.planted import mean_scores, planted

from churnlab.errors import ConfigError
from churnlab.winback.cells import Cells
from churnlab.winback.finding import Finder, least_effect, money_a_person
from churnlab.winback.policy import Policy


def test_the_correction_is_that_of_slow_loops() -> None:
    made = planted(900, seed=5)
    policy = Policy.find(made.trial, Cells.of(made.stage), mean_scores(made))
    each = np.column_stack([np.zeros(900), policy.scores])
    apart = []
    for k in range(5):
        inside, outside = np.flatnonzero(policy.fold != k), np.flatnonzero(policy.fold == k)
        cells = Cells(policy.cells.names, policy.cells.code[inside])
        proved = cells.effects(made.trial.take(inside), policy.scores[inside]).proved()
        arm = np.where(proved.max(axis=1) > 0, proved.argmax(axis=1) + 1, 0)[policy.cells.code]
        gain = each[np.arange(900), arm]
        apart.append(gain[inside].mean() - gain[outside].mean())
    own = each[np.arange(900), policy.chosen[policy.cells.code]].mean()
    assert policy.value.value == pytest.approx(own - 0.8 * np.mean(apart), abs=1e-12)


def test_without_proof_or_money_nobody_is_treated() -> None:
    made = planted(600, effects=np.zeros((3, 3)))
    scores, cells = mean_scores(made), Cells.of(made.stage)
    finder = Finder(made.trial, cells, scores, 0.0, None)
    chosen, partly = finder.decide(cells.effects(made.trial, scores))
    assert chosen.tolist() == [0, 0, 0] and partly == ()
    poor = Finder(made.trial, cells, scores + 1, 0.0, 0.0)
    assert poor.decide(cells.effects(made.trial, scores + 1))[0].tolist() == [0, 0, 0]


def test_money_and_worth_that_make_no_sense_are_refused() -> None:
    assert money_a_person(None, 3) is None
    with pytest.raises(ConfigError, match="budget"):
        money_a_person(-1.0, 3)
    with pytest.raises(ConfigError, match="worth"):
        least_effect(-2.0)
