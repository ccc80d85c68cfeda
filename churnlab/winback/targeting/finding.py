"""Finding a policy: cells are decided by effects that are proved and by money."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from churnlab.errors import ConfigError
from churnlab.winback.targeting.budget import Steps
from churnlab.winback.targeting.cells import CellEffects, Cells
from churnlab.winback.targeting.trial import Trial

FOLDS = 5
_WHOLE = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class Finder:
    """How cells are decided: by effects that are proved, and what a person may cost.

    people: of each cell, float64[cells]. least: outcome that one unit of money must bring. each:
    money a person, None without a limit.
    """

    people: np.ndarray
    least: float
    each: float | None

    def decide(self, effects: CellEffects) -> tuple[np.ndarray, tuple[int, ...]]:
        """The treatment of each cell, int64[cells], and the cells where the money ends."""
        return self._bought(Steps.of(effects.proved(), np.nan_to_num(effects.cost), self.least))

    def decide_moved(self, effects: CellEffects, by: np.ndarray) -> np.ndarray:
        """The treatment of each cell for each of several ways in which the estimates could have
        come out higher: `by` float64[d, cells, k], found int64[d, cells].
        """
        cells = len(self.people)
        proved = np.where(effects.low + by > 0, effects.value + by, 0.0)
        cost = np.broadcast_to(np.nan_to_num(effects.cost), by.shape)
        arms = by.shape[2]
        steps = Steps.of(proved.reshape(-1, arms), cost.reshape(-1, arms), self.least)
        if self.each is None:
            taken = np.zeros(len(by) * cells, np.int64)
            taken[steps.person] = steps.after  # of a person's steps the last is the furthest
            return taken.reshape(-1, cells)
        way, cell = np.divmod(steps.person, cells)
        each = (replace(steps.take(way == i), person=cell[way == i]) for i in range(len(by)))
        return np.array([self._bought(one)[0] for one in each])

    def _bought(self, one: Steps) -> tuple[np.ndarray, tuple[int, ...]]:
        """What the money buys of the steps of one person of each cell, for all people of it."""
        steps = replace(one, cost=one.cost * self.people[one.person])
        budget = np.inf if self.each is None else self.each * self.people.sum()
        shares = steps.shares(budget)
        taken = np.zeros(len(self.people), np.int64)
        whole = shares >= _WHOLE
        taken[steps.person[whole]] = steps.after[whole]
        partly = np.unique(steps.person[~whole & (shares > 0)])
        return taken, tuple(partly.tolist())


def proved_apart(trial: Trial, cells: Cells, scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """For each person the effects that are proved without the person's fold, float64[n, k]."""
    found = np.zeros(scores.shape)
    for one in np.unique(fold):
        mine = np.flatnonzero(fold == one)
        effects = cells.effects(trial, scores, np.flatnonzero(fold != one))
        found[mine] = effects.proved()[cells.code[mine]]
    return found


def money_a_person(budget: float | None, people: int) -> float | None:
    """Money a person; None without a limit. ConfigError for a negative budget, and for nobody.

    >>> money_a_person(100.0, 50)
    2.0
    """
    if people < 1:
        raise ConfigError.from_range("people", people, "at least 1 person")
    if budget is None:
        return None
    if not budget >= 0:
        raise ConfigError.from_range("budget", budget, "money of at least 0")
    return budget / people


def least_effect(worth: float | None) -> float:
    """The least outcome that one unit of money must bring. ConfigError for a worth below 0.

    >>> least_effect(None), least_effect(20.0)
    (0.0, 0.05)
    """
    if worth is None:
        return 0.0
    if not (worth > 0 and np.isfinite(worth)):
        raise ConfigError.from_range("worth", worth, "money above 0")
    return 1 / worth
