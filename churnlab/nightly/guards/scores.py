"""Guards of the scores: like those of the last list and of the training, of as many people."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.config.sections import GuardsTable
from churnlab.language.sentence import sentence
from churnlab.model_registry.run_facts import RunFacts
from churnlab.nightly.guards.guard import Guard, at_least, at_most, fold
from churnlab.training.reference import edges_of, shares_of

_SPARE = 0.5  # added to each count of a PSI, so that an empty bin is finite


def psi(now: np.ndarray, then: np.ndarray) -> float:
    """Population stability index of counts in bins: sum of (p - q) ln(p / q).

    Siddiqi, Credit Risk Scorecards (2006). Half a case is added to each bin.

    >>> psi(np.array([50, 50]), np.array([50, 50]))
    0.0
    """
    p, q = ((counts + _SPARE) / (counts.sum() + _SPARE * len(counts)) for counts in (now, then))
    return float(((p - q) * np.log(p / q)).sum())


def against_training(risk: np.ndarray, facts: RunFacts, limits: GuardsTable) -> Iterator[Guard]:
    """Scores of tonight beside the held-out ones, and their mean beside the base rate."""
    base = facts.learnt().means.get("churned")
    mean = float(risk.mean())
    if base is None:
        says = sentence(
            "the training does not say the base rate; the mean is {mean:.3f}", mean=mean
        )
    else:
        says = sentence(
            "the mean score is {mean:.3f}, the base rate of the training {base:.3f}",
            mean=mean,
            base=base,
        )
    figure = None if base is None else fold(mean, base)
    yield from at_most("mean_score", figure, limits.mean_score, says)
    reference = facts.reference
    if reference is None:
        says = sentence("the run does not keep its held-out scores: train again to compare them")
        yield from at_most("psi_training", None, limits.psi_training, says)
        return
    edges, count = np.array(reference.edges), len(risk)
    moved = psi(shares_of(risk, edges) * count, np.array(reference.shares) * count)
    says = sentence("the scores differ from the held-out ones by a PSI of {psi:.3f}", psi=moved)
    yield from at_most("psi_training", moved, limits.psi_training, says)


def against_last(
    risk: np.ndarray, last: np.ndarray, as_of: str, limits: GuardsTable
) -> Iterator[Guard]:
    """Scores and number of people beside those of the last list, that of the day `as_of`."""
    edges, count = edges_of(last), len(risk)
    moved = psi(shares_of(risk, edges) * count, shares_of(last, edges) * count)
    says = sentence(
        "the scores differ from those of {day} by a PSI of {psi:.3f}", day=as_of, psi=moved
    )
    yield from at_most("psi_last", moved, limits.psi_last, says)
    ratio = count / len(last)
    says = sentence(
        "{now:,} people are on the list, {share:.0%} of the {then:,} of {day}",
        now=count,
        share=ratio,
        then=len(last),
        day=as_of,
    )
    yield from at_least("people_least", ratio, limits.people_least, says)
    yield from at_most("people_most", ratio, limits.people_most, says)
