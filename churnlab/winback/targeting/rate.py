"""RATE: is there anything to target? How much better a ranking is than treating at random.

S. Yadlowsky, S. Fleming, N. Shah, E. Brunskill and S. Wager (2021; JASA 2025), Evaluating treatment
prioritization rules via rank-weighted average treatment effects. Effects have the sign of
`Trial`: above 0 the treatment keeps people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import ndtr

from churnlab.errors import TrialError
from churnlab.evaluation.intervals import Interval

Weighting: TypeAlias = Literal["autoc", "qini"]
_NORMAL_95 = 1.959964


@dataclass(frozen=True, eq=False)
class Sample:
    """How people were ranked and how they are resampled.

    fold: people whose ranks are compared with one another, because one model ranked them,
    int64[n]; None for all. cluster: people who are drawn together, int64[n]; None for each alone.
    draws: random halves drawn for standard errors. seed: decides which.

    >>> Sample().draws
    200
    """

    fold: np.ndarray | None = None
    cluster: np.ndarray | None = None
    draws: int = 200
    seed: int = 0

    def folds(self, people: int) -> np.ndarray:
        """The fold of each person, int64[n]."""
        return np.zeros(people, np.int64) if self.fold is None else np.asarray(self.fold)

    def halves(self, people: int) -> Iterator[np.ndarray]:
        """Who is in each random half of the clusters, bool[n].

        >>> [half.sum() for half in Sample(draws=2).halves(4)]
        [np.int64(2), np.int64(2)]
        """
        codes = np.arange(people)
        if self.cluster is not None:
            codes = np.unique(self.cluster, return_inverse=True)[1]
        groups = int(codes.max()) + 1 if people else 0
        chance = np.random.default_rng(self.seed)
        for _ in range(self.draws):
            half = np.zeros(groups, bool)
            half[chance.permutation(groups)[: groups // 2]] = True
            yield half[codes]


ALONE = Sample()


@dataclass(frozen=True)
class Rate:
    """A rank-weighted average treatment effect with its standard error.

    value: in units of the outcome a person; 0 for a ranking that is no better than chance, above 0
    where those ranked first gain more. error: its standard error.

    >>> str(Rate("autoc", 0.05, 0.01).interval)
    '0.050 [0.030, 0.070]'
    """

    weighting: Weighting
    value: float
    error: float

    @property
    def interval(self) -> Interval:
        """The value with its 95% interval by the normal approximation."""
        reach = _NORMAL_95 * self.error
        return Interval(self.value, self.value - reach, self.value + reach)

    @property
    def p_value(self) -> float:
        """Chance of a value at least so far from 0 where the ranking is worth nothing, two-sided.

        It is 1 where the standard error is 0 or not known.

        >>> round(Rate("autoc", 0.0196, 0.01).p_value, 3)
        0.05
        """
        if not self.error > 0:
            return 1.0
        return float(2 * ndtr(-abs(self.value / self.error)))

    @property
    def something_to_target(self) -> bool:
        """Whether the whole interval is above 0."""
        return bool(self.interval.low > 0)


def rate(
    scores: np.ndarray,
    priority: np.ndarray,
    weighting: Weighting = "autoc",
    sample: Sample = ALONE,
) -> Rate:
    """The RATE of a ranking, with its standard error by the half-sample bootstrap.

    With TOC(k) the mean score of the k people ranked first less the mean of all,

    - autoc: mean over k = 1..n of TOC(k), the area under the TOC;
    - qini: mean over k of k / n * TOC(k), which weighs by how many people are treated.

    People of equal priority have the mean score of all of them, so that their order does not
    matter. The standard error is the standard deviation over random halves of the clusters, as in
    the R package grf (`rank_average_treatment_effect`); a half without replacement varies as much
    as a full resample. Ranks are taken within a fold and folds count by their people.

    scores: doubly robust scores of the effect, float64[n], from models that did not see the person.
    priority: float64[n], higher is treated first, from a model that did not see the person.

    Raises TrialError for arrays of different length or values that are not finite.

    >>> found = rate(np.array([3.0, 1.0, -1.0]), np.array([0.9, 0.5, 0.1]))
    >>> round(found.value, 4)
    1.0
    """
    ranked = Ranked.of(scores, priority, sample.fold)
    halves = sample.halves(len(scores))
    drawn = np.array([ranked.rate(weighting, half[ranked.order]) for half in halves])
    error = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else float("nan")
    return Rate(weighting, ranked.rate(weighting), error)


@dataclass(frozen=True, eq=False)
class Ranked:
    """Scores in the order of their priority within each fold; `order` leads to the people.

    score, priority: in that order. starts: where each fold begins, and the end.
    """

    order: np.ndarray
    score: np.ndarray
    priority: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(
        cls,
        scores: np.ndarray,
        priority: np.ndarray,
        fold: np.ndarray | None = None,
    ) -> Ranked:
        """The people sorted by fold, then by falling priority.

        >>> Ranked.of(np.array([1.0, 2.0]), np.array([0.1, 0.9])).score.tolist()
        [2.0, 1.0]
        """
        scores, priority = _numbers("the score", scores), _numbers("the priority", priority)
        if scores.shape != priority.shape:
            raise TrialError.from_length("the priority", priority.shape, scores.shape)
        fold = np.zeros(len(scores), np.int64) if fold is None else np.asarray(fold)
        order = np.lexsort((-priority, fold))
        changes = np.flatnonzero(np.diff(fold[order])) + 1
        starts = np.r_[0, changes, len(scores)]
        return cls(order, scores[order], priority[order], starts)

    def rate(self, weighting: Weighting, kept: np.ndarray | None = None) -> float:
        """The RATE of all people, or of those `kept`, bool[n] in this order."""
        total, people = 0.0, 0
        for first, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            score, priority = self.score[first:end], self.priority[first:end]
            if kept is not None:
                mine = kept[first:end]
                score, priority = score[mine], priority[mine]
            if len(score):
                score = within_ties(score, priority)
                total += float(score @ _weights(len(score), weighting))
                people += len(score)
        return total / people if people else float("nan")

    def top(
        self, shares: np.ndarray, values: np.ndarray, kept: np.ndarray | None = None
    ) -> np.ndarray:
        """Mean of values among the people ranked first in each fold, for each share, float64[m].

        values: float64[n] in this order; people of equal priority have their mean, and the person
        on the border counts in part. kept: as in `rate`.
        """
        total, people = np.zeros(len(shares)), 0
        for first, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            mine = slice(first, end) if kept is None else first + np.flatnonzero(kept[first:end])
            value = within_ties(values[mine], self.priority[mine])
            down = np.r_[0.0, np.cumsum(value)]
            total += np.interp(shares * len(value), np.arange(len(down)), down)
            people += len(value)
        return total / (shares * max(people, 1))


def toc(
    scores: np.ndarray, priority: np.ndarray, fold: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The targeting operator characteristic: shares treated and TOC there, float64[n] each.

    TOC(k / n) is the mean score of the k people ranked first less the mean of all. With folds it
    is that of a ranking by the place within the fold.

    >>> share, gain = toc(np.array([3.0, 1.0, -1.0]), np.array([0.9, 0.5, 0.1]))
    >>> gain.tolist()
    [2.0, 1.0, 0.0]
    """
    placed = places(priority, fold)
    ranked = Ranked.of(scores, -placed)
    score = within_ties(ranked.score, ranked.priority)
    count = np.arange(1, len(score) + 1)
    return count / len(score), np.cumsum(score) / count - score.mean()


def places(priority: np.ndarray, fold: np.ndarray | None = None) -> np.ndarray:
    """Place of each person within the fold as a share, float64[n]: 0 is first, ties share one.

    >>> places(np.array([0.9, 0.1, 0.9])).round(3).tolist()
    [0.333, 0.833, 0.333]
    """
    priority = np.asarray(priority, np.float64)
    fold = np.zeros(len(priority), np.int64) if fold is None else np.asarray(fold)
    found = np.empty(len(priority))
    for one in np.unique(fold):
        mine = np.flatnonzero(fold == one)
        _, which, sizes = np.unique(-priority[mine], return_inverse=True, return_counts=True)
        middle = np.cumsum(sizes) - sizes / 2
        found[mine] = middle[which] / len(mine)
    return found


def within_ties(score: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """Scores in sorted order, where those of equal priority have their mean, float64[n].

    >>> within_ties(np.array([1.0, 3.0, 5.0]), np.array([2.0, 2.0, 1.0])).tolist()
    [2.0, 2.0, 5.0]
    """
    starts = np.flatnonzero(np.r_[True, np.diff(priority) != 0][: len(priority)])
    if len(starts) == len(score):
        return score
    sizes = np.diff(np.r_[starts, len(score)])
    return np.repeat(np.add.reduceat(score, starts) / sizes, sizes)


def _weights(n: int, weighting: Weighting) -> np.ndarray:
    """Weight of each place in a RATE, float64[n], to be divided by n.

    AUTOC is the sum over places r of score(r) * (H(n) - H(r - 1) - 1) / n, with H the harmonic
    numbers: the score at place r is in the means of the first r, r + 1, …, n people. The Qini
    weighting gives (n - r + 1) / n - (n + 1) / (2 n) likewise.
    """
    place = np.arange(1, n + 1)
    if weighting == "autoc":
        return np.cumsum((1.0 / place)[::-1])[::-1] - 1.0
    return (n - place + 1) / n - (n + 1) / (2 * n)


def _numbers(what: str, values: np.ndarray) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if found.ndim != 1:
        raise TrialError.from_length(what, found.shape, "one column")
    if missing := int((~np.isfinite(found)).sum()):
        raise TrialError.from_unusable(what, missing, len(found))
    return found
