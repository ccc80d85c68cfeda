"""The value blend: trees, a log-linear model and expected spending, added up in log money.

For medians it is trees, a line and a model of payers, added up in roots of money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from churnlab.estimators.learners import blend, boosting, later, payers, value_trees
from churnlab.estimators.learners.additive import out_of_fold
from churnlab.estimators.learners.chosen import Chosen
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.loglinear import POWER, LogLinear, medians
from churnlab.estimators.learners.objectives import tweedie_loss
from churnlab.estimators.learners.payers import GrownPayers, Payers
from churnlab.estimators.learners.plan import Plan
from churnlab.estimators.learners.training_rows import TrainingRows
from churnlab.estimators.learners.value_trees import ValueTrees

OBJECTIVES_WITH_DAY_EFFECTS = ("tweedie", "mae")
_SHARE_OF_TREES = 0.375
_SHARE_OF_SPENDING = 0.2
_SHARES = np.linspace(0, 0.6, 7)
_SPENDING_FLOOR = 0.02
_MIN_ROWS_WITH_SPENDING = 10


@dataclass(frozen=True)
class ExpectedSpending:
    """Log money from one column of expected spending x: log(`rate` x + 0.02).

    column: its position. absent: log money where x is missing. base: mean over the training rows.
    share: its part in the blend, between 0 and 1.
    """

    column: int
    rate: float
    absent: float
    base: float = 0.0
    share: float = 0.0

    @classmethod
    def fit(cls, rows: TrainingRows, effect: np.ndarray) -> Self | None:
        """The rate that makes the totals equal, given the day effects, float64[n] in log money.

        None without the column, and where fewer than ten rows expect anything.
        """
        if rows.spending is None:
            return None
        x = rows.X[:, rows.spending]
        known = np.isfinite(x)
        if (x[known] > 0).sum() < _MIN_ROWS_WITH_SPENDING or not rows.y[known].any():
            return None
        w, level = rows.counts(), np.exp(effect)
        spent = (w * rows.y)[known].sum()
        rate = spent / (w[known] * (np.maximum(x[known], 0) * level[known])).sum()
        absent = (w * rows.y)[~known].sum() / max((w * level)[~known].sum(), 1.0)
        fitted = cls(rows.spending, float(rate), float(np.log(absent + _SPENDING_FLOOR)))
        return replace(fitted, base=float(np.average(fitted.score(rows.X), weights=w)))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Log money of each row, float64[n]."""
        x = X[:, self.column]
        spending = self.rate * np.maximum(np.nan_to_num(x), 0)
        return np.where(np.isnan(x), self.absent, np.log(spending + _SPENDING_FLOOR))


@dataclass(frozen=True)
class OtherMembers:
    """The members of the blend besides the trees.

    In log money the blend is (1 - share) (3/8 trees + 5/8 line) + share expected spending. Medians
    are halfway between trees and line, in roots of money, joined with what `payers` say.
    """

    line: LogLinear
    expected: ExpectedSpending | None
    payers: Payers | None = None

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """The members that `state()` wrote down."""
        expected, who_pays = state["expected"], state.get("payers")
        return cls(
            LogLinear(**state["line"]),
            None if expected is None else ExpectedSpending(**expected),
            None if who_pays is None else Payers(**who_pays),
        )

    def state(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return asdict(self)

    def score(self, trees: np.ndarray, X: np.ndarray, factor: float) -> np.ndarray:
        """Log money of the whole blend, float64[n].

        `trees` is the trees' score, float64[n], which includes the correction `factor` already.
        """
        level = float(np.log(factor))
        both = trees_and_line(trees, self.line.score(X) + level)
        if self.expected is None:
            return both
        return _joined(both, self.expected.score(X) + level, self.expected.share)

    def medians(self, booster: Any, factor: float) -> Callable[[np.ndarray], np.ndarray]:
        """What takes rows to the roots of their medians, by the line, the trees and the payers.

        `booster` holds all trees; those of roots include the correction `factor` already.
        """
        of_payers = self.payers
        trees = booster if of_payers is None else boosting.part(booster, 0, of_payers.first)
        joined = None if of_payers is None else of_payers.joined(booster, factor)

        def roots(rows: np.ndarray) -> np.ndarray:
            """Roots of the medians, float64[n]."""
            others = halfway(boosting.raw(trees, rows, 1), self.line.score(rows), factor)
            return others if joined is None else joined(rows, others)

        return roots

    def contributions(
        self, trees: np.ndarray, base: float, X: np.ndarray, factor: float
    ) -> tuple[np.ndarray, float]:
        """Part of each column in the blend's log money, float64[n, p], and the base.

        `trees` float64[n, p] and `base` are those of the trees alone.
        """
        level = float(np.log(factor))
        values = trees_and_line(trees, self.line.contributions(X))
        start = float(trees_and_line(np.array(base), np.array(self.line.base + level)))
        if (e := self.expected) is not None:
            values = values * (1 - e.share)
            values[:, e.column] += e.share * (e.score(X) - e.base)
            start = start * (1 - e.share) + (e.base + level) * e.share
        return values, start


@dataclass(frozen=True)
class ValueBlend:
    """All members, fitted on all rows.

    `unseen` float64[n] holds out-of-fold raw scores, the effect of the row's day included; None
    without folds. `effect` float64[n] is that day effect alone, in log money; zeros if none.
    `chosen` says what was chosen.
    """

    booster: Any
    others: OtherMembers
    unseen: np.ndarray | None
    effect: np.ndarray
    chosen: Chosen


def grow(
    objective: str, plan: Plan, rows: TrainingRows, inner: Folds, chosen: Chosen | None = None
) -> ValueBlend:
    """All members fitted on `rows`, whose y holds amounts of at least 0 with a mean near 1.

    Where day effects predict later days better (`blend.effects_predict_later`), each snapshot has
    an effect of its own in log money; only the SeasonalShift carries it on. The objective must be
    one of OBJECTIVES_WITH_DAY_EFFECTS for that.

    chosen: what an earlier fit chose; then nothing is chosen here, and there are no folds.
    """
    if not (_has_day_effects(objective, rows) if chosen is None else chosen.day_effects):
        rows = rows.undated()
    if objective == "mae":
        return _grow_medians(plan, rows, inner, chosen)
    line, effect = fit_line(rows)
    booster, trees, sizes = _grow_trees(objective, plan, rows, effect, inner)
    expected = ExpectedSpending.fit(rows, effect) if _expects(chosen) else None
    unseen = None
    if trees is not None:
        unseen = trees_and_line(trees, _lines_out_of_fold(rows, inner, plan.threads))
    if expected is not None:
        score = expected.score(rows.X)
        share = None if chosen is None else chosen.share
        share = best_share(rows, unseen, score, effect) if share is None else share
        expected = replace(expected, share=share)
        unseen = None if unseen is None else _joined(unseen, score, expected.share)
    others = OtherMembers(line, expected)
    found = Chosen(sizes, None if expected is None else expected.share, bool(effect.any()))
    return ValueBlend(booster, others, None if unseen is None else unseen + effect, effect, found)


def _has_day_effects(objective: str, rows: TrainingRows) -> bool:
    return objective in OBJECTIVES_WITH_DAY_EFFECTS and day_effects_help(rows)


def _expects(chosen: Chosen | None) -> bool:
    """Whether expected spending may be a member: it was one in the fit that chose."""
    return chosen is None or chosen.share is not None


def trees_and_line(trees: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Three eighths of the trees plus five eighths of the line, in log money.

    >>> trees_and_line(np.array([8.0]), np.array([0.0])).tolist()
    [3.0]
    """
    return np.asarray(_SHARE_OF_TREES * trees + (1 - _SHARE_OF_TREES) * line)


def halfway(trees: np.ndarray, line: np.ndarray, factor: float) -> np.ndarray:
    """Roots of the median amounts, float64[n]: half of the trees and half of the line.

    `trees` holds roots that include the correction `factor` already; `line` holds scores of a
    LogLinear of medians, without it.
    """
    return np.asarray((np.maximum(trees, 0.0) + np.sqrt(medians(line) * factor)) / 2)


def _joined(both: np.ndarray, expected: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * both + share * expected


def best_share(
    rows: TrainingRows, unseen: np.ndarray | None, expected: np.ndarray, effect: np.ndarray
) -> float:
    """Share of the expected spending in the blend, in tenths from 0 to 0.6.

    It is 0.2, unless the Poisson deviance of out-of-fold scores at equal totals says otherwise by
    more than one standard error. unseen, expected, effect: float64[n], in log money.
    """
    if unseen is None or not (known := np.isfinite(unseen)).any():
        return _SHARE_OF_SPENDING
    rows = rows.take(np.flatnonzero(known))
    unseen, expected, effect = unseen[known], expected[known], effect[known]
    losses = []
    for share in _SHARES:
        score = _with_total_of(rows.y, _joined(unseen, expected, share) + effect, rows.weight)
        losses.append(tweedie_loss(rows.y, score, 1))
    return later.nearest(np.array(losses), _SHARES, _SHARE_OF_SPENDING, rows.weight)


def _with_total_of(y: np.ndarray, score: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """The log money scores, shifted so that their amounts add up to the total of y."""
    w = np.ones(len(y)) if weight is None else weight
    return np.asarray(score + np.log(max((w * y).sum(), 1e-12) / (w * np.exp(score)).sum()))


def _grow_trees(
    objective: str, plan: Plan, rows: TrainingRows, effect: np.ndarray, inner: Folds
) -> ValueTrees:
    """Trees that add to the effect of the row's day; their score does not include it."""
    if not effect.any():
        return value_trees.grow(objective, plan, rows, inner)
    w = rows.counts()
    level = float(np.log((w * rows.y).sum() / (w * np.exp(effect)).sum()))
    tweedie = replace(plan, objective="tweedie")
    booster, unseen = boosting.fit(
        tweedie, rows.X, rows.y, rows.categorical, inner, level + effect, rows.weight, rows.cut
    )
    unseen = None if unseen is None else unseen + level
    return ValueTrees(boosting.rescale(booster, 1.0, level), unseen, (boosting.size(booster),))


def _grow_medians(
    plan: Plan, rows: TrainingRows, inner: Folds, chosen: Chosen | None
) -> ValueBlend:
    """All members for medians, fitted on amounts divided by their day's effect on the mean.

    That is right because the median of y / c is the median of y, divided by c.
    """
    effect = fit_line(rows)[1] if rows.day.any() else np.zeros(len(rows.y))
    plain = replace(rows.undated(), y=rows.y / np.exp(effect))
    booster, trees, sizes = value_trees.grow("mae", plan, plain, inner)
    line, _ = fit_line(plain, median=True)
    unseen = None
    if trees is not None:
        unseen = halfway(trees, _lines_out_of_fold(plain, inner, plan.threads, median=True), 1.0)
    grown = payers.grow(GrownPayers(booster, unseen, None, ()), plan, plain, inner, chosen)
    unseen = None if grown.unseen is None else grown.unseen * np.exp(effect / 2)
    errors = () if grown.payers is None else tuple(grown.payers.errors)
    found = Chosen(sizes + grown.sizes, None, bool(effect.any()), errors=errors)
    others = OtherMembers(line, None, grown.payers)
    return ValueBlend(grown.booster, others, unseen, effect, found)


def fit_line(rows: TrainingRows, *, median: bool = False) -> tuple[LogLinear, np.ndarray]:
    """The log-linear model of the rows, and each row's day effect, float64[n] in log money."""
    return LogLinear.fit(
        rows.X,
        rows.y,
        rows.day,
        rows.categorical,
        rows.seed,
        median=median,
        weight=rows.weight,
    )


def _lines_out_of_fold(
    rows: TrainingRows, inner: Folds, threads: int, *, median: bool = False
) -> np.ndarray:
    def fit(learn: np.ndarray) -> tuple[LogLinear, np.ndarray]:
        """The log-linear model of some rows."""
        return fit_line(rows.take(learn), median=median)

    return out_of_fold(fit, rows.X, inner, threads)


def day_effects_help(rows: TrainingRows) -> bool:
    """Whether day effects lower the Tweedie deviance of the log-linear model on later days."""
    return blend.effects_predict_later(fit_line, _deviance_at_equal_totals, rows)


def _deviance_at_equal_totals(y: np.ndarray, score: np.ndarray, weight: np.ndarray | None) -> float:
    """Mean deviance without the level: the level of later days is not the model's merit."""
    losses = tweedie_loss(y, _with_total_of(y, score, weight), POWER)
    return float(np.average(losses, weights=weight))
