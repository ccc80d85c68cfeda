"""Summary: a list on one page for people to read, with counts and pictures and nobody's id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from churnlab.evaluation.tables import Table, cell
from churnlab.language.sentence import Words, sentence
from churnlab.nightly.changes import ENTER, EXIT, MOVED
from churnlab.nightly.lists.publication import Publication
from churnlab.nightly.ranking import CONTROL
from churnlab.nightly.summary.words import (
    APPROVALS,
    NO_TIER,
    REASON_WORDS,
    STAGE_WORDS,
)
from churnlab.report import list_plots
from churnlab.report.cards.blocks import Chart
from churnlab.report.cards.words import DASH, figure
from churnlab.report.document import Bullets, Section, Text
from churnlab.report.drawing import BLUE, INK, ORANGE, PALE, VIOLET
from churnlab.report.page import Page
from churnlab.schema.stages import FADING, GONE, LAPSING, SILENT, STAGES
from churnlab.winback.targeting.policy_file import PolicyFile

COLUMNS = ("risk", "tier", "stage", "ltv", "value_at_risk", "treatment", "control")
_NUMBERS = frozenset({1, 2})
_LEVELS = {"warn": sentence("warns"), "block": sentence("blocks")}
_COLOURS = {FADING: BLUE, LAPSING: ORANGE, SILENT: VIOLET, GONE: INK}
_MOST = 12  # reasons in one picture


def summary(given: Publication, last: pd.DataFrame | None) -> Page:
    """The page of a list that was judged, beside the rows of the `last` list, None for the first.

    It has counts, sums, figures of guards and notes alone.
    """
    rows = given.table.select(list(COLUMNS)).to_pandas()
    title = sentence("The list of {day}", day=given.as_of)
    sections = (
        Section(sentence("At a glance"), (_glance(given, rows, last), _risks(rows, last))),
        Section(sentence("Who is on the list"), tuple(_people(given, rows))),
        Section(sentence("What changed since the last list"), tuple(_changed(given, last))),
        Section(sentence("Money"), tuple(_money(given, rows))),
        Section(sentence("Guards"), tuple(_guards(given))),
        Section(sentence("Left out, and notes"), tuple(_notes(given))),
    )
    return Page(title, _subtitle(given), _banner(given), sections, beside=True)


def _subtitle(given: Publication) -> Words:
    approval = APPROVALS.get(str(given.model.get("approval")), DASH)
    approver = str(given.model.get("approver") or "")
    by = sentence("{approval} by {who}", approval=approval, who=approver) if approver else approval
    return sentence(
        "model {name}, version {version}, {approval} · run {run}",
        name=str(given.model.get("name") or DASH),
        version=str(given.model.get("version") or DASH),
        approval=by,
        run=given.run_id,
    )


def _banner(given: Publication) -> Words:
    failed = sum(not guard["passed"] for guard in given.guards)
    if given.forced:
        return sentence("Published in spite of its guards: {why}", why=given.forced)
    if failed:
        return sentence("Guards that did not pass: {count}; see below", count=failed)
    return ""


def _glance(given: Publication, rows: pd.DataFrame, last: pd.DataFrame | None) -> Table:
    """A row for each figure, tonight and on the last list."""
    before = sentence("list of {day}", day=given.compared_with) if last is not None else DASH
    head = (sentence("figure"), sentence("this list"), before)
    then = {} if last is None else dict(_figures(last))
    told = [(words, value, then.get(words, DASH)) for words, value in _figures(rows)]
    scored = cell(len(rows) + sum(given.left_out.values()))
    age = figure(given.model.get("age_days"), ",.0f")
    told = [
        (sentence("people scored"), scored, DASH),
        *told,
        (sentence("days since the newest day that the model learnt from"), age, DASH),
    ]
    if given.changes is not None:
        kinds = given.changes["change"]
        for kind, words in (
            (ENTER, sentence("entered since the last list")),
            (EXIT, sentence("left since the last list")),
        ):
            told.append((words, cell(int((kinds == kind).sum())), DASH))
        moved = given.changes.loc[kinds == MOVED, "user_id"].nunique()
        words = sentence("moved to another tier or stage")
        told.append((words, cell(moved), DASH))
    return Table(head, tuple(told), _NUMBERS)


def _figures(rows: pd.DataFrame) -> Iterator[tuple[Words, Words]]:
    yield sentence("people on the list"), cell(len(rows))
    yield sentence("leavers to be expected among them"), figure(float(rows["risk"].sum()), ",.0f")
    mean = float(rows["risk"].mean()) if len(rows) else None
    yield sentence("mean churn probability"), figure(mean, ".1%")
    known = rows["value_at_risk"].notna().any()
    money = float(rows["value_at_risk"].sum()) if known else None
    yield sentence("value at risk, in the log's money"), figure(money, ",.0f")
    control = int((rows["control"] == CONTROL).sum())
    yield sentence("control group, not to be contacted"), cell(control)


def _people(given: Publication, rows: pd.DataFrame) -> Iterator[Any]:
    """People by tier and stage, as a picture and in numbers."""
    if rows.empty:
        yield Text(sentence("Nobody is on the list."))
        return
    tiers, stages = _tiers(given, rows["tier"]), _stages(rows["stage"])
    counts = _counted(rows["tier"], rows["stage"], tiers, stages)
    names = [_tier(name) for name in tiers]
    words = [STAGE_WORDS.get(name, name) for name in stages]
    parts = [(word, _COLOURS.get(name, PALE)) for word, name in zip(words, stages, strict=True)]
    yield Chart(
        partial(list_plots.stacked, counts, names, parts), sentence("People by tier and stage")
    )
    body = [(*row, int(sum(row))) for row in counts.tolist()]
    whole = [*counts.sum(axis=0).tolist(), len(rows)]
    lines = [
        (name, *(cell(count) for count in row))
        for name, row in zip([*names, sentence("all")], [*body, whole], strict=True)
    ]
    head = (sentence("risk tier"), *words, sentence("all"))
    yield Table(head, tuple(lines), frozenset(range(1, len(head))), frozenset({len(lines) - 1}))


def _changed(given: Publication, last: pd.DataFrame | None) -> Iterator[Any]:
    """Who entered and left, and who moved where."""
    changes = given.changes
    if changes is None or last is None:
        yield Text(sentence("There is no earlier list to compare with."))
        return
    came, went = (_reasons(changes, kind) for kind in (ENTER, EXIT))
    if came or went:
        alt = sentence("Who entered and who left, by why")
        yield Chart(partial(list_plots.came_and_went, came[:_MOST], went[:_MOST]), alt)
    else:
        yield Text(sentence("Nobody entered and nobody left."))
    for name, words in (
        ("stage", sentence("People who moved from stage to stage")),
        ("tier", sentence("People who moved from tier to tier")),
    ):
        moved = changes[(changes["change"] == MOVED) & (changes["reason"] == name)]
        if len(moved):
            yield _moves(given, moved, name, words)


def _reasons(changes: pd.DataFrame, kind: str) -> list[tuple[Words, int]]:
    """Reasons of a kind of change and how many have them, most first, ties by name."""
    counts = changes.loc[changes["change"] == kind, "reason"].value_counts().to_dict()
    found = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [(REASON_WORDS.get(reason, reason), int(count)) for reason, count in found]


def _moves(given: Publication, moved: pd.DataFrame, name: str, words: Words) -> Chart:
    ends = pd.concat([moved["before"], moved["after"]])
    places = _stages(ends) if name == "stage" else _tiers(given, ends)
    said = [STAGE_WORDS.get(p, p) if name == "stage" else _tier(p) for p in places]
    counts = _counted(moved["before"], moved["after"], places, places)
    return Chart(partial(list_plots.moves, counts, said, said), words)


def _risks(rows: pd.DataFrame, last: pd.DataFrame | None) -> Chart:
    then = None if last is None else last["risk"].to_numpy(np.float64)
    draw = partial(list_plots.risks, rows["risk"].to_numpy(np.float64), then)
    return Chart(draw, sentence("People by churn probability"))


def _money(given: Publication, rows: pd.DataFrame) -> Iterator[Any]:
    """Value at risk by tier, and what the suggested treatments would cost."""
    if rows["value_at_risk"].notna().any():
        yield _value_table(given, rows)
    else:
        yield Text(sentence("The list has no money: the log or the run has no value."))
    policy = given.order.get("policy")
    if policy:
        yield from _treatments(PolicyFile.of(policy), rows)


def _value_table(given: Publication, rows: pd.DataFrame) -> Table:
    lines = []
    for name in _tiers(given, rows["tier"]):
        some = rows[rows["tier"] == name]
        sums = [float(some[column].sum()) for column in ("ltv", "value_at_risk")]
        lines.append((_tier(name), cell(len(some)), *(figure(value, ",.0f") for value in sums)))
    whole = [float(rows[column].sum()) for column in ("ltv", "value_at_risk")]
    lines.append((sentence("all"), cell(len(rows)), *(figure(value, ",.0f") for value in whole)))
    head = (
        sentence("risk tier"),
        sentence("people"),
        sentence("expected value"),
        sentence("value at risk"),
    )
    return Table(head, tuple(lines), frozenset({1, 2, 3}), frozenset({len(lines) - 1}))


def _treatments(policy: PolicyFile, rows: pd.DataFrame) -> Iterator[Any]:
    """People by suggested treatment, its cost, and the budget that the policy was made for."""
    costs, counts = policy.costs(), rows["treatment"].value_counts().to_dict()
    lines = [
        (name, cell(counts.get(name, 0)), figure(counts.get(name, 0) * cost, ",.2f"))
        for name, cost in costs.items()
    ]
    nobody = len(rows) - sum(counts.get(name, 0) for name in costs)
    none = (sentence("none"), cell(nobody), DASH)
    head = (sentence("suggested treatment"), sentence("people"), sentence("cost"))
    yield Table(head, (*lines, none), _NUMBERS)
    if policy.budget is not None:
        spent = sum(counts.get(name, 0) * cost for name, cost in costs.items())
        yield Text(
            sentence(
                "The treatments would cost {spent:,.2f}; the policy was made for {budget:,.2f}.",
                spent=spent,
                budget=policy.budget,
            )
        )


def _guards(given: Publication) -> Iterator[Any]:
    """What each guard says, those that did not pass first."""
    if not given.guards:
        yield Text(sentence("No guard has looked at this list."))
        return
    said = given.guard_words or tuple(str(guard["says"]) for guard in given.guards)
    told = sorted(zip(given.guards, said, strict=True), key=lambda each: bool(each[0]["passed"]))
    lines = [(_guard(guard), cell(guard["limit"]), words) for guard, words in told]
    head = (sentence("guard"), sentence("limit"), sentence("what it saw"))
    failed = frozenset(i for i, (guard, _) in enumerate(told) if not guard["passed"])
    yield Table(head, tuple(lines), frozenset({1}), failed)


def _guard(guard: Mapping[str, Any]) -> Words:
    """The name of a guard, with what it does where it did not pass."""
    if guard["passed"]:
        return str(guard["name"])
    return sentence("{guard}: {level}", guard=guard["name"], level=_LEVELS[guard["level"]])


def _notes(given: Publication) -> Iterator[Any]:
    yield Bullets(given.words) if given.words else Text(sentence("Nobody is left out."))


def _tiers(given: Publication, found: pd.Series) -> list[str]:
    """The tiers of the list in their order, then others that were found, no tier last."""
    named = [str(name) for name in given.order.get("tiers", {})]
    there = {str(name) for name in found.unique()}
    others = sorted(there - {*named, ""})
    return [name for name in (*named, *others, "") if name in there]


def _stages(found: pd.Series) -> list[str]:
    """The stages that were found, in their order; no stage last."""
    there = set(found.unique())
    return [name for name in (*STAGES, "") if name in there]


def _tier(name: str) -> Words:
    return name or NO_TIER


def _counted(
    rows: pd.Series, columns: pd.Series, names: Sequence[str], parts: Sequence[str]
) -> np.ndarray:
    """How many rows have each pair of values, int64[names, parts]."""
    found = pd.crosstab(rows, columns)
    return found.reindex(index=list(names), columns=list(parts), fill_value=0).to_numpy(np.int64)
