"""Guards of the scores: like those of the last list and of the training, of as many people.

A few people differ much from a few others by chance alone. So a limit is never nearer than what
chance reaches on one quiet night in a hundred, to warn, or in a thousand, to block. For some
hundred people that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from typing import TypeAlias

import numpy as np
from scipy.special import chdtri

from churnlab.config.sections import GuardsTable
from churnlab.language.sentence import Sentence, sentence
from churnlab.model_registry.run_facts import RunFacts
from churnlab.nightly.guards.guard import Guard, at_least, at_most, fold
from churnlab.training.reference import MULTIPLES, edges_of, shares_of

_SPARE = 0.5  # added to each count of a PSI, so that an empty bin is finite
Told: TypeAlias = tuple[str, float | None, Sequence[float], Sentence]
CHANCES = (0.01, 0.001)  # of a quiet night, to warn and to block


def psi(now: np.ndarray, then: np.ndarray) -> float:
    """Population stability index of counts in bins: sum of (p - q) ln(p / q).

    Siddiqi, Credit Risk Scorecards (2006). Half a case is added to each bin.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    p, q = ((counts + _SPARE) / (counts.sum() + _SPARE * len(counts)) for counts in (now, then))
    return float(((p - q) * np.log(p / q)).sum())


def psi_limits(limits: Sequence[float], bins: int, now: float, then: float) -> Sequence[float]:
    """The limits of a PSI of `now` people against `then`, no nearer than chance reaches.

    Where nothing changed, the index divided by 1 / now + 1 / then has a chi-squared distribution
    with one degree of freedom fewer than bins (Yurdakul, Statistical Properties of the Population
    Stability Index, 2018).

    >>> psi_limits([0.1, 0.25], 8, 600, 600)
    [0.1, 0.25]
    >>> [round(float(each), 2) for each in psi_limits([0.1, 0.25], 8, 15, 20)]
    [2.16, 2.84]
    """
    spread = 1 / max(now, 1) + 1 / max(then, 1)
    by_chance = [float(chdtri(max(bins - 1, 1), chance)) * spread for chance in CHANCES]
    return [max(each) for each in zip(limits, by_chance, strict=False)]


def people_limits(limits: Sequence[float], then: int) -> Sequence[float]:
    """The limits of the share of `then` people, no nearer than chance reaches.

    Two counts of n people each who come and go by chance differ by the square root of 2 n. Limits
    below 1 are for lists that have become shorter, others for longer ones.

    >>> people_limits([0.9, 0.7], 3000), people_limits([1.15, 1.5], 3000)
    ([0.9, 0.7], [1.15, 1.5])
    >>> [round(each, 2) for each in people_limits([0.9, 0.7], 100)]
    [0.67, 0.59]
    """
    found = []
    for limit, chance in zip(limits, CHANCES, strict=False):
        c = float(chdtri(1, chance)) / max(then, 1)
        reach = (c * c + 8 * c) ** 0.5  # of (1 - share) ** 2 = c * (1 + share)
        low, high = max((2 + c - reach) / 2, 0.0), (2 + c + reach) / 2
        found.append(min(limit, low) if limit < 1 else max(limit, high))
    return found


def mean_limits(
    limits: Sequence[float], base: float, people: int, risk: np.ndarray
) -> Sequence[float]:
    """The limits of how many times the base rate of some people the mean score is, by chance.

    The logarithm of their ratio varies by the standard errors of both, each as a share of it.

    >>> [round(each, 2) for each in mean_limits([1.5, 2.5], 0.02, 400, np.full(400, 0.02))]
    [2.46, 3.16]
    """
    of_base = np.sqrt((1 - base) / max(base * people, 1))
    of_mean = risk.std() / max(float(risk.mean()), 1e-9) / np.sqrt(len(risk))
    spread = float(np.hypot(of_base, of_mean))
    by_chance = [float(np.exp(np.sqrt(chdtri(1, chance)) * spread)) for chance in CHANCES]
    return [max(each) for each in zip(limits, by_chance, strict=False)]


def against_training(
    risk: np.ndarray, facts: RunFacts, limits: GuardsTable, slow: bool = False
) -> Iterator[Guard]:
    """Scores of tonight beside the held-out ones, and their mean beside the base rate.

    Where the change came `slow`ly, night by night, these guards warn at most: the model ages.
    """
    yield from at_most(*_mean_score(risk, facts, _slow(limits.mean_score, slow)))
    yield from at_most(*_psi_training(risk, facts, _slow(limits.psi_training, slow)))


def _slow(limits: Sequence[float], slow: bool) -> Sequence[float]:
    """The limits, of which the one to block is never reached where the change is slow."""
    return [limits[0], inf] if slow and limits else limits


def _mean_score(risk: np.ndarray, facts: RunFacts, limits: Sequence[float]) -> Told:
    base, mean = facts.learnt().means.get("churned"), float(risk.mean())
    if base is None:
        says = sentence(
            "the training does not say the base rate; the mean is {mean:.3f}", mean=mean
        )
        return "mean_score", None, limits, says
    says = sentence(
        "the mean score is {mean:.3f}, the base rate of the training {base:.3f}",
        mean=mean,
        base=base,
    )
    limit = mean_limits(limits, base, facts.learnt().people, risk)
    return "mean_score", fold(mean, base), limit, says


def _psi_training(risk: np.ndarray, facts: RunFacts, limits: Sequence[float]) -> Told:
    reference, count = facts.reference, len(risk)
    if reference is None:
        says = sentence("the run does not keep its held-out scores: train again to compare them")
        return "psi_training", None, limits, says
    edges = np.array(reference.edges)
    moved = psi(shares_of(risk, edges) * count, np.array(reference.shares) * count)
    says = sentence("the scores differ from the held-out ones by a PSI of {psi:.3f}", psi=moved)
    then = (facts.judged_on or facts.dataset).people
    return "psi_training", moved, psi_limits(limits, len(edges) + 1, count, then), says


def psi_since(risk: np.ndarray, last: np.ndarray) -> float:
    """The PSI of scores against those of the last list, in bins of doubled odds.

    >>> psi_since(np.array([0.1, 0.2]), np.array([0.1, 0.2]))
    0.0
    """
    edges = edges_of(last)
    return psi(shares_of(risk, edges) * len(risk), shares_of(last, edges) * len(last))


def against_last(
    risk: np.ndarray, last: np.ndarray, as_of: str, limits: GuardsTable
) -> Iterator[Guard]:
    """Scores and number of people beside those of the last list, that of the day `as_of`."""
    moved, count = psi_since(risk, last), len(risk)
    says = sentence(
        "the scores differ from those of {day} by a PSI of {psi:.3f}", day=as_of, psi=moved
    )
    limit = psi_limits(limits.psi_last, len(MULTIPLES) + 1, count, len(last))
    yield from at_most("psi_last", moved, limit, says)
    ratio = count / len(last)
    says = sentence(
        "{now:,} people are on the list, {share:.0%} of the {then:,} of {day}",
        now=count,
        share=ratio,
        then=len(last),
        day=as_of,
    )
    least, most = (people_limits(e, len(last)) for e in (limits.people_least, limits.people_most))
    yield from at_least("people_least", ratio, least, says)
    yield from at_most("people_most", ratio, most, says)
