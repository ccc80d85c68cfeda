"""How the results of an experiment are shown: tables for a notebook, a page or a terminal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable, cell
from churnlab.language.sentence import Words, sentence
from churnlab.report.glance import Glance, facts
from churnlab.winback.experiments.balance import Balance
from churnlab.winback.experiments.comparison import Comparison
from churnlab.winback.experiments.differences import Differences
from churnlab.winback.experiments.effects import FEW, UNCLEAR, Effects
from churnlab.winback.experiments.next_test import NextTest
from churnlab.winback.experiments.saying import (
    APART,
    OBSERVATIONAL,
    balance_sentences,
    change_words,
    difference_sentences,
    difference_words,
    p_words,
    verdict_words,
)
from churnlab.winback.experiments.words import fact_words, group_words, outcome_words


def effects_table(found: Effects) -> Table:
    """The rows of effects as a table of words."""
    rows = []
    for _, row in found.frame.iterrows():
        share = row["outcome"] in found.shares
        group = () if not found.by else (group_words(row["group"]),)
        means = [_mean(row[name], share) for name in ("mean", "control")]
        rows.append(
            (
                *group,
                row["treatment"],
                outcome_words(row["outcome"]),
                cell(row["people"]),
                *means,
                difference_words(row, share),
                p_words(row["p_holm"]),
                verdict_words(row["verdict"], found.randomised),
            )
        )
    by = () if not found.by else (fact_words(found.by),)
    head: tuple[Words, ...] = (
        *by,
        sentence("treatment"),
        sentence("outcome"),
        sentence("people"),
        sentence("with it"),
        sentence("without it"),
        sentence("difference [95% interval]"),
        sentence("corrected p"),
        sentence("verdict"),
    )
    first = len(by) + 2
    return Table(head, tuple(rows), frozenset(range(first, first + 5)))


def _mean(value: float, share: bool) -> Words:
    if np.isnan(value):
        return UNKNOWN
    return sentence("{value:.2%}", value=value) if share else sentence("{value:,.3f}", value=value)


def differences_table(found: Differences) -> Table:
    """The tests of differences between groups as a table of words."""
    rows = []
    for _, row in found.frame.iterrows():
        known, share = not np.isnan(row["p"]), row["outcome"] in found.shares
        verdict = APART if row["differ"] else verdict_words(UNCLEAR if known else FEW)
        rows.append(
            (
                fact_words(row["by"]),
                row["treatment"],
                outcome_words(row["outcome"]),
                cell(row["groups"]),
                _end(row["lowest"], row["lowest_effect"], share),
                _end(row["highest"], row["highest_effect"], share),
                p_words(row["p_holm"]),
                verdict,
            )
        )
    head: tuple[Words, ...] = (
        sentence("groups by"),
        sentence("treatment"),
        sentence("outcome"),
        sentence("groups"),
        sentence("smallest difference"),
        sentence("largest difference"),
        sentence("corrected p"),
        sentence("verdict"),
    )
    return Table(head, tuple(rows), frozenset({3, 6}))


def _end(group: str, effect: float, share: bool) -> Words:
    if np.isnan(effect):
        return UNKNOWN
    change = change_words(effect, share)
    return sentence("{group}: {change}", group=group_words(group), change=change)


def balance_table(found: Balance) -> Table:
    """The facts known before, with both means and their difference in standard deviations."""
    rows = [
        (
            row["treatment"],
            _fact(row["fact"], row["level"]),
            cell(float(row["mean"])),
            cell(float(row["control"])),
            cell(float(row["difference"])),
        )
        for _, row in found.frame.iterrows()
    ]
    head: tuple[Words, ...] = (
        sentence("treatment"),
        sentence("known before"),
        sentence("mean with it"),
        sentence("mean without it"),
        sentence("difference in standard deviations"),
    )
    return Table(head, tuple(rows), frozenset({2, 3, 4}))


def _fact(name: str, level: str) -> Words:
    if not level:
        return fact_words(name)
    return sentence("{fact}: {level}", fact=fact_words(name), level=group_words(level))


def effects(found: Effects) -> Glance:
    """Effects as a glance."""
    return Glance(_title(found.randomised), _warning(found.randomised), (_effects(found),))


def differences(found: Differences) -> Glance:
    """Differences between groups as a glance."""
    table = TitledTable(sentence("Between groups"), differences_table(found))
    lines = (*_warning(found.randomised), *difference_sentences(found))
    return Glance(_title(found.randomised), lines, (table,))


def balance(found: Balance) -> Glance:
    """A balance as a glance."""
    table = TitledTable("", balance_table(found))
    return Glance(sentence("Before the assignment"), tuple(balance_sentences(found)), (table,))


def comparison(found: Comparison) -> Glance:
    """All of an experiment as a glance."""
    return Glance(_title(found.randomised), found.words(), tuple(tables(found)))


def tables(found: Comparison) -> Iterator[TitledTable]:
    """The tables of a comparison: effects, those by stage, differences, balance."""
    yield _effects(found.effects)
    if found.by_stage is not None:
        yield _effects(found.by_stage)
    if found.differences is not None:
        yield TitledTable(sentence("Between groups"), differences_table(found.differences))
    if found.balance.checked:
        yield TitledTable(sentence("Before the assignment"), balance_table(found.balance))


def next_test(found: NextTest) -> Glance:
    """The people that a test needs, and what it can see with half and twice as many."""
    control, treated = found.people
    rows = [
        (sentence("people in the control group"), cell(control)),
        (sentence("people with the treatment"), cell(treated)),
        (sentence("seen with half as many"), cell(abs(found.detectable(control / 2)), 4)),
        (sentence("seen with twice as many"), cell(abs(found.detectable(control * 2)), 4)),
    ]
    line = sentence(
        "To see a difference of {difference:+.4f} with a probability of {power:.0%}, {all:,} "
        "people are needed.",
        difference=found.difference,
        power=found.power,
        all=control + treated,
    )
    return Glance(sentence("The next test"), (line,), (facts(rows),))


def _title(randomised: bool) -> Words:
    if randomised:
        return sentence("What the treatments did")
    return sentence("Observational: how the arms differ")


def _warning(randomised: bool) -> tuple[Words, ...]:
    return () if randomised else (OBSERVATIONAL,)


def _effects(found: Effects) -> TitledTable:
    title = sentence("Everybody") if not found.by else sentence("By {by}", by=fact_words(found.by))
    after = sentence(
        "Differences of shares are in points (of 100 people). p is corrected for all rows (Holm)."
    )
    return TitledTable(title, effects_table(found), "", after)
