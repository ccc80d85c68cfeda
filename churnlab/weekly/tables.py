"""The tables of a report: on its page, in its Excel file, and as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from churnlab.evaluation.tables import Table, TitledTable, cell
from churnlab.language.sentence import sentence
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.summary.words import NO_TIER, REASON_WORDS
from churnlab.report.cards.words import DASH, figure
from churnlab.retention.shown import records
from churnlab.value.shown import money
from churnlab.weekly.figures import figures_frame
from churnlab.weekly.lists import ListsOfWeek
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.top import top
from churnlab.winback.experiments.shown import tables as of_comparison


def tables(report: WeeklyReport) -> Iterator[TitledTable]:
    """All tables of a report but that of its figures, in the order of the page."""
    for result in (report.cycle, *report.results.values()):
        yield from result.sections()
    now, last = report.lists
    if now is not None:
        yield TitledTable(sentence("Who is at risk"), risk_table(now, last, report.currency))
        if now.reasons:
            yield TitledTable(sentence("Why people left the list"), reasons_table(now))
    if report.grades:
        yield TitledTable(sentence("How the lists did"), grades_table(report.grades))
    if report.winback is not None:
        yield from of_comparison(report.winback)


def risk_table(now: ListsOfWeek, last: ListsOfWeek | None, currency: str) -> Table:
    """People, risk and value at risk by tier, beside the people of last week's list."""
    head = (
        sentence("risk tier"),
        sentence("people"),
        sentence("last week"),
        sentence("mean churn probability"),
        sentence("value at risk"),
    )
    before = {} if last is None else last.tiers.set_index("tier")["people"].to_dict()
    known = np.isfinite(now.value_at_risk)
    rows = tuple(
        (
            row["tier"] or NO_TIER,
            cell(int(row["people"])),
            cell(int(before[row["tier"]])) if row["tier"] in before else DASH,
            figure(row["risk"], ".1%"),
            money(float(row["value_at_risk"]) if known else np.nan, currency),
        )
        for row in now.tiers.to_dict("records")
    )
    return Table(head, rows, frozenset({1, 2, 3, 4}))


def reasons_table(now: ListsOfWeek) -> Table:
    """Why people left the list, the commonest reason first."""
    went = sorted(now.reasons.items(), key=lambda each: (-each[1], each[0]))
    rows = tuple((REASON_WORDS.get(reason, reason), cell(count)) for reason, count in went)
    return Table((sentence("reason"), sentence("people")), rows, frozenset({1}))


def grades_table(grades: tuple[Grade, ...]) -> Table:
    """The AUC of each grade, beside what was expected of it without labels."""
    head = (sentence("day of the list"), sentence("AUC"), sentence("estimate without labels"))
    rows = tuple((g.as_of, g.auc.words(), g.expected_auc.words()) for g in grades)
    return Table(head, rows, frozenset({1, 2}))


def as_dict(report: WeeklyReport) -> dict[str, Any]:
    """The figures and the tables of a report as plain values; what is not known is null."""
    now, last = report.lists
    week = report.week
    return {
        "week": str(week),
        "days": list(week.days),
        "compared": {"last": str(week.last), "year": str(week.year_before)},
        "currency": report.currency,
        "says": [str(words) for words in top(report)],
        "figures": records(figures_frame(report.figures)),
        "life_cycle": report.cycle.to_dict(),
        **{name: result.to_dict() for name, result in report.results.items()},
        "lists": {"now": _list_dict(now), "last": _list_dict(last)},
        "grades": [grade.to_dict() for grade in report.grades],
        "winback": None if report.winback is None else report.winback.to_dict(),
        "notes": [str(words) for words in report.notes],
    }


def _list_dict(found: ListsOfWeek | None) -> dict[str, Any] | None:
    """A list as plain values; None where none was published."""
    if found is None:
        return None
    plain = {name: value for name, value in vars(found).items() if name not in ("tiers", "reasons")}
    numbers = {n: None if isinstance(v, float) and np.isnan(v) else v for n, v in plain.items()}
    return {**numbers, "tiers": records(found.tiers), "reasons": dict(found.reasons)}
