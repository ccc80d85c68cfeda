"""Trees, a log-linear model and what buy-till-you-die models expect, added up in log money; for medians, trees and a line in roots of money."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np

from churnlab.estimators.learners import additive, blend, boosting, value_trees
from churnlab.estimators.learners.boosting import Plan
from churnlab.estimators.learners.folds import Folds
from churnlab.estimators.learners.loglinear import POWER, LogLinear, medians
from churnlab.estimators.learners.objectives import tweedie_loss

DATED = ("tweedie", "mae")
_TREES = 0.375
_SHARE = 0.2
_SHARES = np.linspace(0, 0.6, 7)
_FLOOR = 0.02
_FEWEST = 10


@dataclass(frozen=True)
class Rows:
    """What is learnt from: X float64[n, p], y float64[n] of at least 0 and a mean near 1, `day` and `person` int64[n], the columns of categories, and
    the one of expected spending, if there is one."""

    X: np.ndarray
    y: np.ndarray
    day: np.ndarray
    person: np.ndarray
    categorical: list[int]
    spending: int | None
    seed: int

    def line(self, at: Any = slice(None), *, median: bool = False) -> tuple[LogLinear, np.ndarray]:
        """The log-linear model of some rows, and its day effects."""
        return LogLinear.fit(
            self.X[at], self.y[at], self.day[at], self.categorical, self.seed, median=median
        )

    def undated(self) -> Rows:
        """The same, all of one day."""
        return replace(self, day=np.zeros(len(self.y), np.int64))


@dataclass(frozen=True)
class Expected:
    """Log money that one column of expected spending says: log(`rate` x + 0.02), or `absent` where it is missing; `base` is the mean over the rows
    of fit, `share` its part in the blend."""

    column: int
    rate: float
    absent: float
    base: float = 0.0
    share: float = 0.0

    @classmethod
    def fit(cls, rows: Rows, effect: np.ndarray) -> Self | None:
        """The rate that makes totals equal; None without the column, or where fewer than ten rows expect anything."""
        x = np.full(len(rows.y), np.nan) if rows.spending is None else rows.X[:, rows.spending]
        known = np.isfinite(x)
        if rows.spending is None or (x[known] > 0).sum() < _FEWEST or not rows.y[known].any():
            return None
        rate = rows.y[known].sum() / (np.maximum(x[known], 0) * np.exp(effect[known])).sum()
        gone = rows.y[~known].sum() / max(np.exp(effect[~known]).sum(), 1.0)
        found = cls(rows.spending, float(rate), float(np.log(gone + _FLOOR)))
        return replace(found, base=float(found.score(rows.X).mean()))

    def score(self, X: np.ndarray) -> np.ndarray:
        """Log money, float64[n]."""
        x = X[:, self.column]
        return np.where(
            np.isnan(x), self.absent, np.log(self.rate * np.maximum(np.nan_to_num(x), 0) + _FLOOR)
        )


@dataclass(frozen=True)
class Blend:
    """Members beside the trees. In log money the blend is (1 - share) (3/8 trees + 5/8 line) + share expected; medians are halfway, in roots."""

    line: LogLinear
    expected: Expected | None

    @classmethod
    def of(cls, state: dict[str, Any]) -> Self:
        """From what `state` said."""
        return cls(
            LogLinear(**state["line"]),
            None if state["expected"] is None else Expected(**state["expected"]),
        )

    def state(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)

    def score(self, trees: np.ndarray, X: np.ndarray, factor: float) -> np.ndarray:
        """Log money of all members, float64[n], times `factor`, which the trees' score holds already."""
        level = float(np.log(factor))
        both = mixed(trees, self.line.score(X) + level)
        return (
            both
            if self.expected is None
            else _joined(both, self.expected.score(X) + level, self.expected.share)
        )

    def contributions(
        self, trees: np.ndarray, base: float, X: np.ndarray, factor: float
    ) -> tuple[np.ndarray, float]:
        """What each column adds, float64[n, p], and the base; those of the trees are given."""
        level = float(np.log(factor))
        values, start = (
            mixed(trees, self.line.contributions(X)),
            float(mixed(np.array(base), np.array(self.line.base + level))),
        )
        if (e := self.expected) is not None:
            values, start = (
                values * (1 - e.share),
                start * (1 - e.share) + (e.base + level) * e.share,
            )
            values[:, e.column] += e.share * (e.score(X) - e.base)
        return values, start


@dataclass(frozen=True)
class Grown:
    """All members on all rows; `unseen` float64[n] is the raw score of members that had not seen the row's person, the effect of its day with it,
    or None without folds; `effect` float64[n] is that alone, in log money, or zeros."""

    booster: Any
    others: Blend
    unseen: np.ndarray | None
    effect: np.ndarray


def grow(objective: str, plan: Plan, rows: Rows, inner: Folds) -> Grown:
    """Fits all. Where it foretells later days better (`blend.foretell`) and the objective is one of `DATED`, each day has an effect of its own
    in log money, which the columns need not explain and `Season` alone hands on."""
    if objective not in DATED or not _help(rows):
        rows = rows.undated()
    if objective == "mae":
        return _medians(plan, rows, inner)
    line, effect = rows.line()
    booster, trees = _trees(objective, plan, rows, effect, inner)
    expected = Expected.fit(rows, effect)
    unseen = None if trees is None else mixed(trees, _unseen(rows, inner))
    if expected is not None:
        said = expected.score(rows.X)
        expected = replace(expected, share=_share(rows.y, unseen, said, effect))
        unseen = None if unseen is None else _joined(unseen, said, expected.share)
    return Grown(
        booster, Blend(line, expected), None if unseen is None else unseen + effect, effect
    )


def mixed(trees: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Three eighths of the trees and five of the line, in log money.

    >>> mixed(np.array([8.0]), np.array([0.0])).tolist()
    [3.0]
    """
    return np.asarray(_TREES * trees + (1 - _TREES) * line)


def halfway(trees: np.ndarray, line: np.ndarray, factor: float) -> np.ndarray:
    """The roots of medians, half of each; the trees' roots hold the factor already, the line's score does not."""
    return np.asarray((np.maximum(trees, 0.0) + np.sqrt(medians(line) * factor)) / 2)


def _joined(both: np.ndarray, expected: np.ndarray, share: float) -> np.ndarray:
    return (1 - share) * both + share * expected


def _share(
    y: np.ndarray, unseen: np.ndarray | None, expected: np.ndarray, effect: np.ndarray
) -> float:
    """The share of what is expected, in tenths: near 0.2, unless persons not seen say otherwise by their Poisson deviance at equal totals."""
    if unseen is None or not (known := np.isfinite(unseen)).any():
        return _SHARE
    y, unseen, expected, effect = y[known], unseen[known], expected[known], effect[known]
    losses = []
    for share in _SHARES:
        z = _levelled(y, _joined(unseen, expected, share) + effect)
        losses.append(tweedie_loss(y, z, 1))
    return blend.nearest(np.array(losses), _SHARES, _SHARE)


def _levelled(y: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The log money whose total is that of y."""
    return np.asarray(score + np.log(max(y.sum(), 1e-12) / np.exp(score).sum()))


def _trees(
    objective: str, plan: Plan, rows: Rows, effect: np.ndarray, inner: Folds
) -> value_trees.Grown:
    """Trees that add to the effect of the row's day; their score is without it."""
    if not effect.any():
        return value_trees.grow(objective, plan, rows.X, rows.y, rows.categorical, inner)
    level = float(np.log(rows.y.sum() / np.exp(effect).sum()))
    booster, unseen = boosting.fit(
        replace(plan, objective="tweedie"),
        rows.X,
        rows.y,
        rows.categorical,
        inner,
        start=level + effect,
    )
    return boosting.rescale(booster, 1.0, level), None if unseen is None else unseen + level


def _medians(plan: Plan, rows: Rows, inner: Folds) -> Grown:
    """Medians of amounts over their day's effect on the mean: the median of y / c is that of y, over c."""
    effect = rows.line()[1] if rows.day.any() else np.zeros(len(rows.y))
    plain = replace(rows.undated(), y=rows.y / np.exp(effect))
    booster, trees = value_trees.grow("mae", plan, plain.X, plain.y, plain.categorical, inner)
    line, _ = plain.line(median=True)
    unseen = (
        None
        if trees is None
        else halfway(trees, _unseen(plain, inner, median=True), 1.0) * np.exp(effect / 2)
    )
    return Grown(booster, Blend(line, None), unseen, effect)


def _unseen(rows: Rows, inner: Folds, *, median: bool = False) -> np.ndarray:
    return additive.unseen(lambda learn: rows.line(learn, median=median), rows.X, inner)


def _help(rows: Rows) -> bool:
    def fit(X: np.ndarray, y: np.ndarray, day: np.ndarray) -> tuple[LogLinear, np.ndarray]:
        return LogLinear.fit(X, y, day, rows.categorical, rows.seed)

    def loss(y: np.ndarray, score: np.ndarray) -> float:
        """At equal totals: the level of days to come is the season's and nobody's merit."""
        return float(tweedie_loss(y, _levelled(y, score), POWER).mean())

    return blend.foretell(fit, loss, rows.X, rows.y, rows.day, rows.person, rows.seed)
