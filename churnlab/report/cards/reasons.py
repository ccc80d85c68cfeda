"""The second half of a card: why, for whom it works worse, value, use, origin, the champion."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

from churnlab.evaluation.tables import Table
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.report.cards import plots as card_plots
from churnlab.report.cards.blocks import Chart, Folded, Glossary
from churnlab.report.cards.record import CardRecord, Figure, Gap, Group, Theme
from churnlab.report.cards.words import (
    BEST,
    DASH,
    EXPECTED,
    INTERVAL,
    LEFT,
    PAIRS,
    PEOPLE,
    figure,
    span,
)
from churnlab.report.document import Bullets, InLanguage, Section, Text

VERDICT = sentence("verdict")
STANDINGS: dict[str, Words] = {
    "ahead": sentence("ahead"),
    "level": sentence("level, within chance"),
    "behind": sentence("behind"),
}
_MOST_GROUPS = 12
TERMS: tuple[tuple[Words, Words], ...] = (
    (sentence("leaver"), sentence("a person who does nothing more, as defined at the top")),
    (sentence("snapshot"), sentence("the morning of the day on which a list is made")),
    (sentence("list"), sentence("all people who get a score on one day, riskiest first")),
    (PAIRS, sentence("of a leaver and a stayer, how often the leaver has the higher risk (AUC)")),
    (sentence("riskiest"), sentence("with the highest chance of leaving, as the model sees it")),
    (BEST, sentence("the best of the rules that need no learning")),
    (
        sentence("BG/NBD, MBG/NBD, Gamma-Gamma"),
        sentence("simple rules that know the days and amounts of past visits alone"),
    ),
    (sentence("days since last seen"), sentence("the rule: who was away longest leaves first")),
    (
        INTERVAL,
        sentence("where the true figure most likely lies"),
    ),
    (sentence("within chance"), sentence("so small that luck alone explains it")),
    (sentence("theme"), sentence("signs of one kind, such as long silence or less spending")),
    (sentence("push"), sentence("how far a sign moves the chance up")),
    (sentence("champion"), sentence("the model that is approved and scores now")),
)


def second_half(record: CardRecord) -> tuple[Section, ...]:
    """The sections of questions five to ten, of a record whose values know their paths."""
    return (
        Section(sentence("Why people leave"), _why(record)),
        Section(sentence("For whom it works worse"), _worse(record)),
        Section(sentence("What people are worth"), _worth(record)),
        Section(sentence("What it must not be used for"), _use(record)),
        Section(sentence("What it was made from"), _made(record)),
        Section(sentence("What changed since the champion"), _changed(record)),
        Section(sentence("Words on this card"), (Glossary(TERMS),)),
    )


def _why(record: CardRecord) -> tuple[Any, ...]:
    if not record.themes:
        return (Text(sentence("Nobody asked the model for its reasons.")),)
    says = sentence(
        "Among the tenth at highest risk, these themes push the chance up most. The examples are "
        "words from the list."
    )
    caution = sentence(
        "A reason says what moved the chance. It does not say what would keep the person."
    )
    alt = sentence("How much of the push comes from each theme")
    chart = Chart(partial(card_plots.themes, record), alt)
    return (Text(says), chart, InLanguage(partial(_theme_table, record)), Text(caution))


def _theme_table(record: CardRecord, language: str) -> Table:
    head = (sentence("theme"), sentence("part of the push"), sentence("examples"))
    rows = tuple(
        (theme.says, figure(theme.part, ".0%"), _joined(_examples(theme, language)))
        for theme in record.themes
    )
    return Table(head, rows, numbers=frozenset({1}))


def _examples(theme: Theme, language: str) -> tuple[str, ...]:
    return theme.examples.get(language) or theme.examples.get("en", ())


def _joined(lines: tuple[Words, ...], between: str = " · ") -> Words:
    """Words one after another, each with its own source."""
    if not lines:
        return DASH
    names = [f"line_{i}" for i in range(len(lines))]
    template = between.join(f"{{{name}}}" for name in names)
    return Sentence(template, dict(zip(names, lines, strict=True)))


def _worse(record: CardRecord) -> tuple[Any, ...]:
    if not record.groups:
        return (Text(sentence("The data have no groups of people to compare.")),)
    found = tuple(_gap(gaps) for gaps in _alike(record.gaps))
    none = sentence("No group differs from the others by more than chance.")
    columns = (sentence("group"), PEOPLE, EXPECTED, LEFT, PAIRS)
    beyond = sentence(
        "Only gaps that chance does not explain are named here, with all comparisons counted."
    )
    known = [(gap.grouping, gap.group) for gap in record.gaps]
    first = record.groups[0].grouping
    named = [g for g in record.groups if (g.grouping, g.group) in known or g.grouping == first]
    more = record.groups if len(record.groups) > _MOST_GROUPS else ()
    tables = [
        Table(columns, tuple(map(_group, groups)), numbers=frozenset(range(1, 5)))
        for groups in (named if more else record.groups, more)
    ]
    folded = [Folded(sentence("All groups"), (tables[1],))] if more else []
    return (Bullets(found) if found else Text(none), Text(beyond), tables[0], *folded)


def _alike(gaps: tuple[Gap, ...]) -> list[tuple[Gap, ...]]:
    """Gaps of the same people, who are a group of several groupings, together."""
    found: dict[tuple[Any, ...], list[Gap]] = {}
    for gap in gaps:
        found.setdefault((gap.kind, str(gap.group), gap.value, gap.rest), []).append(gap)
    return [tuple(same) for same in found.values()]


def _gap(gaps: tuple[Gap, ...]) -> Words:
    gap = gaps[0]
    groupings = _joined(tuple(one.grouping for one in gaps), ", ")
    if gap.kind == "order":
        return sentence(
            '"{group}" in {grouping}: it ranks {value:.0%} of pairs right. For everybody else, '
            "it is {rest:.0%}.",
            grouping=groupings,
            group=gap.group,
            value=gap.value,
            rest=gap.rest,
        )
    return sentence(
        '"{group}" in {grouping}: it expected {rest:.1%} to leave, and {value:.1%} left.',
        grouping=groupings,
        group=gap.group,
        value=gap.value,
        rest=gap.rest,
    )


def _group(group: Group) -> tuple[Words, ...]:
    return (
        sentence("{grouping}: {group}", grouping=group.grouping, group=group.group),
        figure(group.people, ",.0f"),
        figure(group.told, ".1%"),
        figure(group.left, ".1%"),
        _unknown(group) or span(group.order, group.low, group.high),
    )


def _unknown(group: Group) -> Words:
    """Why a group has no order; "" where it has one."""
    if not group.note:
        return ""
    if group.left in (0, 1):
        return sentence("nobody left") if group.left == 0 else sentence("everybody left")
    return sentence("too few people")


def _worth(record: CardRecord) -> tuple[Any, ...]:
    if record.value is None:
        return (Text(sentence("This model does not predict what people are worth.")),)
    found = [f for f in record.value.figures if f.standing == "behind"]
    behind = tuple(_behind(one) for one in found)
    none = sentence("In no measure is it behind the best simple rule by more than chance.")
    alt = sentence("Predicted and actual value, by tenths of people")
    whole = [
        Text(sentence("In total, it expected {bias:.0%} of what they then brought.", bias=f.value))
        for f in record.value.figures
        if f.metric == "total_bias" and not math.isnan(f.value)
    ]
    return (
        *whole,
        Bullets(behind) if behind else Text(none),
        _beside(record.value.figures),
        Chart(partial(card_plots.worth, record), alt),
    )


def _behind(one: Figure) -> Words:
    return sentence(
        "In one measure it is behind a simple rule ({rule}): {metric}, {value:,.2f} against "
        "{other:,.2f}.",
        rule=one.beside,
        metric=one.label,
        value=one.value,
        other=one.beside_value,
    )


def _beside(figures: tuple[Figure, ...]) -> Table:
    """Every metric of the model beside the best simple rule, with what it says."""
    head = (
        sentence("measure"),
        sentence("model"),
        BEST,
        sentence("model minus the rule"),
        VERDICT,
    )
    return Table(head, tuple(_metric(one) for one in figures), numbers=frozenset({1}))


def _metric(one: Figure) -> tuple[Words, ...]:
    spec = _spec(one.value)
    name = sentence("{metric}: {says}", metric=one.label, says=one.says)
    if one.beside_value is None:
        return (name, span(one.value, one.low, one.high, spec), DASH, DASH, DASH)
    named = f"{{value:{spec}}}" + (" ({rule})" if one.beside else "")
    rule = Sentence(named, {"value": one.beside_value, "rule": one.beside})
    gap = span(one.ahead, one.ahead_low, one.ahead_high, f"+{spec}")
    standing = STANDINGS.get(one.standing, DASH)
    return (name, span(one.value, one.low, one.high, spec), rule, gap, standing)


def _spec(value: float) -> str:
    return ",.3f" if abs(value) < 10 else ",.1f"


def _use(record: CardRecord) -> tuple[Any, ...]:
    use = record.use
    owner: Words = (
        sentence("Owner: {owner}.", owner=use.owner)
        if use.owner
        else sentence("It has no owner yet. Set owner under [card] in churnlab.toml.")
    )
    lines = (*use.not_for, *use.limits)
    return (*([Bullets(lines)] if lines else []), Text(owner), *map(Text, _review(record)))


def _review(record: CardRecord) -> list[Words]:
    """When the model must be looked at again."""
    use = record.use
    if use.review is not None:
        return [sentence("Next review: {day}.", day=use.review)]
    if use.review_days is None:
        return [sentence("No review is planned.")]
    return [
        sentence(
            "It must be looked at again within {days:day|days} of its training, and of each "
            "approval.",
            days=use.review_days,
        )
    ]


def _made(record: CardRecord) -> tuple[Any, ...]:
    rows = tuple((fact.name, fact.says) for fact in record.made)
    facts = Table((sentence("fact"), sentence("value")), rows)
    every = Folded(sentence("All measures of leaving"), (_beside(record.figures),))
    return (*([facts] if rows else []), every)


def _changed(record: CardRecord) -> tuple[Any, ...]:
    champion = record.champion
    if champion is None:
        return (Text(sentence("No model is approved yet, so there is nothing to compare with.")),)
    if champion.missing:
        return (
            Text(
                sentence(
                    "The champion, version {version}, was not judged beside this model: {why}",
                    version=champion.version,
                    why=champion.missing,
                )
            ),
        )
    says = sentence(
        "Both models scored the same {rows:,.0f} rows. The champion is version {version}.",
        rows=champion.rows,
        version=champion.version,
    )
    head = (
        sentence("measure"),
        sentence("this model"),
        sentence("champion"),
        sentence("this model minus the champion"),
        VERDICT,
    )
    rows = tuple(_metric(replace(one, beside="")) for one in champion.figures)
    return (Text(says), Table(head, rows, numbers=frozenset({1})))
