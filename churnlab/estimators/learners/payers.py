"""Payers: the median of an amount that is often 0, by who pays and how much payers pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.special import expit

from churnlab.estimators.learners import boosting
from churnlab.estimators.learners.chosen import Chosen, TreeSize
from churnlab.estimators.learners.folds import Folds, within
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.weights import quantiles

_SHARE = 0.25
_FEWEST_OF_A_KIND = 10
_KEPT_ERRORS = np.linspace(0, 1, 101)
Members: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Payers:
    """Who pays and how much, by trees behind the others in the blend's booster.

    first: number of trees before them. chance: number of trees that give the log-odds to pay; those
    after them give log money if paid. errors: quantiles of the out-of-fold errors of log money.
    """

    first: int
    chance: int
    errors: list[float]

    def joined(self, booster: Any, factor: float) -> Members:
        """What takes rows, and the roots that the others say of them, to roots of medians.

        `booster` holds all trees, multiplied by the root of `factor`, as those of roots must be.
        """
        level = np.sqrt(factor)
        errors = np.array(self.errors)
        behind = self.first + self.chance
        of_chance = boosting.part(booster, self.first, self.chance)
        of_amount = boosting.part(booster, behind, booster.num_trees() - behind)

        def roots(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
            """Roots of the medians, float64[n]."""
            odds = boosting.raw(of_chance, rows, 1) / level
            log_money = boosting.raw(of_amount, rows, 1) / level
            return _joined(others, odds, np.sqrt(median(odds, log_money, errors) * factor))

        return roots


class GrownPayers(NamedTuple):
    """A booster with all trees, and out-of-fold roots of all members, or None without folds.

    payers is None, and the others are as they came, where the rows cannot tell who pays. sizes:
    those of the boosters for the chance and for the amount.
    """

    booster: Any
    unseen: np.ndarray | None
    payers: Payers | None
    sizes: tuple[TreeSize, ...]


def grow(
    first: GrownPayers, plan: Plan, rows: TrainingRows, inner: Folds, chosen: Chosen | None
) -> GrownPayers:
    """`first`, which has no payers, with trees that say who pays and how much.

    There are none with fewer than ten rows that pay or that do not, without payers held out, and
    where an earlier fit `chosen` had none. rows: y holds amounts of at least 0 with a mean near 1.
    """
    pays = rows.y > 0
    paid = within(inner, pays)
    errors = np.array(() if chosen is None else chosen.errors)
    if min(pays.sum(), (~pays).sum()) < _FEWEST_OF_A_KIND or not (paid or errors.size):
        return first
    chance, odds = _fit("binary", plan, 1, replace(rows, y=pays.astype(np.float64)), inner)
    payers = rows.take(np.flatnonzero(pays))
    payers = replace(payers, y=np.log(payers.y))
    amount, logs = _fit("regression_l1", plan, 2, payers, paid)
    unseen = first.unseen
    if unseen is not None and odds is not None and logs is not None:
        errors = _spread(payers.y - logs, payers.weight)
        log_money = boosting.raw(amount, rows.X, plan.threads)
        log_money[pays] = logs
        unseen = _joined(unseen, odds, np.sqrt(median(odds, log_money, errors)))
    found = Payers(first.booster.num_trees(), chance.num_trees(), errors.tolist())
    booster = boosting.merge(boosting.merge(first.booster, chance), amount)
    return GrownPayers(booster, unseen, found, (boosting.size(chance), boosting.size(amount)))


def median(odds: np.ndarray, log_money: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Median of an amount that is paid with log-odds `odds`, float64[n]; 0 for odds up to even.

    If the chance to pay is p, half of all cases lie below the quantile 1 - 0.5 / p of the amounts
    if paid. log_money: median of log money if paid. errors: quantiles of what is added to it.

    >>> median(np.log([1.0, 3.0]), np.zeros(2), np.linspace(-1, 1, 101)).round(3).tolist()
    [0.0, 0.717]
    """
    share = np.maximum(1 - 0.5 / np.maximum(expit(odds), 0.5), 0)
    error = np.interp(share, np.linspace(0, 1, len(errors)), errors)
    return np.where(odds <= 0, 0.0, np.exp(log_money + error))


def _joined(roots: np.ndarray, odds: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Three quarters of `roots` and a quarter of `own`; 0 where odds are at most even."""
    return np.where(odds <= 0, 0.0, (1 - _SHARE) * roots + _SHARE * own)


def _fit(
    objective: str, plan: Plan, place: int, rows: TrainingRows, inner: Folds
) -> boosting.GrownTrees:
    """A booster, of the size at a place among those of the plan, if it has any."""
    plan = replace(plan.as_chosen(plan.sizes, place) if plan.sizes else plan, objective=objective)
    return boosting.fit(
        plan, rows.X, rows.y, rows.categorical, inner, weight=rows.weight, cut=rows.cut
    )


def _spread(errors: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Quantiles of the errors without the NaN among them; `weight` says how often each counts."""
    order = np.argsort(errors, kind="stable")[: int(np.isfinite(errors).sum())]
    return quantiles(errors[order], _KEPT_ERRORS, None if weight is None else weight[order])
