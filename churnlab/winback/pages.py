"""The results of experiments as pages that stand alone, and as lines and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from churnlab.evaluation.tables import TitledTable
from churnlab.language.catalogues import ENGLISH
from churnlab.language.printable import printable
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report import terminal
from churnlab.report.document import Bullets, Picture, Section, Text
from churnlab.report.drawing import Figure
from churnlab.report.page import Page
from churnlab.winback.experiments.comparison import Comparison
from churnlab.winback.experiments.effects import Effects
from churnlab.winback.experiments.next_test import NextTest
from churnlab.winback.experiments.saying import OBSERVATIONAL
from churnlab.winback.experiments.shown import next_test, tables
from churnlab.winback.experiments.words import outcome_words
from churnlab.winback.stated.reasons import StatedReasons
from churnlab.winback.stated.shown import associations, seen
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.shown import policy_table

_WIDTH = 500  # of a picture, in pixels of a page: it is read on telephones, too
_INCHES = 5.2
_HOW = sentence(
    "Lines are 95% intervals. A filled point is beyond chance after the correction for several, an "
    "empty one could be chance."
)


def comparison_page(found: Comparison) -> Page:
    """An experiment as a page: what was found, a picture of each outcome, the tables.

    >>> from churnlab.winback.experiments.comparison import example
    >>> [str(section.title) for section in comparison_page(example()).sections][:2]
    ['What was found', 'Pictures']
    """
    words = tuple(w for w in found.words() if w != OBSERVATIONAL)
    shown = found.effects if found.by_stage is None else found.by_stage
    sections = (
        Section(sentence("What was found"), (Bullets(words),)),
        Section(sentence("Pictures"), (*_pictures(shown), Text(_HOW))),
        *(_section(each) for each in tables(found)),
    )
    against = ", ".join(found.effects.frame["treatment"].unique())
    line = sentence("{treatments} against {control}", treatments=against, control=shown.control)
    title = (
        sentence("What the treatments did")
        if found.randomised
        else sentence("Observational: how the arms differ")
    )
    return Page(title, line, "" if found.randomised else OBSERVATIONAL, sections)


def stated_page(found: StatedReasons) -> Page:
    """Stated reasons as a page.

    >>> from churnlab.winback.stated.reasons import example
    >>> len(stated_page(example()).sections)
    3
    """
    alt = sentence("The share of each stated reason that was flagged before")
    picture = Picture(partial(_drawn, found), alt, _WIDTH)
    sections = (
        Section(sentence("What was found"), (Bullets(tuple(found.words())),)),
        Section(sentence("Seen coming"), (picture, seen(found))),
        Section(sentence("What the signals had said"), (associations(found),)),
    )
    return Page(sentence("Stated reasons, and the signals before them"), "", "", sections)


def policy_page(found: Policy) -> Page:
    """A policy as a page: what it brings, what each budget would bring, and the table."""
    alt = sentence(
        "Everybody is valued by a policy that was made without them; the band is the 95% interval."
    )
    picture = Picture(partial(_drawn, found), alt, _WIDTH)
    sections = (
        Section(sentence("What was found"), (Bullets(found.words()),)),
        Section(sentence("What each budget brings"), (picture,)),
        Section(sentence("By group and treatment"), (policy_table(found),)),
    )
    return Page(sentence("Which treatment for whom"), "", "", sections)


def text(found: Any, language: str = ENGLISH) -> Iterator[terminal.Shown]:
    """A comparison, a policy, stated reasons or the next test, as lines and tables for a terminal.

    >>> from churnlab.winback.experiments.next_test import NextTest
    >>> next(iter(text(NextTest.of_shares(0.10, 0.01))))
    'To see a difference of +0.0100 with a probability of 80%, 29,502 people are needed.'
    """
    yield from (printable(in_language(line, language)) for line in _lines(found))
    if isinstance(found, NextTest):
        (titled,) = next_test(found).tables
        yield terminal.lines({in_language(a, language): b for a, b in titled.table.rows})
        return
    for titled in _tables(found):
        yield f"\n{printable(in_language(titled.title, language))}"
        shown = titled.table.frame(language)
        rows = [[printable(value) for value in row] for row in shown.to_numpy().tolist()]
        yield terminal.table(tuple(map(printable, shown)), rows)


def _lines(found: Any) -> Iterable[Words]:
    return next_test(found).lines if isinstance(found, NextTest) else found.words()


def _tables(found: Any) -> Iterable[TitledTable]:
    if isinstance(found, Comparison):
        return tables(found)
    if isinstance(found, Policy):
        return (TitledTable(sentence("By group and treatment"), policy_table(found)),)
    return (
        TitledTable(sentence("Seen coming"), seen(found)),
        TitledTable(sentence("What the signals had said"), associations(found)),
    )


def _section(titled: TitledTable) -> Section:
    after = (Text(titled.after),) if titled.after else ()
    return Section(titled.title, (titled.table, *after))


def _pictures(found: Effects) -> Iterator[Picture]:
    for name in found.frame["outcome"].unique():
        alt = sentence("Differences in {outcome}", outcome=outcome_words(name))
        yield Picture(partial(_effects, found, name), alt, _WIDTH)


def _effects(found: Effects, outcome: str, language: str) -> Figure:
    figure: Figure = (
        found.plot(outcome=outcome, language=language)
        .plot(language=language, width=_INCHES)
        .figure_
    )
    return figure


def _drawn(found: StatedReasons | Policy, language: str) -> Figure:
    figure: Figure = found.plot(language=language).plot(language=language, width=_INCHES).figure_
    return figure
