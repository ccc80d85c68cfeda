"""Trees and a penalised logistic model, added up in log-odds: one score whose parts are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import logit

from churnlab.estimators.learners import boosting
from churnlab.estimators.learners.additive import unseen
from churnlab.estimators.learners.boosting import Plan
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.logistic import RankLogistic

Fit: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[Any, np.ndarray]]
Loss: TypeAlias = Callable[[np.ndarray, np.ndarray], float]
_SHARES = np.linspace(0, 1, 11)
_FEWEST = 10
_FEWEST_DAYS = 8


@dataclass(frozen=True)
class Grown:
    """Both members on all rows. Log-odds are `share` of the trees' (booster plus `level`) and the rest of the line's; `unseen` float64[n] is what
    members that had not seen the row's person said, the effect of the row's day with it, or None without folds; `effect` is that alone, or zeros."""

    booster: Any
    level: float
    line: RankLogistic
    share: float
    unseen: np.ndarray | None
    effect: np.ndarray

    def scaled(self, slope: float, shift: float) -> tuple[Any, RankLogistic]:
        """Booster and line whose scores add up to `slope` times the log-odds plus `shift`."""
        trees = slope * self.share
        return boosting.rescale(self.booster, trees, trees * self.level + shift), self.line.scaled(
            slope - trees
        )


def grow(
    plan: Plan,
    X: np.ndarray,
    y: np.ndarray,
    day: np.ndarray,
    person: np.ndarray,
    categorical: list[int],
    inner: Folds,
) -> Grown:
    """Fits both on X float64[n, p] and y of 0 and 1; `day` and `person` int64[n].

    Where it foretells later days better, each day has an effect of its own, which the columns need not explain and `Season` alone hands on: what
    differs from one snapshot to the next is then season and chance, and people are told apart within their day. The share of the trees has the
    least log loss over persons not seen (L. Breiman, 1996, Stacked regressions).
    """
    day = (
        day
        if effects_help(X, y, day, person, categorical, plan.seed)
        else np.zeros(len(y), np.int64)
    )

    def fit(at: np.ndarray | slice) -> tuple[RankLogistic, np.ndarray]:
        return RankLogistic.fit(X[at], y[at], day[at], categorical, plan.seed)

    line, effect = fit(slice(None))
    level = float(logit(y.mean()))
    booster, trees = boosting.fit(plan, X, y, categorical, inner, start=level + effect)
    if trees is None:
        return Grown(booster, level, line, 0.5, None, effect)
    lines = unseen(fit, X, inner)
    share = best_share(y, trees + level + effect, lines + effect)
    return Grown(
        booster, level, line, share, share * (trees + level) + (1 - share) * lines + effect, effect
    )


def best_share(y: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """The share of the first log-odds, in tenths: the nearest to a half whose log loss is within one standard error of the least, so that chance does
    not choose (L. Breiman and others, 1984, Classification and regression trees, section 3.4.3). Rows with NaN do not count.

    >>> best_share(np.tile([0.0, 1.0], 9), np.tile([-3.0, 3.0], 9), np.zeros(18))
    1.0
    """
    known = np.isfinite(first) & np.isfinite(second)
    y, first, second = y[known], first[known], second[known]
    return nearest(
        np.array([_losses(y, s * first + (1 - s) * second) for s in _SHARES]), _SHARES, 0.5
    )


def nearest(losses: np.ndarray, shares: np.ndarray, wanted: float) -> float:
    """Of k shares whose losses are float64[k, n], the nearest to `wanted` within one standard error of the best.

    >>> nearest(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([0.0, 0.5]), 0.5)
    0.0
    """
    worse = losses - losses[losses.mean(axis=1).argmin()]
    close = worse.mean(axis=1) <= worse.std(axis=1) / np.sqrt(max(losses.shape[1], 1))
    return float(min(shares[close], key=lambda s: abs(s - wanted)))


def effects_help(
    X: np.ndarray,
    y: np.ndarray,
    day: np.ndarray,
    person: np.ndarray,
    categorical: list[int],
    seed: int,
) -> bool:
    """`foretell` of the logistic line, by its log loss."""
    return foretell(
        lambda X, y, day: RankLogistic.fit(X, y, day, categorical, seed),
        _loss,
        X,
        y,
        day,
        person,
        seed,
    )


def foretell(
    fit: Fit,
    loss: Loss,
    X: np.ndarray,
    y: np.ndarray,
    day: np.ndarray,
    person: np.ndarray,
    seed: int,
) -> bool:
    """Whether a line with day effects foretells the last quarter of days, for other persons, from the first half better than without.

    `fit` gives a line of (X, y, day), `loss` the loss of (y, score). False for fewer than eight days, which do not tell season from signal, or where
    fewer than ten rows to learn from are above 0, or fewer than ten below the highest y.
    """
    days, place = np.unique(day, return_inverse=True)
    if len(days) < _FEWEST_DAYS:
        return False
    early, late = place < len(days) // 2, place >= -(-3 * len(days) // 4)
    side = np.random.default_rng(seed).permutation(int(person.max()) + 1)[person] % 2 == 0
    gain = 0.0
    for mine in (side, ~side):
        learn, judge = np.flatnonzero(early & mine), np.flatnonzero(late & ~mine)
        if not len(judge) or min((y[learn] > 0).sum(), (y[learn] < y[learn].max()).sum()) < _FEWEST:
            return False
        for sign, of in ((1, np.zeros(len(y), np.int64)), (-1, day)):
            gain += sign * loss(y[judge], fit(X[learn], y[learn], of[learn])[0].score(X[judge]))
    return gain > 0


def _losses(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0, z) - y * z)


def _loss(y: np.ndarray, z: np.ndarray) -> float:
    return float(np.mean(_losses(y, z)))
