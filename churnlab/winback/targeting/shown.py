"""How uplift models and policies are shown: tables for a notebook, a page or a terminal."""

from __future__ import annotations

import numpy as np

from churnlab.evaluation.intervals import UNKNOWN, Interval
from churnlab.evaluation.tables import Table, TitledTable, cell
from churnlab.language.sentence import Words, sentence
from churnlab.report.glance import Glance
from churnlab.winback.experiments.saying import p_words
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.uplift import Uplift
from churnlab.winback.targeting.words import (
    cell_words,
    interval_words,
    policy_sentences,
    uplift_sentences,
)

_ORDERINGS: dict[str, Words] = {
    "autoc": sentence("AUTOC: each share of people counts alike"),
    "qini": sentence("Qini: shares count by their people"),
}


def rates_table(found: Uplift) -> Table:
    """RATE of each treatment, per 1,000 people, with its interval and corrected p."""
    rows = [
        (
            row["arm"],
            _ORDERINGS[row["weighting"]],
            interval_words(Interval(row["value"], row["low"], row["high"])),
            p_words(row["p_holm"]),
        )
        for _, row in found.rates.iterrows()
    ]
    head: tuple[Words, ...] = (
        sentence("treatment"),
        sentence("RATE"),
        sentence("per 1,000 more than at random [95% interval]"),
        sentence("corrected p"),
    )
    return Table(head, tuple(rows), frozenset({2, 3}))


def policy_table(found: Policy) -> Table:
    """Each group and treatment with its effect per 1,000 people, its cost and what was chosen."""
    rows = []
    for _, row in found.table.iterrows():
        known = not np.isnan(row["effect"])
        ends = Interval(row["effect"], row["low"], row["high"])
        rows.append(
            (
                cell_words(row["stage"], row["tier"], row["min_value"]),
                cell(int(row["people"])),
                row["treatment"],
                interval_words(ends) if known else UNKNOWN,
                cell(float(row["cost"]), 2),
                sentence("given") if row["chosen"] else "",
            )
        )
    head: tuple[Words, ...] = (
        sentence("group"),
        sentence("people"),
        sentence("treatment"),
        sentence("effect per 1,000 [corrected interval]"),
        sentence("cost a person"),
        sentence("policy"),
    )
    ours = frozenset(np.flatnonzero(found.table["chosen"]).tolist())
    return Table(head, tuple(rows), frozenset({1, 3, 4}), ours)


def uplift(found: Uplift) -> Glance:
    """An uplift model as a glance."""
    title = sentence("Is there anything to target?")
    table = TitledTable(sentence("Rank-weighted effects of people held out"), rates_table(found))
    return Glance(title, tuple(uplift_sentences(found)), (table,))


def policy(found: Policy) -> Glance:
    """A policy as a glance."""
    table = TitledTable(sentence("By group and treatment"), policy_table(found))
    title = sentence("Which treatment for whom")
    return Glance(title, tuple(policy_sentences(found)), (table,))
