"""Trees that learn an amount, with one of four objectives; each becomes one LightGBM booster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from churnlab.estimators.learners import boosting
from churnlab.estimators.learners.chosen import TreeSize
from churnlab.estimators.learners.custom_loss import CustomLoss
from churnlab.estimators.learners.folds import Folds, within
from churnlab.estimators.learners.objectives import ziln_gradients, ziln_loss, ziln_mean, ziln_start
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows

OBJECTIVES = ("tweedie", "hurdle", "ziln", "mae")
_MIN_PAYING_ROWS = 10


class ValueTrees(NamedTuple):
    """A booster, out-of-fold raw scores float64[n] or None, and the sizes of its one or two parts.

    Each part is a booster of its own before they are merged.
    """

    booster: Any
    unseen: np.ndarray | None
    sizes: tuple[TreeSize, ...]


def grow(objective: str, plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    """A booster fitted on all rows, and out-of-fold raw scores, or None without folds.

    objective: one of OBJECTIVES; `amounts` turns its raw scores into money. The y of `rows` are
    amounts of at least 0 with a mean near 1.
    """
    ways = {"tweedie": _tweedie, "hurdle": _hurdle, "ziln": _ziln, "mae": _median}
    return ways[objective](plan, rows, folds)


def raw(objective: str, booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    """Raw score of each row, float64[n]: log money, or the root of money for "mae"."""
    score = boosting.raw(booster, X, threads)
    return ziln_mean(score) if objective == "ziln" else score


def amounts(objective: str, score: np.ndarray) -> np.ndarray:
    """Amounts of raw scores, float64[n], at least 0.

    >>> amounts("mae", np.array([-1.0, 2.0])).tolist()
    [0.0, 4.0]
    """
    return np.asarray(np.maximum(score, 0.0) ** 2 if objective == "mae" else np.exp(score))


def rescaled(objective: str, booster: Any, factor: float) -> Any:
    """A booster whose amounts are multiplied by `factor`."""
    if objective == "ziln":
        return boosting.rescale(booster, 1.0, 0.0, float(np.log(factor)), 0.0)
    if objective == "mae":
        return boosting.rescale(booster, float(np.sqrt(factor)))
    return boosting.rescale(booster, 1.0, float(np.log(factor)))


def _tweedie(plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    return _fitted("tweedie", plan, rows, folds)


def _median(plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    """Least absolute error of the root: the median of the root is the root of the median."""
    return _fitted("regression_l1", plan, replace(rows, y=np.sqrt(rows.y)), folds)


def _hurdle(plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    """The probability to pay (Poisson) times the amount if paid (gamma).

    Both have a log link, so their trees can be added up. With fewer than ten paying rows it is
    Tweedie, and where it was in the fit that chose the sizes.
    """
    pays = rows.y > 0
    if pays.sum() < _MIN_PAYING_ROWS or len(plan.sizes) == 1:
        return _tweedie(plan, rows, folds)
    ones = replace(rows, y=pays.astype(np.float64))
    chance, unseen, size = _fitted("poisson", plan, ones, folds)
    payers = rows.take(np.flatnonzero(pays))
    second = plan.as_chosen(plan.sizes, 1) if plan.sizes else plan
    paid, unseen_paid, second_size = _fitted("gamma", second, payers, within(folds, pays))
    sizes = size + second_size
    if unseen is not None and unseen_paid is not None:
        amount = boosting.raw(paid, rows.X, plan.threads)
        amount[pays] = unseen_paid
        unseen = unseen + amount
    return ValueTrees(
        boosting.merge(chance, paid), unseen if unseen_paid is not None else None, sizes
    )


def _fitted(objective: str, plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    plan = replace(plan, objective=objective)
    booster, unseen = boosting.fit(
        plan, rows.X, rows.y, rows.categorical, folds, weight=rows.weight, cut=rows.cut
    )
    return ValueTrees(booster, unseen, (boosting.size(booster),))


def _ziln(plan: Plan, rows: TrainingRows, folds: Folds) -> ValueTrees:
    loss = CustomLoss(ziln_gradients, ziln_loss, ziln_start(rows.y, rows.weight))
    booster, unseen = boosting.fit_custom(
        plan, loss, rows.X, rows.y, rows.categorical, folds, rows.weight
    )
    unseen = None if unseen is None else ziln_mean(unseen)
    return ValueTrees(booster, unseen, (boosting.size(booster),))
