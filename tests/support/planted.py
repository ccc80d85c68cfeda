"""Trials with planted effects as plain arrays, drawn in no time: those of `make_experiment`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.demo.treatments import ARMS, COSTS, EFFECTS, SHARES, STAGES, UNTREATED
from churnlab.winback.targeting.scores import effect_scores
from churnlab.winback.targeting.trial import Trial

SIZES = np.array([0.55, 0.27, 0.18])  # shares of people by stage


@dataclass(frozen=True, eq=False)
class Planted:
    """A trial, what was known, the stage of each person, and the true effects of each stage."""

    trial: Trial
    X: pd.DataFrame
    stage: np.ndarray
    effects: np.ndarray

    def worth(self, rules: dict[str, str]) -> float:
        """The true value a person of a rule by stage, for people as they are drawn."""
        gains = {"none": np.zeros(3)} | dict(zip(self.trial.arms, self.effects.T, strict=True))
        shares = zip(STAGES, SIZES, range(3), strict=True)
        return float(sum(share * gains[rules[stage]][i] for stage, share, i in shares))

    def best(self) -> float:
        """The true value a person of the best rule by stage, without a limit of money."""
        return float((SIZES * np.maximum(self.effects.max(axis=1), 0)).sum())


def planted(people: int = 2000, seed: int = 0, effects: np.ndarray = EFFECTS) -> Planted:
    """People of three stages, of whom chance gives 60% one of three treatments."""
    chance = np.random.default_rng(seed)
    stage = chance.choice(3, people, p=SIZES)
    w = chance.choice(4, people, p=list(SHARES.values()))
    each = np.column_stack([np.zeros(3), effects])
    kept = (chance.random(people) < UNTREATED[stage] + each[stage, w]).astype(float)
    names = np.array(ARMS, object)
    cost = {arm: COSTS[arm] for arm in ARMS[1:]}
    trial = Trial.checked(kept, names[w], arms=ARMS[1:], p=SHARES, cost=cost)
    silent = np.array([2.0, 8.0, 50.0])[stage] * chance.lognormal(0, 0.3, people)
    X = pd.DataFrame({"silent_days": silent, "noise": chance.normal(size=people)})
    return Planted(trial, X, np.array(STAGES, object)[stage], effects)


def mean_scores(made: Planted) -> np.ndarray:
    """Scores whose outcome models are the true chances: nothing is learnt, so it is quick."""
    place = np.array([STAGES.index(stage) for stage in made.stage])
    each = np.column_stack([np.zeros(3), made.effects])
    expected = UNTREATED[place][:, None] + each[place]
    return effect_scores(made.trial.y, made.trial.w, made.trial.p, expected)
