"""The churn blend: trees and a logistic model added up in log-odds, so that parts are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from scipy.special import logit

from churnlab.estimators.learners import boosting, later, small
from churnlab.estimators.learners.additive import Additive, out_of_fold
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.logistic import RankLogistic
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows

FitLine: TypeAlias = Callable[[TrainingRows], tuple[Additive, np.ndarray]]
Loss: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]
_SHARES = np.linspace(0, 1, 11)
_MIN_ROWS_OF_A_KIND = 10
_MIN_DAYS = 8


@dataclass(frozen=True)
class ChurnBlend:
    """Trees and a logistic line, both fitted on all rows.

    The log-odds are `share` times the trees' score (booster plus `level`) and the rest of the
    line's. `unseen` float64[n] holds out-of-fold log-odds, the effect of the row's day included;
    None without folds. `effect` float64[n] is that day effect alone, zeros where there is none.
    """

    booster: Any
    level: float
    line: RankLogistic
    share: float
    unseen: np.ndarray | None
    effect: np.ndarray

    def scaled(self, slope: float, shift: float) -> tuple[Any, RankLogistic]:
        """Booster and line whose scores add up to `slope` times the log-odds plus `shift`."""
        trees = slope * self.share
        booster = boosting.rescale(self.booster, trees, trees * self.level + shift)
        return booster, self.line.scaled(slope - trees)


def grow(plan: Plan, rows: TrainingRows, inner: Folds, chosen: Chosen | None = None) -> ChurnBlend:
    """Both members fitted on `rows`, whose y is 0 or 1.

    Where day effects predict later days better, each snapshot has an effect of its own. Columns
    then need not explain how snapshots differ: that is season and chance, and only the
    SeasonalShift carries it on. The share of the trees has the least log loss on out-of-fold
    log-odds (L. Breiman, 1996, Stacked regressions). Where few rows churned or stayed, the trees
    have to show by more than a standard error that they are worth a share (`learners.small`).

    chosen: what an earlier fit chose; then nothing is chosen here, and there are no folds.
    """
    if not (day_effects_help(rows) if chosen is None else chosen.day_effects):
        rows = rows.undated()
    if chosen is not None:
        rows = replace(rows, strength=chosen.strength)
    line, effect = _fit_line(rows)
    level = float(logit(np.average(rows.y, weights=rows.weight)))
    wanted = small.wanted_share(rows.y, rows.weight, rows.X.shape[1])
    booster, trees = boosting.fit(
        plan, rows.X, rows.y, rows.categorical, inner, level + effect, rows.weight, rows.cut
    )
    if trees is None:
        share = wanted if chosen is None or chosen.share is None else chosen.share
        return ChurnBlend(booster, level, line, share, None, effect)
    lines = out_of_fold(lambda learn: _fit_line(rows.take(learn)), rows.X, inner, plan.threads)
    share = best_share(rows.y, trees + level + effect, lines + effect, rows.weight, wanted)
    unseen = share * (trees + level) + (1 - share) * lines + effect
    return ChurnBlend(booster, level, line, share, unseen, effect)


def best_share(
    y: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    weight: np.ndarray | None = None,
    wanted: float = small.EQUAL_SHARE,
) -> float:
    """Share of the first log-odds, in tenths, in the best blend with the second.

    Of the shares whose log loss is within one standard error of the least, it is the nearest to
    `wanted`, so that chance does not choose (L. Breiman and others, 1984, Classification and
    regression trees, section 3.4.3). y: 0 or 1, float64[n]. first, second: log-odds float64[n];
    rows with a NaN do not count. weight: how often a row counts, float64[n].

    >>> best_share(np.tile([0.0, 1.0], 9), np.tile([-3.0, 3.0], 9), np.zeros(18))
    1.0
    """
    known = np.isfinite(first) & np.isfinite(second)
    y, first, second = y[known], first[known], second[known]
    losses = np.array([_log_losses(y, s * first + (1 - s) * second) for s in _SHARES])
    weight = None if weight is None else weight[known]
    return later.nearest(losses, _SHARES, wanted, weight)


def day_effects_help(rows: TrainingRows) -> bool:
    """Whether day effects lower the log loss of the logistic line on later days."""
    return effects_predict_later(_fit_line, _log_loss, rows)


def effects_predict_later(fit: FitLine, loss: Loss, rows: TrainingRows) -> bool:
    """Whether day effects lower a line's loss on later days, for people not used in fitting.

    The line learns from the first half of the days and half of the people; it is judged on the
    last quarter of the days and the other people; then the halves change sides. `fit` gives a line
    and its day effects; `loss` the mean loss of (y, score, weight). False with fewer than eight
    days, which cannot tell season from signal, and where a half has fewer than ten rows above 0 or
    fewer than ten below its highest y.
    """
    days, place = np.unique(rows.day, return_inverse=True)
    if len(days) < _MIN_DAYS:
        return False
    early = place < len(days) // 2
    late = place >= -(-3 * len(days) // 4)
    people = int(rows.person.max()) + 1
    side = np.random.default_rng(rows.seed).permutation(people)[rows.person] % 2 == 0
    gain = 0.0
    for mine in (side, ~side):
        learn = rows.take(np.flatnonzero(early & mine))
        judge = np.flatnonzero(late & ~mine)
        fewest = min((learn.y > 0).sum(), (learn.y < learn.y.max(initial=0.0)).sum())
        if not len(judge) or fewest < _MIN_ROWS_OF_A_KIND:
            return False
        for sign, taught in ((1, learn.undated()), (-1, learn)):
            line, _ = fit(taught)
            counts = None if rows.weight is None else rows.weight[judge]
            gain += sign * loss(rows.y[judge], line.score(rows.X[judge]), counts)
    return gain > 0


def _fit_line(rows: TrainingRows) -> tuple[RankLogistic, np.ndarray]:
    about = (rows.categorical, rows.seed, rows.weight, rows.strength)
    return RankLogistic.fit(rows.X, rows.y, rows.day, *about)


def _log_losses(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0, z) - y * z)


def _log_loss(y: np.ndarray, z: np.ndarray, weight: np.ndarray | None) -> float:
    return float(np.average(_log_losses(y, z), weights=weight))
