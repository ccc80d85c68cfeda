"""What an experiment found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.language.sentence import Words, sentence
from churnlab.winback.experiments.balance import Balance
from churnlab.winback.experiments.comparison import Comparison
from churnlab.winback.experiments.differences import Differences
from churnlab.winback.experiments.effects import BETTER, FEW, UNCLEAR, WORSE, Effects
from churnlab.winback.experiments.words import fact_words, group_words, outcome_words

_LEAST_SHOWN_P = 0.001
_VERDICTS = {
    BETTER: sentence("better, beyond chance"),
    WORSE: sentence("worse, beyond chance"),
    UNCLEAR: sentence("could be chance"),
    FEW: sentence("too few people to say"),
}
APART = sentence("differ, beyond chance")
OBSERVATIONAL = sentence(
    "Observational: the arms were not drawn at random. These are differences between people who "
    "may differ anyway, not effects of a treatment."
)


def p_words(p: float) -> Words:
    """A p value; a dash where there is none.

    >>> str(p_words(0.0234)), str(p_words(1e-9)), p_words(float("nan"))
    ('0.023', 'below 0.001', '–')
    """
    if np.isnan(p):
        return UNKNOWN
    if p < _LEAST_SHOWN_P:
        return sentence("below {p:.3f}", p=_LEAST_SHOWN_P)
    return sentence("{p:.3f}", p=p)


def verdict_words(verdict: str, randomised: bool = True) -> Words:
    """A verdict for people; of arms that were not drawn at random only that they differ.

    >>> str(verdict_words("better")), str(verdict_words("better", randomised=False))
    ('better, beyond chance', 'differ, beyond chance')
    """
    apart = verdict in (BETTER, WORSE) and not randomised
    return APART if apart else _VERDICTS[verdict]


def difference_words(row: Any, share: bool) -> Words:
    """A difference with its interval: in points of 100 people for a share, else as it is.

    >>> row = {"effect": 0.0766, "low": 0.07, "high": 0.083}
    >>> str(difference_words(row, share=True)), str(difference_words(row, share=False))
    ('+7.66 [+7.00, +8.30] points', '+0.077 [+0.070, +0.083]')
    """
    if np.isnan(row["effect"]):
        return UNKNOWN
    scale = 100 if share else 1
    ends = {name: scale * float(row[name]) for name in ("effect", "low", "high")}
    if share:
        return sentence("{effect:+.2f} [{low:+.2f}, {high:+.2f}] points", **ends)
    return sentence("{effect:+,.3f} [{low:+,.3f}, {high:+,.3f}]", **ends)


def effect_sentence(row: Any, found: Effects) -> Words:
    """One row of effects as a sentence."""
    share = row["outcome"] in found.shares
    values = {
        "treatment": row["treatment"],
        "control": found.control,
        "outcome": outcome_words(row["outcome"]),
        "mean": float(row["mean"]),
        "without": float(row["control"]),
        "difference": difference_words(row, share),
        "verdict": verdict_words(row["verdict"], found.randomised),
    }
    if row["verdict"] == FEW:
        return sentence("{treatment}, {outcome}: too few people to say anything", **values)
    if share:
        return sentence(
            "{treatment}: {outcome} {mean:.2%} against {without:.2%} in {control}, {difference}, "
            "{verdict}",
            **values,
        )
    return sentence(
        "{treatment}: {outcome} {mean:,.3f} a person against {without:,.3f} in {control}, "
        "{difference}, {verdict}",
        **values,
    )


def sentences(found: Comparison) -> Iterator[Words]:
    """What an experiment says, and what is unsure about it."""
    if not found.randomised:
        yield OBSERVATIONAL
    for _, row in found.effects.frame.iterrows():
        yield _said(effect_sentence(row, found.effects), found.randomised)
        yield from _cost(row, found)
    yield from _harm(found)
    if found.differences is not None:
        yield from difference_sentences(found.differences)
    yield from balance_sentences(found.balance)
    if not found.costs_known:
        yield sentence("Costs are not given, so nothing is said of value for money.")
    for count in found.dropped.values():
        yield sentence(
            "{count:person was|# people were} left out: the days after their assignment are not "
            "over yet.",
            count=count,
        )


def _cost(row: Any, found: Comparison) -> Iterator[Words]:
    """What one more of an outcome costs, or one fewer where more is worse.

    Nothing where the outcome is not better, and where costs are not known.
    """
    if not found.costs_known or np.isnan(row["cost_of_one"]) or not found.randomised:
        return
    outcome = outcome_words(row["outcome"])
    if row["effect"] > 0:
        one: Words = sentence("one more in “{outcome}”", outcome=outcome)
    else:
        one = sentence("one fewer in “{outcome}”", outcome=outcome)
    treatment = row["treatment"]
    yield sentence("{treatment}: {one} costs {cost}", treatment=treatment, one=one, cost=_each(row))


def _each(row: Any) -> Words:
    """The cost of one, with its interval; without an upper end where the effect may be 0."""
    extra, cost = float(row["extra_cost"]), float(row["cost_of_one"])
    if row["low"] <= 0 <= row["high"]:
        most = max(abs(row["low"]), abs(row["high"]))
        return sentence("{cost:amount}, at least {low:amount}", cost=cost, low=extra / most)
    low, high = sorted(extra / abs(row[name]) for name in ("low", "high"))
    return sentence("{cost:amount} [{low:amount}, {high:amount}]", cost=cost, low=low, high=high)


def _said(words: Words, randomised: bool) -> Words:
    """A sentence, marked where the arms were not drawn at random."""
    return words if randomised else sentence("Observational: {words}", words=words)


def _harm(found: Comparison) -> Iterator[Words]:
    """For whom a treatment made an outcome worse; nothing where no effect is known."""
    if not found.randomised:
        return
    by_stage = found.by_stage is not None and not found.by_stage.harmed.empty
    shown = found.by_stage if found.by_stage is not None and by_stage else found.effects
    if shown.harmed.empty:
        yield sentence("No group is known to be harmed by a treatment.")
    for _, row in shown.harmed.iterrows():
        yield sentence(
            "Worse with {treatment} for {group}: {outcome} {difference}",
            treatment=row["treatment"],
            group=group_words(row["group"]),
            outcome=outcome_words(row["outcome"]),
            difference=difference_words(row, row["outcome"] in shown.shares),
        )


def each_difference(found: Differences) -> Iterator[Words]:
    """A sentence for each grouping, treatment and outcome."""
    for _, row in found.frame.iterrows():
        yield _said(_difference(row, found.shares), found.randomised)


def difference_sentences(found: Differences) -> Iterator[Words]:
    """For which groups effects differ beyond chance, and that the others do not."""
    for _, row in found.differing.iterrows():
        yield _said(_difference(row, found.shares), found.randomised)
    tested = found.frame[found.frame["p"].notna()]
    rest = tested[~tested["differ"]]
    if len(rest):
        words = sentence(
            "Differences between groups could be chance in {count:,} of {all:,} comparisons; "
            "corrected p {p} or more.",
            count=len(rest),
            all=len(tested),
            p=p_words(float(rest["p_holm"].min())),
        )
        yield _said(words, found.randomised)


def _difference(row: Any, shares: frozenset[str]) -> Words:
    """Whether an effect differs between the groups of one grouping."""
    share = row["outcome"] in shares
    values = {
        "treatment": row["treatment"],
        "outcome": outcome_words(row["outcome"]),
        "by": fact_words(row["by"]),
    }
    if np.isnan(row["p"]):
        return sentence(
            "{treatment}, {outcome}: too few people to compare the groups of {by}", **values
        )
    values |= {
        "low": change_words(row["lowest_effect"], share),
        "lowest": group_words(row["lowest"]),
        "high": change_words(row["highest_effect"], share),
        "highest": group_words(row["highest"]),
        "p": p_words(row["p_holm"]),
    }
    if row["differ"]:
        return sentence(
            "{treatment}, {outcome}: {low} where {by} is {lowest}, {high} where it is {highest}; "
            "the groups differ, beyond chance (corrected p {p})",
            **values,
        )
    return sentence(
        "{treatment}, {outcome}: {low} where {by} is {lowest}, {high} where it is {highest}; "
        "that could be chance (corrected p {p})",
        **values,
    )


def balance_sentences(found: Balance) -> Iterator[Words]:
    """Whether the arms were alike before the assignment, and have the planned sizes."""
    if not found.checked:
        yield sentence(
            "Nothing known before the assignment was given, so it cannot be checked whether the "
            "arms were drawn at random."
        )
    elif found.p >= _LEAST_SHOWN_P:
        yield sentence(
            "Before the assignment the arms differed no more than chance makes them "
            "(p {p} over {count:fact|# facts}).",
            p=p_words(found.p),
            count=found.frame["fact"].nunique(),
        )
    else:
        yield sentence(
            "Before the assignment the arms differed beyond chance (p {p}).", p=p_words(found.p)
        )
    if found.odd_sizes:
        told = {"sizes": _sizes(found), "p": p_words(found.ratio_p)}
        if found.declared:
            yield sentence("People by arm are not as planned: {sizes} (p {p}).", **told)
        else:
            yield sentence(
                "People by arm differ from equal shares beyond chance: {sizes} (p {p}). Give "
                "shares= if that was the plan; otherwise find out who was lost.",
                **told,
            )


def _sizes(found: Balance) -> str:
    return ", ".join(f"{arm} {people:,}" for arm, people in found.sizes.items())


def change_words(effect: float, share: bool) -> Words:
    """A difference alone: in points of 100 people for a share, else as it is.

    >>> str(change_words(0.0766, share=True)), str(change_words(1.5, share=False))
    ('+7.66 points', '+1.500')
    """
    if share:
        return sentence("{effect:+.2f} points", effect=100 * effect)
    return sentence("{effect:+,.3f}", effect=effect)
