"""The report of a week as one page, which needs no network and no script."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from churnlab.language.sentence import sentence
from churnlab.nightly.grading import page as grading_page
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.summary.words import REASON_WORDS
from churnlab.report import list_plots
from churnlab.report.cards.blocks import Chart
from churnlab.report.document import Bullets, Section, Text
from churnlab.report.page import Page
from churnlab.weekly.figures import figures_table
from churnlab.weekly.lists import ListsOfWeek
from churnlab.weekly.plots import compared, drawn
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.tables import grades_table, risk_table
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
    yield Section(sentence("The week in figures"), tuple(_figures(report)))
    yield report.cycle.section()
    for result in report.results.values():
        yield result.section()
    yield Section(sentence("Who is at risk"), tuple(_lists(*report.lists, report.currency)))
    yield Section(sentence("How the lists did"), tuple(_grades(report.grades)))
    if report.winback is not None:
        found = comparison_page(report.winback)
        unsure = (Text(found.banner),) if found.banner else ()
        yield Section(sentence("What treatments did"), unsure, found.sections)
    if report.notes:
        yield Section(sentence("Not known"), (Bullets(report.notes),))


def _figures(report: WeeklyReport) -> Iterator[Any]:
    """The picture of the changes, the table of the figures, and what stands in it."""
    if drawn(report.figures):
        yield Chart(partial(compared, report.figures), sentence("Changes since last week"))
    yield figures_table(report.figures)
    week = report.week
    yield Text(
        sentence(
            "Last week is {last}; a year before is {year}, the week 52 weeks earlier.",
            last=str(week.last),
            year=str(week.year_before),
        )
    )
    yield Text(_CHANCE)


_CHANCE = sentence(
    "A change is beyond chance where, people being independent of each other, one as large has at "
    "most 5% of probability by Holm's correction for all changes of this table; it is coloured in "
    "the picture. Figures of lists are not tested, nor shares and means of fewer than 10 people."
)


def _lists(now: ListsOfWeek | None, last: ListsOfWeek | None, currency: str) -> Iterator[Any]:
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
    yield risk_table(now, last, currency)
    if now.reasons:
        went = sorted(now.reasons.items(), key=lambda each: (-each[1], each[0]))
        words = [(REASON_WORDS.get(reason, reason), count) for reason, count in went]
        draw = partial(list_plots.came_and_went, [], words)
        yield Chart(draw, sentence("Why people left the list"))


def _grades(grades: tuple[Grade, ...]) -> Iterator[Any]:
    """The newest grade in sentences, and the AUC of all grades of the week."""
    if not grades:
        yield Text(sentence("No list whose horizon ended in this week was graded."))
        return
    yield Bullets(tuple(grading_page.glance(grades[-1])))
    yield grades_table(grades)
