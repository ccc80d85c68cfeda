"""The watch page: the last nights in small pictures side by side, and a table of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, cell
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.nightly.watching.nights import (
    BLOCKED,
    DAMAGED,
    FORCED,
    MISSING,
    QUIET,
    STATES,
    WARNED,
    Night,
)
from churnlab.nightly.watching.panels import panels
from churnlab.nightly.watching.watch import Nights
from churnlab.nightly.watching.words import STATES as STATE_WORDS
from churnlab.nightly.watching.words import guard_words
from churnlab.report.cards.blocks import Chart
from churnlab.report.document import Bullets, InLanguage, Section, Text
from churnlab.report.night_plots import Days, Scale, Series, grid, panel
from churnlab.report.page import Page
from churnlab.report.panels import Panels

_MOST_GUARDS = 16


def page(nights: Nights) -> Page:
    """The page of some nights."""
    first, last = nights.nights[0], nights.nights[-1]
    title = sentence("The nights up to {day}", day=last.as_of)
    subtitle = sentence(
        "{count} nights from {first} to {last}; counts, shares and means, and nobody's id",
        count=len(nights.nights),
        first=first.as_of,
        last=last.as_of,
    )
    return Page(title, subtitle, _banner(last), tuple(_sections(nights.nights)))


def _banner(last: Night) -> Words:
    """What is wrong with the last night; "" where nothing is."""
    if last.state in (QUIET, WARNED):
        return ""
    if last.state == BLOCKED:
        names = [guard_words(g["name"]) for g in last.failed() if g["level"] == "block"]
        guards = _joined(names)
        return sentence("The list of {day} was blocked: {guards}", day=last.as_of, guards=guards)
    if last.state == FORCED:
        why = str(last.said.get("forced", ""))
        return sentence("The list of {day} was forced: {why}", day=last.as_of, why=why)
    return sentence("{day}: {state}", day=last.as_of, state=STATE_WORDS[last.state])


def _sections(nights: Sequence[Night]) -> Iterator[Section]:
    days = Days.of([n.as_of for n in nights], [n.state for n in nights], _began(nights))
    yield Section(sentence("At a glance"), (Bullets(tuple(_glance(nights))),))
    charts = [(title, _chart(days, title, draw)) for title, draw in panels(nights)]
    legend = Text(
        sentence(
            "Grey bands: no list. Orange: published in spite of a guard. Red: blocked. A dotted "
            "line: another model began to score."
        )
    )
    yield Section(sentence("Night by night"), (legend, Panels(tuple(charts))))
    yield Section(sentence("Guards"), tuple(_guards(nights, days)))
    yield Section(sentence("Grades"), tuple(_grades(nights)))
    yield Section(sentence("All nights"), (_table(nights),))


def _chart(days: Days, title: Words, draw: tuple[list[Series], Scale]) -> Chart:
    series, scale = draw
    return Chart(partial(_panel, days, series, scale), title)


def _panel(days: Days, series: list[Series], scale: Scale, language: str) -> Any:
    return panel(days, series, scale, language)


def _began(nights: Sequence[Night]) -> list[bool]:
    """Whether another model scored than in the last list before."""
    known, found = "", []
    for night in nights:
        found.append(bool(known and night.version and night.version != known))
        known = night.version or known
    return found


def _glance(nights: Sequence[Night]) -> Iterator[Words]:
    counts = Counter(night.state for night in nights)
    for state in STATES:
        if counts[state]:
            yield sentence("{state}: {count}", state=STATE_WORDS[state], count=counts[state])
    listed = [night for night in nights if night.said.get("people")]
    if listed:
        last = listed[-1]
        yield sentence(
            "the last list has {people:,} people, of model {version}",
            people=last.said["people"],
            version=last.version,
        )
    graded = [night for night in nights if night.grade is not None]
    for night in graded[-1:]:
        assert night.grade is not None
        yield sentence(
            "the newest grade is of {day}: AUC {auc}, and the estimate had been {expected}",
            day=night.as_of,
            auc=night.grade.auc.words(),
            expected=night.grade.expected_auc.words(),
        )
    if not graded:
        yield sentence("no list of these nights is graded yet: `churnlab grade` does it")


def _guards(nights: Sequence[Night], days: Days) -> Iterator[Any]:
    """A grid of the guards that ever did not pass, and each time that one did not."""
    failed = Counter(guard["name"] for night in nights for guard in night.failed())
    if not failed:
        yield Text(sentence("Every guard passed in all of these nights."))
        return
    names = [name for name, _ in failed.most_common(_MOST_GUARDS)]
    levels = [[_level(night, name) for night in nights] for name in names]
    rows = [guard_words(name) for name in names]
    alt = sentence("Guards that did not pass: yellow warns, red blocks, orange was forced")
    yield Chart(partial(_grid, days, rows, levels), alt)
    yield InLanguage(partial(_failures, nights))


def _grid(days: Days, rows: list[Words], levels: list[list[str]], language: str) -> Any:
    return grid(days, rows, levels, language)


def _level(night: Night, name: str) -> str:
    """The colour of a guard in a night."""
    found = [guard for guard in night.said.get("guards", ()) if guard["name"] == name]
    if not found:
        return MISSING if night.state in (MISSING, DAMAGED) else ""
    if found[0]["passed"]:
        return QUIET
    if found[0]["level"] == "warn":
        return "warn"
    return BLOCKED if night.state == BLOCKED else FORCED


def _failures(nights: Sequence[Night], language: str) -> Table:
    """A row for each guard that did not pass; what it said last is kept in English."""
    failed = [(night.as_of, guard) for night in nights for guard in night.failed()]
    names = Counter(guard["name"] for _, guard in failed)
    rows = []
    for name, count in names.most_common():
        own = [(day, guard) for day, guard in failed if guard["name"] == name]
        blocks = sum(guard["level"] == "block" for _, guard in own)
        day, last = own[-1]
        told = (cell(last["figure"]), cell(last["limit"]))
        said = (str(last["says"]),) if language == ENGLISH else ()
        rows.append((guard_words(name), cell(count), cell(blocks), day, *told, *said))
    head = (
        sentence("guard"),
        sentence("nights not passed"),
        sentence("of which it blocks"),
        sentence("last on"),
        sentence("figure"),
        sentence("limit"),
    )
    more = (sentence("what it said"),) if language == ENGLISH else ()
    return Table((*head, *more), tuple(rows), frozenset(range(1, 6)))


def _grades(nights: Sequence[Night]) -> Iterator[Any]:
    graded = [night for night in nights if night.grade is not None]
    if not graded:
        yield Text(
            sentence(
                "None of these lists is graded. A list can be graded once its horizon is over; "
                "until then there is the estimate without labels alone."
            )
        )
        return
    head = (
        sentence("day"),
        sentence("people"),
        sentence("AUC"),
        sentence("estimate without labels"),
        sentence("off by"),
        sentence("churned"),
        sentence("the list said"),
    )
    rows = tuple(_grade(night) for night in reversed(graded))
    yield Table(head, rows, frozenset(range(7)))


def _grade(night: Night) -> tuple[Words, ...]:
    grade = night.grade
    assert grade is not None
    return (
        night.as_of,
        cell(grade.known),
        grade.auc.words(),
        grade.expected_auc.words(),
        sentence("{error:+.3f}", error=grade.error),
        sentence("{share:.1%}", share=grade.base_rate),
        sentence("{share:.1%}", share=grade.mean_risk),
    )


def _table(nights: Sequence[Night]) -> Table:
    head = (
        sentence("day"),
        sentence("state"),
        sentence("people"),
        sentence("entered"),
        sentence("left"),
        sentence("mean probability"),
        sentence("PSI against the last list"),
        sentence("model"),
        sentence("guards that did not pass"),
    )
    rows = tuple(_row(night) for night in reversed(nights))
    return Table(head, rows, frozenset({0, *range(2, 7)}))


def _row(night: Night) -> tuple[Words, ...]:
    mean = night.facts.get("mean_risk")
    failed = [guard_words(guard["name"]) for guard in night.failed()]
    return (
        night.as_of,
        STATE_WORDS[night.state],
        cell(night.said.get("people")),
        cell(night.changed("enter")),
        cell(night.changed("exit")),
        UNKNOWN if mean is None else sentence("{share:.1%}", share=mean),
        cell(night.guard("psi_last")),
        night.version or UNKNOWN,
        _joined(failed) if failed else night.reason,
    )


def _joined(names: Sequence[Words]) -> Words:
    """Words one after another, in any language."""
    found: Words = names[0] if names else UNKNOWN
    for name in names[1:]:
        found = sentence("{one}; {other}", one=found, other=name)
    return found
