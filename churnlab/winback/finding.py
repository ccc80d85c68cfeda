"""Finding a policy: cells are decided by effects that are proved and by money, and valued."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.errors import ConfigError
from churnlab.evaluation.intervals import Interval
from churnlab.winback.budget import Steps
from churnlab.winback.cells import CellEffects, Cells
from churnlab.winback.scores import mean_interval
from churnlab.winback.trial import Trial

FOLDS = 5
_WHOLE = 1 - 1e-9
_UNSURE = 0.6
_NORMAL_95 = 1.959964


@dataclass(frozen=True, eq=False)
class Finder:
    """How cells are decided: by effects that are proved, and what a person may cost."""

    trial: Trial
    cells: Cells
    scores: np.ndarray
    least: float
    each: float | None

    def decide(self, effects: CellEffects) -> tuple[np.ndarray, tuple[int, ...]]:
        """The treatment of each cell, int64[cells], and the cells where the money ends."""
        steps = self._steps(effects)
        shares = steps.shares(np.inf if self.each is None else self.each * len(self.cells.code))
        chosen = np.zeros(len(self.cells), np.int64)
        cell = self.cells.code[steps.person]
        whole = shares >= _WHOLE
        np.maximum.at(chosen, cell[whole], np.arange(len(cell))[whole] + 1)
        taken = (
            np.where(chosen > 0, steps.after[np.maximum(chosen - 1, 0)], 0) if len(cell) else chosen
        )
        partly = np.unique(cell[~whole & (shares > 0)])
        return taken, tuple(partly.tolist())

    def held_out(self, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What policies without each fold give everybody, int64[folds, n], and for each person the
        effects proved without the person's fold, float64[n, k].
        """
        given, proved = [], np.zeros(self.scores.shape)
        for one in range(FOLDS):
            mine = np.flatnonzero(fold == one)
            effects = self.cells.effects(self.trial, self.scores, np.flatnonzero(fold != one))
            given.append(self.decide(effects)[0][self.cells.code])
            proved[mine] = effects.proved()[self.cells.code[mine]]
        return np.array(given), proved

    def _steps(self, effects: CellEffects) -> Steps:
        """The steps of all people, where those of a cell have the effects and costs of the cell."""
        cost = np.nan_to_num(effects.cost)
        return Steps.of(effects.proved()[self.cells.code], cost[self.cells.code], self.least)


def value_of(
    scores: np.ndarray,
    given: np.ndarray,
    others: np.ndarray,
    fold: np.ndarray,
    cluster: np.ndarray | None = None,
) -> Interval:
    """The value a person of a policy on people like those that it was made from, with 95% interval.

    It is the mean score of what the policy gives, less its optimism: the mean over folds of the
    value of the fold's policy on the other folds less that on the fold (B. Efron, 1983, Estimating
    the error rate of a prediction rule, JASA 78), times the share of people in the other folds,
    because optimism falls with the number of people. How large the optimism is, is itself not sure:
    0.6 of it counts as a standard error of its own, which experiments/winback_policy chose.

    scores: float64[n, k]. given: int64[n]. others: what the policy without each fold gives,
    int64[folds, n]. fold: int64[n].

    >>> scores, given = np.array([[1.0], [3.0]]), np.array([1, 1])
    >>> others, fold = np.array([[0, 0], [1, 1]]), np.array([0, 1])
    >>> value_of(scores, given, others, fold).value
    2.5
    """
    people, folds = len(scores), len(others)
    each = np.column_stack([np.zeros(people), scores])
    own = each[np.arange(people), given]
    apart = np.zeros(people)
    for one, arm in enumerate(others):
        gain, outside = each[np.arange(people), arm], fold == one
        inside = people / (folds * (~outside).sum())
        apart += np.where(outside, -gain * people / (folds * outside.sum()), gain * inside)
    optimism = (1 - 1 / folds) * apart
    found = mean_interval(own - optimism, cluster)
    reach = float(np.hypot(found.high - found.value, _NORMAL_95 * _UNSURE * optimism.mean()))
    return Interval(found.value, found.value - reach, found.value + reach)


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
