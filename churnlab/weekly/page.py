"""The report of a week as one page, which needs no network and no script."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from churnlab.evaluation.tables import Table, cell
from churnlab.language.sentence import sentence
from churnlab.nightly import grading_page
from churnlab.nightly.grading_record import Grade
from churnlab.nightly.summary_words import NO_TIER, REASON_WORDS
from churnlab.report import list_plots
from churnlab.report.card_blocks import Chart
from churnlab.report.card_words import DASH, figure
from churnlab.report.document import Bullets, Section, Text
from churnlab.report.page import Page
from churnlab.weekly.figures import figures_table
from churnlab.weekly.lists import ListsOfWeek
from churnlab.weekly.plots import compared
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.top import top
from churnlab.winback.pages import comparison_page

_SIMULATED = sentence("SIMULATED data: it shows what the report looks like, not how an app fares.")


def page(report: WeeklyReport) -> Page:
    """The page of a report: what moved and why, every measure, and the parts one by one."""
    title = sentence("{name}: week {week}", name=report.name, week=str(report.week))
    subtitle = sentence(
        "{first} to {last}, local calendar days, as known on the morning after",
        first=report.week.days[0],
        last=report.week.days[-1],
    )
    banner = _SIMULATED if report.simulated else ""
    return Page(title, subtitle, banner, tuple(_sections(report)))


def _sections(report: WeeklyReport) -> Iterator[Section]:
    yield Section(sentence("What moved, and why"), (Bullets(top(report)),))
    yield Section(
        sentence("The week in figures"),
        (
            Chart(partial(compared, report.figures), sentence("Changes since last week")),
            figures_table(report.figures),
            Text(_CHANCE),
        ),
    )
    yield report.cycle.section()
    for result in report.results.values():
        yield result.section()
    yield Section(sentence("Who is at risk"), tuple(_lists(*report.lists)))
    yield Section(sentence("How the lists did"), tuple(_grades(report.grades)))
    if report.winback is not None:
        found = comparison_page(report.winback)
        yield Section(sentence("What treatments did"), (), found.sections)
    if report.notes:
        yield Section(sentence("Not known"), (Bullets(report.notes),))


_CHANCE = sentence(
    "A change is beyond chance where, people being independent of each other, one as large has at "
    "most 5% of probability by Holm's correction for all changes of this table; it is coloured in "
    "the picture. Figures of lists are not tested."
)


def _lists(now: ListsOfWeek | None, last: ListsOfWeek | None) -> Iterator[Any]:
    """Risk and value at risk by tier, and why people left."""
    if now is None:
        yield Text(sentence("No list was published for these days."))
        return
    yield Text(
        sentence(
            "The newest list is that of {day}; {nights:list|lists} were published in the week.",
            day=now.as_of,
            nights=now.nights,
        )
    )
    yield _tiers(now, last)
    if now.reasons:
        went = sorted(now.reasons.items(), key=lambda each: (-each[1], each[0]))
        words = [(REASON_WORDS.get(reason, reason), count) for reason, count in went]
        draw = partial(list_plots.came_and_went, [], words)
        yield Chart(draw, sentence("Why people left the list"))


def _tiers(now: ListsOfWeek, last: ListsOfWeek | None) -> Table:
    head = (
        sentence("risk tier"),
        sentence("people"),
        sentence("last week"),
        sentence("mean churn probability"),
        sentence("value at risk"),
    )
    before = {} if last is None else last.tiers.set_index("tier")["people"].to_dict()
    rows = tuple(
        (
            row["tier"] or NO_TIER,
            cell(int(row["people"])),
            cell(int(before[row["tier"]])) if row["tier"] in before else DASH,
            figure(row["risk"], ".1%"),
            figure(row["value_at_risk"] if np.isfinite(now.value_at_risk) else None, ",.0f"),
        )
        for row in now.tiers.to_dict("records")
    )
    return Table(head, rows, frozenset({1, 2, 3, 4}))


def _grades(grades: tuple[Grade, ...]) -> Iterator[Any]:
    """The newest grade in sentences, and the AUC of all grades of the week."""
    if not grades:
        yield Text(sentence("No list whose horizon ended in this week was graded."))
        return
    yield Bullets(tuple(grading_page.glance(grades[-1])))
    head = (sentence("day of the list"), sentence("AUC"), sentence("estimate without labels"))
    rows = tuple((g.as_of, g.auc.words(), g.expected_auc.words()) for g in grades)
    yield Table(head, rows, frozenset({1, 2}))
