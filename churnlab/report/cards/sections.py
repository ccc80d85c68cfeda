"""The first half of a card: what is predicted, what happens if we act, how sure, how early."""

from __future__ import annotations

from functools import partial
from typing import Any

from churnlab.evaluation.tables import Table
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.report.cards import plots as card_plots
from churnlab.report.cards.acting import acting
from churnlab.report.cards.blocks import Chart, Large, LargeFigures
from churnlab.report.cards.record import CardRecord, Lead, Level, Stratum
from churnlab.report.cards.words import (
    DASH,
    EXPECTED,
    FOUND,
    INTERVAL,
    LAST,
    LEFT,
    PAIRS,
    PEOPLE,
    RECENCY,
    figure,
    span,
)
from churnlab.report.document import Bullets, Section, Text

_FEWEST_OF_HUNDRED = 1.5


def first_half(record: CardRecord) -> tuple[Section, ...]:
    """The sections of questions one to four, of a record whose values know their paths."""
    return (_promise(record), acting(record), _sure(record), _early(record))


def _promise(record: CardRecord) -> Section:
    asked, who = record.promise, record.people
    if asked.active_within is None:
        says = sentence(
            "For each person in the data, the model gives the chance that they leave. To leave "
            "means: {leaving}.",
            leaving=asked.leaving,
        )
        left_out: list[Words] = []
    else:
        says = sentence(
            "For each person who was active in the last {days:day|days}, the model gives the "
            "chance that they leave. To leave means: {leaving}.",
            days=asked.active_within,
            leaving=asked.leaving,
        )
        left_out = [
            sentence(
                "Left out: people who did nothing in the last {days:day|days}. They get no score.",
                days=asked.active_within,
            )
        ]
    if asked.value:
        worth = sentence(
            "It also says what each person is likely to bring: {value}.", value=asked.value
        )
        left_out.insert(0, worth)
    if who.lists > 1:
        tested = sentence(
            "It was tested on {lists:list|lists}, from {first} to {last}. The model had not seen "
            "these days. All figures on this card come from that test.",
            lists=who.lists,
            first=who.first,
            last=who.last,
        )
    else:
        tested = sentence(
            "It was tested on the list of {day}. The model had not seen that day. All figures on "
            "this card come from that test.",
            day=who.first,
        )
    blocks = (Text(says), *map(Text, left_out), LargeFigures(_large(record)), Text(tested))
    return Section(sentence("What it predicts"), blocks)


def _large(record: CardRecord) -> tuple[Large, ...]:
    who, top = record.people, record.at(record.top)
    found = sentence("of all who leave are in the riskiest {share:.0%} of a list", share=top.share)
    early = earliest(record)
    if early is None:
        soon = Large(DASH, sentence("how early: not measured"))
    else:
        says = sentence(
            "ahead, the riskiest {share:.0%} still hold {found:.0%} of those who leave",
            share=top.share,
            found=early.found,
        )
        soon = Large(figure(early.days, "span"), says)
    return (
        Large(figure(who.on_list, ",.0f"), sentence("people on a list, on average")),
        Large(figure(who.share, ".1%"), sentence("of them leave")),
        Large(figure(top.found, ".0%"), found),
        soon,
    )


def earliest(record: CardRecord) -> Lead | None:
    """The longest lead at which the top of a list still holds more leavers than chance would."""
    known = [lead for lead in record.leads if lead.days and lead.found > record.top]
    return max(known, key=lambda lead: lead.days, default=None)


def _sure(record: CardRecord) -> Section:
    whole = sentence(
        "Over all people, it expected {told:.1%} to leave, and {left:.1%} left.",
        told=record.told,
        left=record.left,
    )
    alt = sentence("What was expected, beside what happened, by groups of equal risk")
    head = (PEOPLE, EXPECTED, LEFT, INTERVAL)
    rows = tuple(
        (
            figure(level.rows, ",.0f"),
            figure(level.told, ".1%"),
            figure(level.left, ".1%"),
            Sentence("{low:.1%}–{high:.1%}", {"low": level.low, "high": level.high}),
        )
        for level in record.levels
    )
    table = Table(head, rows, numbers=frozenset(range(4)))
    levels = (
        Bullets(tuple(_level(name, level) for name, level in chosen(record.levels))),
        Chart(partial(card_plots.calibration, record), alt),
        table,
    )
    doubts = tuple(sentence("Unsure: {text}.", text=doubt) for doubt in record.doubts)
    blocks = (
        Text(whole),
        *(levels if record.levels else ()),
        *([Bullets(doubts)] if doubts else []),
    )
    return Section(sentence("How sure it is"), blocks)


def chosen(levels: tuple[Level, ...]) -> tuple[tuple[Words, Level], ...]:
    """The riskiest group, one in the middle of the risk and the safest, each once, with its name.

    >>> [str(name) for name, _ in chosen((Level(rows=9, told=0.1, left=0.2),))]
    ['The riskiest group']
    """
    if not levels:
        return ()
    middle = (levels[0].told + levels[-1].told) / 4  # low, for most people have a small risk
    near = min(range(len(levels)), key=lambda place: abs(levels[place].told - middle))
    names = {
        len(levels) - 1: sentence("The riskiest group"),
        near: sentence("A group in between"),
        0: sentence("The safest group"),
    }
    if near == len(levels) - 1:
        names[near] = sentence("The riskiest group")
    return tuple((name, levels[place]) for place, name in names.items())


def _level(name: Words, level: Level) -> Words:
    if level.told_of_hundred < _FEWEST_OF_HUNDRED:
        return sentence(
            "{group}, {rows:person|people}: it expected {told:.1%} to leave, and {left:.1%} left.",
            group=name,
            rows=level.rows,
            told=level.told,
            left=level.left,
        )
    return sentence(
        "{group}, {rows:person|people}: out of a hundred, it expected {told:,.0f} to leave, and "
        "{left:,.0f} left.",
        group=name,
        rows=level.rows,
        told=level.told_of_hundred,
        left=level.left_of_hundred,
    )


def _early(record: CardRecord) -> Section:
    ahead = Section(sentence("People who leave later"), _leads(record))
    active = Section(sentence("People who are still active"), _strata(record))
    return Section(sentence("How early it knows"), (), (ahead, active))


def _leads(record: CardRecord) -> tuple[Any, ...]:
    if not record.leads:
        not_measured = sentence(
            "This was not measured. The command churnlab evaluate with the option --lead does it."
        )
        return (Text(not_measured),)
    says = sentence(
        "Some people leave a while after the list was made. The table shows how many of them are "
        "in the riskiest {top:.0%} of that list. At random, it would be {top:.0%}.",
        top=record.top,
    )
    columns: list[tuple[Words, str, str]] = [
        (sentence("days ahead"), "days", ",.0f"),
        (LEFT, "share", ".1%"),
        (FOUND, "found", ".0%"),
        (sentence("found by days since last seen"), "recency", ".0%"),
        (sentence("found by the best simple rule"), "best", ".0%"),
    ]
    later = sentence(
        "Days further ahead were not measured. For that the log must go on longer after the lists, "
        "by the days of warning_leads under [card]."
    )
    measured = any(lead.days for lead in record.leads)
    return (Text(says), _table(columns, record.leads), *(() if measured else (Text(later),)))


def _table(columns: list[tuple[Words, str, str]], rows: tuple[Any, ...]) -> Table:
    """A table of fields by heading, name and format; a column without any value is left out."""
    known = [c for c in columns if any(figure(getattr(r, c[1]), c[2]) != DASH for r in rows)]
    cells = tuple(tuple(figure(getattr(r, name), spec) for _, name, spec in known) for r in rows)
    return Table(tuple(c[0] for c in known), cells, numbers=frozenset(range(len(known))))


def _strata(record: CardRecord) -> tuple[Any, ...]:
    if not record.strata:
        return (Text(sentence("The data do not say when people were last seen.")),)
    says = sentence(
        "Someone who was away for long is easy to spot. The hard part is people who are still "
        "here. Take a pair: one who left and one who stayed. The table says how often the model "
        "puts the one who left higher. By chance, it is half of all pairs."
    )
    columns = (LAST, PEOPLE, LEFT, PAIRS, RECENCY, sentence("model minus days since last seen"))
    rows = tuple(_stratum(stratum) for stratum in record.strata)
    table = Table(columns, rows, numbers=frozenset(range(1, 6)))
    if all(row.note for row in record.strata):
        return (Text(says), table)
    alt = sentence("Pairs ranked right, by how lately people were seen")
    return (Text(says), table, Chart(partial(card_plots.strata, record), alt))


def _stratum(row: Stratum) -> tuple[Words, ...]:
    gap = {"value": row.ahead, "low": row.ahead_low, "high": row.ahead_high}
    known = figure(row.ahead, ".0%") != DASH
    return (
        row.says,
        figure(row.people, ",.0f"),
        figure(row.left, ".1%"),
        row.note or span(row.order, row.low, row.high),
        figure(row.recency, ".0%"),
        Sentence("{value:+.0%} [{low:+.0%}, {high:+.0%}]", gap) if known else DASH,
    )
