"""The four ways in which trees learn an amount, each one LightGBM model in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from churnlab.estimators.learners import boosting
from churnlab.estimators.learners.boosting import Plan
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.objectives import ziln_gradients, ziln_loss, ziln_mean, ziln_start

OBJECTIVES = ("tweedie", "hurdle", "ziln", "mae")
_FEWEST = 10
Grown = tuple[Any, np.ndarray | None]


def grow(
    objective: str, plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds
) -> Grown:
    """A booster on all rows, and raw scores float64[n] (see `amounts`) for persons whom the trees had not seen; y at least 0, near 1."""
    ways = {"tweedie": _tweedie, "hurdle": _hurdle, "ziln": _ziln, "mae": _median}
    return ways[objective](plan, X, y, categorical, folds)


def raw(objective: str, booster: Any, X: np.ndarray, threads: int) -> np.ndarray:
    """Raw scores, float64[n]: log money, or its root for "mae"."""
    score = boosting.raw(booster, X, threads)
    return ziln_mean(score) if objective == "ziln" else score


def amounts(objective: str, score: np.ndarray) -> np.ndarray:
    """Amounts of raw scores, float64[n], at least 0.

    >>> amounts("mae", np.array([-1.0, 2.0])).tolist()
    [0.0, 4.0]
    """
    return np.asarray(np.maximum(score, 0.0) ** 2 if objective == "mae" else np.exp(score))


def rescaled(objective: str, booster: Any, factor: float) -> Any:
    """The booster whose amounts are `factor` times as much."""
    if objective == "ziln":
        return boosting.rescale(booster, 1.0, 0.0, float(np.log(factor)), 0.0)
    if objective == "mae":
        return boosting.rescale(booster, float(np.sqrt(factor)))
    return boosting.rescale(booster, 1.0, float(np.log(factor)))


def _tweedie(
    plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds
) -> Grown:
    return boosting.fit(replace(plan, objective="tweedie"), X, y, categorical, folds)


def _median(
    plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds
) -> Grown:
    """Least absolute error on the root of the amounts: the median of a root is the root of the median."""
    return boosting.fit(replace(plan, objective="regression_l1"), X, np.sqrt(y), categorical, folds)


def _hurdle(
    plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds
) -> Grown:
    """Will pay times how much, both under a log link, so that the trees of one and of the other add up; Tweedie for fewer than ten who pay."""
    pays = y > 0
    if pays.sum() < _FEWEST:
        return _tweedie(plan, X, y, categorical, folds)
    will, unseen = boosting.fit(
        replace(plan, objective="poisson"), X, pays.astype(np.float64), categorical, folds
    )
    much, off = boosting.fit(
        replace(plan, objective="gamma"), X[pays], y[pays], categorical, _within(folds, pays)
    )
    if unseen is not None and off is not None:
        amount = boosting.raw(much, X, plan.threads)
        amount[pays] = off
        unseen = unseen + amount
    return boosting.merge(will, much), unseen if off is not None else None


def _within(folds: Folds, kept: np.ndarray) -> Folds:
    """The folds over the kept rows alone; none where a side would have fewer than ten."""
    place = np.cumsum(kept) - 1
    pairs = [(place[learn[kept[learn]]], place[out[kept[out]]]) for learn, out in folds]
    return pairs if all(min(len(learn), len(out)) >= _FEWEST for learn, out in pairs) else []


def _ziln(plan: Plan, X: np.ndarray, y: np.ndarray, categorical: list[int], folds: Folds) -> Grown:
    task = boosting.Custom(ziln_gradients, ziln_loss, ziln_start(y))
    booster, unseen = boosting.fit_custom(plan, task, X, y, categorical, folds)
    return booster, None if unseen is None else ziln_mean(unseen)
