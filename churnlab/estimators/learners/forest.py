"""Random forests of LightGBM's trees: each tree learns from a bag of people.

Whoever is not in the bag of a tree is predicted by it as a stranger, so that a forest is calibrated
without a second fit (L. Breiman, 1996, Out-of-bag estimation; 2001, Random forests).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import logit

from churnlab.estimators.learners import booster_text, boosting, leaves
from churnlab.estimators.learners.boosting import GrownTrees
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.row_chunks import score_in_chunks
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.unlogged import UNLOGGED
from churnlab.schema.progress import bar, counted

TREES = 100
_LEAVES = 63
_ROWS_A_TREE = 100_000
_SMALLEST_SHARE = 1e-3
_SMALLEST_AMOUNT = 1e-3
_ROWS_AT_A_TIME = 50_000
_SEEDS = 2**31 - 1  # LightGBM's are of 32 bits


@dataclass(frozen=True)
class Kind:
    """How trees of a kind of label grow; experiments/forest chose the figures.

    - link: turns the mean label of a leaf into its score.
    - people: share of the people that a tree learns from.
    - leaf: fewest rows of a leaf, as a share of `Plan.min_child_samples`.
    - prior: each leaf is drawn to the mean of all rows as if it had so many times its fewest rows
      more.
    """

    link: Callable[[np.ndarray], np.ndarray]
    people: float
    leaf: float
    prior: float


@UNLOGGED
def fit(kind: Kind, plan: Plan, rows: TrainingRows, inner: Folds) -> GrownTrees:
    """A forest as a booster, and out-of-bag raw scores float64[n], or None without folds.

    The raw score of a row is the mean over the trees of the score of its leaf. A tree without a
    split gives the mean of all rows. A tree learns from a share of the people, or from as many as
    have 100,000 rows; each split looks at a share of the columns, `plan.feature_fraction`. Rows
    that no fold holds out, and rows of people in every bag, get NaN.
    """
    in_bag = _bags(kind.people, plan, rows.person)
    level = float(np.average(rows.y, weights=rows.weight))
    params = _params(kind, plan, len(rows.y))
    grow = boosting.grower(plan, params, replace(rows, y=rows.y - level))

    def tree(number: int) -> str:
        """One tree from the people in its bag, as text."""
        seed = (plan.seed + number) % _SEEDS
        return grow(np.flatnonzero(in_bag[number][rows.person]), seed)

    trees = _in_threads(tree, len(in_bag), plan.threads)
    booster = boosting.from_text(booster_text.merged(*trees))
    means = [level + (v if len(v) > 1 else 0.0 * v) for v in leaves.values(booster)]
    booster = boosting.with_leaves(booster, [kind.link(m) / len(trees) for m in means])
    return booster, _out_of_bag(booster, rows, in_bag, inner, plan.threads) if inner else None


def _in_threads(tree: Callable[[int], str], trees: int, threads: int) -> list[str]:
    """Trees 0, 1, …, as many at a time as there are threads.

    No thread waits for another inside a tree, and the number of threads changes no tree.
    """
    with (
        bar("growing trees", trees) as step,
        ThreadPoolExecutor(threads) as pool,
    ):
        return list(counted(pool.map(tree, range(trees)), step, lambda _: 1))


def log_odds(share: np.ndarray) -> np.ndarray:
    """Log-odds of shares, which may be 0 or 1: the link of churn.

    >>> log_odds(np.array([0.5])).tolist()
    [0.0]
    """
    return np.asarray(logit(np.clip(share, _SMALLEST_SHARE, 1 - _SMALLEST_SHARE)))


def log_money(amount: np.ndarray) -> np.ndarray:
    """Log of amounts in units of about their mean, which may be 0: the link of lifetime value.

    >>> log_money(np.array([1.0])).tolist()
    [0.0]
    """
    return np.asarray(np.log(np.maximum(amount, _SMALLEST_AMOUNT)))


CHURN = Kind(log_odds, people=0.4, leaf=1.0, prior=1 / 3)
# Larger leaves would average the largest amounts away.
VALUE = Kind(log_money, people=0.632, leaf=1 / 3, prior=0.05)


def _bags(share: float, plan: Plan, person: np.ndarray) -> np.ndarray:
    """Whether each person is in the bag of each tree, bool[trees, people]."""
    people = int(person.max()) + 1
    share = min(share, _ROWS_A_TREE / len(person))
    chance = np.random.default_rng(plan.seed)
    in_bag = np.zeros((plan.rounds or TREES, people), bool)
    for bag in in_bag:
        bag[chance.permutation(people)[: max(1, round(share * people))]] = True
    return in_bag


def _params(kind: Kind, plan: Plan, rows: int) -> dict[str, object]:
    """LightGBM's parameters of a tree."""
    fewest = max(1, round(kind.leaf * min(plan.min_child_samples, rows // 20)))
    return plan.params(rows) | {
        "objective": "regression",
        "learning_rate": 1.0,
        "boost_from_average": False,
        "num_leaves": plan.num_leaves or _LEAVES,
        "min_child_samples": fewest,
        "bagging_freq": 0,
        "feature_fraction": 1.0,
        "feature_fraction_bynode": plan.feature_fraction,
        "lambda_l2": kind.prior * fewest,
    }


def _out_of_bag(
    booster: Any, rows: TrainingRows, in_bag: np.ndarray, inner: Folds, threads: int
) -> np.ndarray:
    """Raw scores of the rows that a fold holds out, by the trees that do not know the person."""
    values = leaves.values(booster)
    most = max(map(len, values))
    table = np.array([np.pad(v, (0, most - len(v))) for v in values])
    each = np.arange(len(table))

    def by_tree(some: np.ndarray) -> np.ndarray:
        """What each tree adds for some rows, float64[trees, n]."""
        return np.asarray(table[each, leaves.reached(booster, some)])

    unseen = np.full(len(rows.y), np.nan)
    held_out = np.sort(np.concatenate([out for _, out in inner]))
    for start in range(0, len(held_out), _ROWS_AT_A_TIME):
        at = held_out[start : start + _ROWS_AT_A_TIME]
        stranger = ~in_bag.T[rows.person[at]]
        total = (score_in_chunks(rows.X[at], by_tree, lambda: threads) * stranger).sum(axis=1)
        known = stranger.any(axis=1)
        unseen[at[known]] = (total * len(table))[known] / stranger.sum(axis=1)[known]
    return unseen
