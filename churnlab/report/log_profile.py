"""The profile of a log as a page, with pictures, and as text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd
from rich.console import Console

from churnlab.errors.secrets import shown_name
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, cell, heading
from churnlab.events.log_profile import LogProfile
from churnlab.language.printable import printable
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report import plots, terminal
from churnlab.report.document import Block, Bullets, Picture, Section, Text
from churnlab.report.page import Page

REASONS: Mapping[str, Words] = {
    "after_until": sentence("after the last day asked for"),
    "bad_amounts": sentence("an amount that cannot be used"),
    "bad_ids": sentence("no id of a person"),
    "bad_measures": sentence("a measure that cannot be used"),
    "bad_times": sentence("a time that cannot be right"),
    "before_since": sentence("before the first day asked for"),
    "duplicates": sentence("the same as another row"),
    "duplicates_dropped": sentence("the same event id as another row"),
    "ignored": sentence("ignored, as asked for"),
    "negative_amounts": sentence("an amount below zero outside purchases and refunds"),
    "thin_head": sentence("on first days with next to no events"),
    "thin_tail": sentence("on last days with next to no events"),
    "too_late": sentence("arrived too late"),
}
WEEKDAYS = (
    sentence("Mondays"),
    sentence("Tuesdays"),
    sentence("Wednesdays"),
    sentence("Thursdays"),
    sentence("Fridays"),
    sentence("Saturdays"),
    sentence("Sundays"),
)
_CLOSED = 0.9  # the share of a weekday's days without an event from which it is named
_WEEKS = 4
_WIDTH = 500  # of a picture, in pixels of a page: it is read on telephones, too
_MOST_NAMES = 30
_MOST_GAPS = 12
_BARS = "▁▂▃▄▅▆▇█"


def page(profile: LogProfile) -> Page:
    """The profile as a page.

    >>> from churnlab.demo.datasets import make_community
    >>> print(page(make_community(users=50, days=60).log().profile()).sections[1].title)
    Events and people by day
    """
    facts = profile.facts
    subtitle = sentence(
        "{source} · {first} to {last} · {zone}",
        source=shown_name(str(facts["source"])),
        first=str(facts["first_day"]),
        last=str(facts["last_day"]),
        zone=str(facts["timezone"]),
    )
    sections: tuple[Section, ...] = (
        Section(sentence("At a glance"), (_facts(profile),)),
        Section(sentence("Events and people by day"), _by_day(profile)),
        Section(sentence("Roles"), (_roles(profile),)),
        Section(sentence("Event names that no role takes"), _no_role(profile)),
        Section(sentence("Set aside or odd"), _aside(profile)),
    )
    if profile.with_money:
        sections = (*sections, Section(sentence("Money by month"), _months(profile)))
    return Page(sentence("A look at the log"), subtitle, "", sections)


def text(profile: LogProfile, width: int = 100) -> str:
    """The profile as text of at most `width` columns, its days as a line of bars.

    >>> from churnlab.demo.datasets import make_community
    >>> "events by day" in text(make_community(users=50, days=60).log().profile())
    True
    """
    shown = page(profile)
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, no_color=True)
    facts = {in_language(a): in_language(b) for a, b in _glance(profile)}
    console.print(terminal.lines({"people": facts.pop("people"), **facts}), markup=False)
    for name, column in (("events", "events"), ("people", "people")):
        bars = sparkline(profile.days[column].to_numpy(), width)
        console.print(f"\n{name} by day, {_span(profile)}\n{bars}", markup=False)
    for section in shown.sections[1:]:
        console.print(f"\n{in_language(section.title)}", markup=False)
        for block in section.blocks:
            _print_block(console, block)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def sparkline(values: np.ndarray, width: int) -> str:
    """Values as a line of at most `width` bars, days in a bar added up; a blank where all are 0.

    >>> sparkline(np.array([0, 1, 8, 4]), 10)
    ' ▁█▄'
    """
    parts = np.array_split(values.astype(np.float64), min(width, len(values)))
    means = np.array([part.mean() for part in parts])
    top = means.max() or 1.0
    steps = np.ceil(means / top * len(_BARS)).astype(int)
    return "".join(" " if step <= 0 else _BARS[step - 1] for step in steps)


def _print_block(console: Console, block: Block) -> None:
    """Print what text can show of a block; a picture is left out."""
    if isinstance(block, Table):
        frame = block.frame()
        rows = [[printable(value) for value in row] for row in frame.to_numpy().tolist()]
        console.print(terminal.table(tuple(frame.columns), rows))
    elif isinstance(block, Bullets):
        for line in block.lines:
            console.print(f"- {printable(in_language(line))}", markup=False)
    elif isinstance(block, Text):
        console.print(printable(in_language(block.text)), markup=False)


def _span(profile: LogProfile) -> str:
    first, last = profile.days["day"].iloc[[0, -1]].dt.strftime("%Y-%m-%d")
    return f"{first} to {last}"


def _glance(profile: LogProfile) -> Iterator[tuple[Words, Words]]:
    facts = profile.facts
    yield sentence("people"), cell(facts["people"])
    yield sentence("events"), cell(facts["events"])
    days = sentence("{first} to {last}", first=facts["first_day"], last=facts["last_day"])
    yield sentence("observed days"), days
    yield sentence("time zone"), str(facts["timezone"])
    one = sentence("{n:,} ({share:.0%})", n=profile.one_day, share=profile.one_day_share)
    yield sentence("people who acted on one day only"), one
    empty = int((profile.days["events"] == 0).sum())
    yield sentence("days without an event"), cell(empty)
    yield sentence("rows set aside or odd"), cell(int(profile.aside["rows"].sum()))


def _facts(profile: LogProfile) -> Table:
    return Table((sentence("fact"), heading("value")), tuple(_glance(profile)))


def _by_day(profile: LogProfile) -> tuple[Block, ...]:
    alt = sentence("Events by day, and people who acted")
    picture = Picture(partial(plots.by_day, profile.days), alt, _WIDTH)
    lines = tuple(_gap_lines(profile))
    return (picture, Bullets(lines)) if lines else (picture,)


def _gap_lines(profile: LogProfile) -> Iterator[Words]:
    """A line for each weekday that is as good as always empty, then for the longest other gaps."""
    days = profile.days.assign(
        weekday=profile.days["day"].dt.day_of_week, empty=profile.days["events"] == 0
    )
    found = days.groupby("weekday")["empty"].agg(["sum", "size"])
    closed = found[(found["sum"] >= _CLOSED * found["size"]) & (found["size"] >= _WEEKS)]
    for weekday, empty, every in closed.itertuples():
        yield sentence(
            "no event on {n} of {all} {days}", n=empty, all=every, days=WEEKDAYS[weekday]
        )
    others = [gap for gap in profile.gaps if _weekdays(gap) - {*closed.index}]
    longest = sorted(others, key=_length, reverse=True)[:_MOST_GAPS]
    for first, last in sorted(longest):
        if first == last:
            yield sentence("no event on {first}", first=first)
        else:
            yield sentence("no event from {first} to {last}", first=first, last=last)
    if len(others) > len(longest):
        yield sentence("and {n} more gaps", n=len(others) - len(longest))


def _weekdays(gap: tuple[str, str]) -> set[int]:
    return {*pd.date_range(*gap).day_of_week.tolist()}


def _length(gap: tuple[str, str]) -> int:
    return len(pd.date_range(*gap))


def _roles(profile: LogProfile) -> Table:
    words = {"names": sentence("event names"), "kind": sentence("kind"), "role": sentence("role")}
    return Table.of(profile.roles, headings={**words, "events": sentence("events")})


def _no_role(profile: LogProfile) -> tuple[Block, ...]:
    if profile.no_role.empty:
        return (Text(sentence("Every event name has a role.")),)
    shown = profile.no_role.head(_MOST_NAMES)
    words = {"event": sentence("event name"), "events": sentence("events")}
    left = len(profile.no_role) - len(shown)
    more = (Text(sentence("and {n:,} more names", n=left)),) if left else ()
    return (Table.of(shown, headings=words), *more)


def _aside(profile: LogProfile) -> tuple[Block, ...]:
    if profile.aside.empty:
        return (Text(sentence("Nothing was set aside.")),)
    rows = tuple(
        (REASONS.get(reason, reason.replace("_", " ")), cell(rows), ", ".join(examples) or UNKNOWN)
        for reason, rows, examples in profile.aside.itertuples(index=False)
    )
    head = (sentence("reason"), heading("rows"), sentence("examples"))
    return (Table(head, rows, frozenset({1})),)


def _months(profile: LogProfile) -> tuple[Block, ...]:
    alt = sentence("Money by month")
    picture = Picture(partial(plots.by_month, profile.months), alt, _WIDTH)
    words = {"month": sentence("month"), "events": sentence("events"), "money": sentence("money")}
    return (picture, Table.of(_rounded(profile.months), headings=words))


def _rounded(months: pd.DataFrame) -> pd.DataFrame:
    return months.assign(money=months["money"].round(2))
