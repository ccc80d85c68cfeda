"""Trees that learn an amount, with one of four objectives; each becomes one LightGBM booster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from churnlab.estimators.learners import boosting
from churnlab.estimators.learners.boosting import CustomLoss, GrownTrees, Plan
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.objectives import ziln_gradients, ziln_loss, ziln_mean, ziln_start
from churnlab.estimators.learners.training_rows import TrainingRows

OBJECTIVES = ("tweedie", "hurdle", "ziln", "mae")
_MIN_PAYING_ROWS = 10


def grow(objective: str, plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    """A booster fitted on all rows, and out-of-fold raw scores float64[n], or None without folds.

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


def _tweedie(plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    return _fitted("tweedie", plan, rows, folds)


def _median(plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    """Least absolute error of the root: the median of the root is the root of the median."""
    return _fitted("regression_l1", plan, replace(rows, y=np.sqrt(rows.y)), folds)


def _hurdle(plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    """The probability to pay (Poisson) times the amount if paid (gamma).

    Both have a log link, so their trees can be added up. With fewer than ten paying rows it is
    Tweedie.
    """
    pays = rows.y > 0
    if pays.sum() < _MIN_PAYING_ROWS:
        return _tweedie(plan, rows, folds)
    chance, unseen = _fitted("poisson", plan, replace(rows, y=pays.astype(np.float64)), folds)
    payers = rows.take(np.flatnonzero(pays))
    paid, unseen_paid = _fitted("gamma", plan, payers, _within(folds, pays))
    if unseen is not None and unseen_paid is not None:
        amount = boosting.raw(paid, rows.X, plan.threads)
        amount[pays] = unseen_paid
        unseen = unseen + amount
    return boosting.merge(chance, paid), unseen if unseen_paid is not None else None


def _fitted(objective: str, plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    plan = replace(plan, objective=objective)
    return boosting.fit(plan, rows.X, rows.y, rows.categorical, folds, weight=rows.weight)


def _within(folds: Folds, kept: np.ndarray) -> Folds:
    """The folds over the kept rows alone; none where a side would have fewer than ten rows."""
    place = np.cumsum(kept) - 1
    pairs = [
        (place[learn[kept[learn]]], place[held_out[kept[held_out]]]) for learn, held_out in folds
    ]
    smallest = min((min(len(learn), len(out)) for learn, out in pairs), default=_MIN_PAYING_ROWS)
    return pairs if smallest >= _MIN_PAYING_ROWS else []


def _ziln(plan: Plan, rows: TrainingRows, folds: Folds) -> GrownTrees:
    loss = CustomLoss(ziln_gradients, ziln_loss, ziln_start(rows.y, rows.weight))
    booster, unseen = boosting.fit_custom(
        plan, loss, rows.X, rows.y, rows.categorical, folds, rows.weight
    )
    return booster, None if unseen is None else ziln_mean(unseen)
