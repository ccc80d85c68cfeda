"""What uplift models and policies say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.intervals import Interval
from churnlab.language.sentence import Words, sentence
from churnlab.winback.experiments.words import group_words, outcome_words
from churnlab.winback.targeting.cells import LEAST_OF_ARM
from churnlab.winback.targeting.gain import PER
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.trial import KEPT, Trial
from churnlab.winback.targeting.uplift import Uplift

_FIFTH = 0.2


def gain_words(trial: Trial) -> Words:
    """What an effect counts: people kept, people with an outcome, or an amount.

    >>> w = np.repeat(["none", "gift"], 60)
    >>> str(gain_words(Trial.checked(np.ones(120), w)))
    'people kept'
    """
    if trial.outcome == KEPT:
        return sentence("people kept")
    if trial.outcome == "came_back":
        return sentence("people who came back")
    if trial.binary:
        return sentence("people with “{outcome}”", outcome=outcome_words(trial.outcome))
    return outcome_words(trial.outcome)


def interval_words(found: Interval, times: float = PER) -> Words:
    """A gain per 1,000 people with its interval.

    >>> str(interval_words(Interval(0.0421, 0.01, 0.07)))
    '+42.1 [+10.0 to +70.0]'
    """
    ends = {"value": found.value, "low": found.low, "high": found.high}
    scaled = {name: times * end for name, end in ends.items()}
    return sentence("{value:+,.1f} [{low:+,.1f} to {high:+,.1f}]", **scaled)


def uplift_sentences(found: Uplift) -> Iterator[Words]:
    """Whether there is anything to target, then what contacting the first fifth brings."""
    for arm in found.trial.arms:
        yield _targeting(found, arm)
        yield _first_fifth(found, arm)
    yield from found.trial.notes


def _targeting(found: Uplift, arm: str) -> Words:
    rates = found.rates
    row = rates[(rates["arm"] == arm) & (rates["weighting"] == "autoc")].iloc[0]
    given = {
        "arm": arm,
        "gain": interval_words(Interval(row["value"], row["low"], row["high"])),
        "what": gain_words(found.trial),
    }
    if row["low"] > 0:
        return sentence(
            "{arm}: there is something to target. In the order of the model, people gain {gain} "
            "{what} per 1,000 more than at random, on average over all numbers of people treated.",
            **given,
        )
    return sentence(
        "{arm}: nothing to target is proved. In the order of the model, people gain {gain} {what} "
        "per 1,000 more than at random, and that could be chance: treat all or nobody.",
        **given,
    )


def _first_fifth(found: Uplift, arm: str) -> Words:
    table = found.gain(arm)
    first = table[np.isclose(table["share"], _FIFTH)].iloc[0]
    return sentence(
        "{arm}: of the first fifth {first}, of everybody {everybody} {what} per 1,000 contacted.",
        arm=arm,
        first=_kept(first),
        everybody=_kept(table.iloc[-1]),
        what=gain_words(found.trial),
    )


def _kept(row: Any) -> Words:
    return interval_words(Interval(row["kept"], row["low"], row["high"]), 1.0)


def cell_words(stage: str, tier: Any, min_value: Any) -> Words:
    """A cell of a policy.

    >>> str(cell_words("fading", None, float("nan"))), str(cell_words("", None, 20.0))
    ('fading', 'no stage, value from 20')
    """
    words: Words = group_words(stage) if stage else sentence("no stage")
    if not pd.isna(tier):
        words = sentence("{cell}, tier {tier}", cell=words, tier=group_words(str(tier)))
    if not pd.isna(min_value):
        words = sentence("{cell}, value from {value:,.0f}", cell=words, value=float(min_value))
    return words


def policy_sentences(found: Policy) -> Iterator[Words]:
    """What a policy does, what it brings and costs, and whom a treatment harms."""
    what = gain_words(found.trial)
    if found.helps:
        yield sentence(
            "The policy treats {share:.0%} of people and costs {spent:,.2f} a person. It brings "
            "{gain} {what} per 1,000 people.",
            share=found.treated,
            spent=found.spent,
            gain=interval_words(found.value),
            what=what,
        )
        yield sentence("The gain is corrected for having chosen the policy on the same people.")
    elif found.effects.proved().any():
        yield sentence("The budget pays for no treatment of a whole group: leave everybody alone.")
    elif np.isnan(found.effects.value).all():
        yield sentence(
            "No group has {least} people with a treatment and {least} without it, so nothing is "
            "known of any effect: leave everybody alone.",
            least=LEAST_OF_ARM,
        )
    else:
        yield sentence(
            "No treatment is proved to help anybody: leave everybody alone. The interval of each "
            "effect, corrected for all of them, holds 0 or lies below it."
        )
    yield from _ends(found)
    yield from _harm(found, what)
    yield from found.trial.notes


def _ends(found: Policy) -> Iterator[Words]:
    for cell in found.partly:
        yield sentence(
            "The budget ends within the group “{cell}”: it pays for a part of them, and a rule is "
            "for all of them, so the money left is not spent.",
            cell=cell_words(*found.cells.names.iloc[cell]),
        )


def _harm(found: Policy, what: Words) -> Iterator[Words]:
    for cell, k in zip(*np.nonzero(found.effects.high < 0), strict=True):
        effects = found.effects
        ends = Interval(effects.value[cell, k], effects.low[cell, k], effects.high[cell, k])
        yield sentence(
            "{arm} harms the group “{cell}”: {effect} {what} per 1,000 of them.",
            arm=found.trial.arms[k],
            cell=cell_words(*found.cells.names.iloc[cell]),
            effect=interval_words(ends),
            what=what,
        )
