"""A grade as a page, with pictures, and as tables for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from churnlab.evaluation.contenders import MODEL, label
from churnlab.evaluation.intervals import UNKNOWN, Interval
from churnlab.evaluation.segments import in_words
from churnlab.evaluation.tables import Table, cell, difference, heading
from churnlab.features.themes import THEMES
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.nightly.grading.figures import IN_ALL
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.grading.truth import CHURNED
from churnlab.nightly.summary.words import STAGE_WORDS
from churnlab.report import plots, terminal
from churnlab.report.document import Bullets, Picture, Section, Text
from churnlab.report.page import Page
from churnlab.schema.targets import Churn

NONE = sentence("none")
CONTROL: Mapping[str, Words] = {
    "no": sentence("may be contacted"),
    "yes": sentence("control group, not to be contacted"),
}
GROUPINGS: Mapping[str, Words] = {
    "tier": sentence("risk tier"),
    "stage": sentence("stage"),
    "theme": sentence("theme of the first reason"),
    "control": sentence("control group"),
}
_VALUES: Mapping[str, Mapping[str, Words]] = {
    "stage": STAGE_WORDS,
    "theme": THEMES,
    "control": CONTROL,
}
_WIDTH = 560
_EFFECTS: Mapping[str, Words] = {
    CHURNED: sentence("share that churned"),
    "spent": sentence("money spent per person"),
}


def page(grade: Grade) -> Page:
    """The grade as a page.

    >>> print(page(example()).sections[0].title)
    At a glance
    """
    subtitle = sentence(
        "{what}; the last day that counts is {day}; model {version}",
        what=grade.target,
        day=grade.ended,
        version=str(grade.model.get("version", "")),
    )
    title = sentence("Grade of the list of {day}", day=grade.as_of)
    return Page(title, subtitle, "", tuple(sections(grade)))


def sections(grade: Grade) -> Iterator[Section]:
    """The sections of the page; those of which nothing is known say so."""
    yield Section(sentence("At a glance"), (Bullets(tuple(glance(grade))),))
    tiers = grade.groups[grade.groups["group"].isin(["tier", "stage"])]
    yield Section(sentence("By tier and stage"), (_groups(tiers, grade.base_rate),))
    yield Section(sentence("Predicted and observed"), _calibration(grade))
    yield Section(sentence("Money"), _money(grade))
    yield Section(sentence("Contacted people and the control group"), _effect(grade))
    if grade.challengers:
        yield Section(sentence("Challengers"), (_challengers(grade),))
    others = grade.groups[~grade.groups["group"].isin(["tier", "stage", "control"])]
    yield Section(sentence("By theme and segment"), (_groups(others, grade.base_rate),))
    if grade.notes:
        yield Section(sentence("What is unsure or not known"), (Bullets(grade.notes),))


def glance(grade: Grade) -> Iterator[Words]:
    """The grade in a few sentences."""
    yield sentence(
        "AUC {auc} on {people:,} people; 0.5 is blind, 1 is best",
        auc=grade.auc.words(),
        people=grade.known,
    )
    yield (
        sentence(
            "the estimate without labels was {expected}, {error:+.3f} from what came",
            expected=grade.expected_auc.words(),
            error=grade.error,
        )
        if not math.isnan(grade.error)
        else sentence(
            "the estimate without labels was {expected}; what came is not known",
            expected=grade.expected_auc.words(),
        )
    )
    yield sentence(
        "{churned:.1%} of the people on the list churned; the list had said {said:.1%}",
        churned=grade.base_rate,
        said=grade.mean_risk,
    )
    if not math.isnan(grade.learnt_rate):
        yield sentence("in the training {share:.1%} had churned", share=grade.learnt_rate)


def _groups(rows: pd.DataFrame, base_rate: float) -> Table:
    head = (
        heading("group"),
        heading("member"),
        heading("people"),
        sentence("the list said"),
        sentence("churned"),
        sentence("times the base rate"),
        sentence("AUC"),
    )
    body = tuple(_group(row, base_rate) for row in rows.to_dict("records"))
    return Table(head, body, frozenset(range(2, 7)))


def _group(row: Mapping[str, Any], base_rate: float) -> tuple[Words, ...]:
    churned = sentence(
        "{share:.1%} [{low:.1%}, {high:.1%}]",
        share=row["observed"],
        low=row["observed_low"],
        high=row["observed_high"],
    )
    lift = cell(row["observed"] / base_rate, 1) if base_rate else UNKNOWN
    auc = row["note"] or Interval(row["auc"], row["low"], row["high"]).words()
    said = sentence("{share:.1%}", share=row["predicted"])
    name = member(row["group"], row["value"])
    return group_name(row["group"]), name, cell(row["people"]), said, churned, lift, auc


def group_name(name: str) -> Words:
    """A grouping as people read it.

    >>> str(group_name("tier")), str(group_name("channel"))
    ('risk tier', 'channel')
    """
    return GROUPINGS.get(name) or in_words(name)


def member(group: str, value: str) -> Words:
    """A member of a grouping as people read it; names of the user's stay as they are.

    >>> str(member("theme", "pushes")), str(member("tier", "none")), member("tier", "VIP")
    ('Pushes go unopened', 'none', 'VIP')
    """
    if value in ("", str(NONE)) and group in GROUPINGS:
        return NONE
    return _VALUES.get(group, {}).get(value) or in_words(value)


def _calibration(grade: Grade) -> tuple[Any, ...]:
    alt = sentence("Predicted churn against what was observed, in bins of equally many people")
    picture = Picture(partial(plots.calibration, grade.calibration), alt, _WIDTH)
    return (picture, Table.of(grade.calibration))


def _money(grade: Grade) -> tuple[Any, ...]:
    if grade.money_from:
        day = grade.money_from
        return (Text(sentence("The money can be graded from {day} on.", day=day)),)
    if grade.money.empty:
        return (Text(sentence("No value was expected of anybody on the list.")),)
    head = (sentence("risk tier"), heading("people"), sentence("expected"), sentence("spent"))
    rows = tuple(
        (
            sentence("all people") if row["value"] == IN_ALL else row["value"],
            cell(row["people"]),
            cell(row["expected"], 0),
            Interval(row["spent"], row["low"], row["high"]).words(),
        )
        for row in grade.money.to_dict("records")
    )
    return (Table(head, rows, frozenset({1, 2, 3})),)


def _effect(grade: Grade) -> tuple[Any, ...]:
    if grade.effect.empty:
        return (
            Text(
                sentence(
                    "Nobody of the list was in a control group, so what contact changed is unknown."
                )
            ),
        )
    head = (
        sentence("what"),
        sentence("contacted"),
        heading("people"),
        sentence("control group"),
        heading("people"),
        sentence("better by"),
        heading("note"),
    )
    rows = tuple(_effect_row(row) for row in grade.effect.to_dict("records"))
    return (*_kept(grade), Table(head, rows, frozenset(range(1, 6))))


def _effect_row(row: Mapping[str, Any]) -> tuple[Words, ...]:
    means = (
        (
            sentence("{share:.1%}", share=row["contacted"]),
            sentence("{share:.1%}", share=row["control"]),
        )
        if row["what"] == CHURNED
        else (cell(row["contacted"], 2), cell(row["control"], 2))
    )
    sizes = cell(row["contacted_people"]), cell(row["control_people"])
    gap = difference(row["difference"], row["low"], row["high"])
    what = _EFFECTS.get(row["what"], row["what"])
    return what, means[0], sizes[0], means[1], sizes[1], gap, row["note"]


def _kept(grade: Grade) -> Iterator[Text]:
    """How many were kept by contact, in plain numbers."""
    row = grade.effect.iloc[0]
    if math.isnan(row["difference"]):
        return
    per = {part: 1000 * row[part] for part in ("difference", "low", "high")}
    yield Text(
        sentence(
            "Of 1,000 people who could be contacted, {difference:,.0f} more stayed than in the "
            "control group [{low:,.0f}, {high:,.0f}]. Everybody counts whom the list let contact, "
            "whether a message reached them or not.",
            **per,
        )
    )


def _challengers(grade: Grade) -> Table:
    head = (sentence("version"), sentence("AUC"), sentence("the list minus it"))
    ours = (sentence("the list"), grade.auc.words(), "")
    rows = tuple(
        (version_words(name), grade.metric("auc", name).words(), _ahead(grade, name))
        for name in grade.challengers
    )
    return Table(head, (ours, *rows), frozenset({1, 2}), frozenset({0}))


def version_words(name: str) -> Words:
    """A challenger as people read it.

    >>> str(version_words("version 3"))
    'version 3'
    """
    number = name.removeprefix("version ")
    return sentence("version {number}", number=number) if number != name else label(name)


def _ahead(grade: Grade, name: str) -> Words:
    gap = grade.ahead("auc", name)
    return difference(gap.value, gap.low, gap.high)


def text(grade: Grade, language: str = ENGLISH) -> Iterator[terminal.Shown]:
    """The grade for a terminal: texts and tables, without the pictures."""
    for section in sections(grade):
        yield f"\n{in_language(section.title, language)}"
        for block in section.blocks:
            yield from _shown(block, language)


def _shown(block: Any, language: str) -> Iterator[terminal.Shown]:
    if isinstance(block, Table):
        frame = block.frame(language)
        yield terminal.table(tuple(frame), [tuple(row) for row in frame.to_numpy().tolist()])
    elif isinstance(block, Bullets):
        yield from (f"- {in_language(line, language)}" for line in block.lines)
    elif isinstance(block, Text):
        yield in_language(block.text, language)


def example() -> Grade:
    """A small grade on which the pages can be tried.

    >>> example()
    Grade(2026-03-04, AUC 0.875 [0.700, 1.000], 60 of 60 people)
    """
    row = {"contender": MODEL, "metric": "auc", "value": 0.875, "low": 0.7, "high": 1.0}
    gaps = {"difference": 0.0, "difference_low": 0.0, "difference_high": 0.0}
    tier = {"group": "tier", "value": "high", "rows": 60, "people": 60, "observed": 0.2,
            "predicted": 0.25, "auc": 0.875, "low": 0.7, "high": 1.0, "note": "",
            "observed_low": 0.12, "observed_high": 0.32}  # fmt: skip
    return Grade(
        as_of="2026-03-04",
        run_id="r1",
        model={"version": "v1"},
        listed="0" * 64,
        target=Churn(horizon=30).definition,
        ended="2026-04-02",
        people=60,
        known=60,
        base_rate=0.2,
        mean_risk=0.25,
        learnt_rate=0.22,
        expected_auc=Interval(0.9, 0.85, 0.95),
        table=pd.DataFrame([row | gaps]),
        groups=pd.DataFrame([tier]),
        calibration=pd.DataFrame({"rows": [60], "predicted": [0.25], "observed": [0.2]}),
        money=pd.DataFrame(),
        effect=pd.DataFrame(),
    )
