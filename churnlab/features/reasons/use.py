"""Reasons about use: shorter sessions and paths, unopened pushes, fewer acts of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from churnlab.features.expression import Expression, Since, Sum, above, total
from churnlab.features.reasons.reason import (
    AWAY,
    SEEN,
    SMALLER,
    Reason,
    counted,
    days_seen,
    fact,
    fewer,
    shrank,
)
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import template
from churnlab.schema.names import as_column
from churnlab.schema.roles import role_column

_CHANGES = ((14, 56), (28, 91))  # days now, and days before them
_WINDOWS = (14, 28, 91)
_MINUTE = 60 * MICRO
_HALF = 0.5  # minutes; less is shown as less than one
_LEAST_DAYS = 14  # of the days before that the person was there
_STOPPED = 3  # an act has stopped that is away for so many times its usual interval


def sessions() -> Iterator[Reason]:
    """The reasons of the topics minutes, steps, sessions, acts and functions."""
    for recent, before in _CHANGES:
        yield from _minutes(recent, before)
        yield _mean(
            "steps",
            "steps",
            "steps",
            "sessions",
            template("Takes {now:step|steps} a session now, {before:.0f} before"),
            recent,
            before,
        )
        yield _mean(
            "functions",
            "functions",
            "names",
            "active",
            template("Uses {now:function|functions} on an active day now, {before:.0f} before"),
            recent,
            before,
        )
        yield _mean(
            "acts",
            "acts",
            "acts",
            "active",
            template("Does {now:thing|things} on an active day now, {before:.0f} before"),
            recent,
            before,
        )
    yield from fewer(
        "sessions",
        "sessions",
        "sessions",
        _WINDOWS,
        template(
            "{now:session|sessions} in the last {days:span}, "
            "{before:,.0f} in the {days:span} before"
        ),
        template("No session in the last {days:span}, {before:,.0f} in the {days:span} before"),
    )


def _minutes(recent: int, before: int) -> Iterator[Reason]:
    whole = template("Sessions last {now:minute|minutes} now, {before:.0f} before")
    part = template("Sessions last less than a minute now, {before:minute|minutes} before")
    made = _mean("minutes", "minutes", "session_micros", "sessions", whole, recent, before, _MINUTE)
    for name, says, supports in (
        (f"fewer_minutes_{recent}d", whole, _whole_minutes),
        (f"fewer_seconds_{recent}d", part, _part_of_a_minute),
    ):
        yield replace(made, name=name, says=says, supports=supports)


def _whole_minutes(one: Any) -> np.ndarray:
    return (one.now > _HALF) & _smaller(one)


def _part_of_a_minute(one: Any) -> np.ndarray:
    return (one.now <= _HALF) & _smaller(one)


def _mean(
    name: str,
    topic: str,
    measure: str,
    by: str,
    says: str,
    recent: int,
    before: int,
    scale: int = 1,
) -> Reason:
    """A mean by session or by active day that shrank."""

    def mean(new: int, old: int) -> Expression:
        """The mean of the measure in a window."""
        return Sum(measure)[new, old] / (Sum(by)[new, old] * scale)

    what = f"{topic}_a_{'day' if by == 'active' else 'session'}"
    return Reason(
        f"fewer_{name}_{recent}d",
        topic,
        says,
        {
            "now": fact(what, mean(0, recent), 0, recent),
            "before": fact(what, mean(recent, recent + before), recent, recent + before),
            "times": counted(by.replace("active", "visits"), by, 0, recent),
            "times_before": counted(by.replace("active", "visits"), by, recent, recent + before),
        },
        _smaller,
    )


def _smaller(one: Any) -> np.ndarray:
    return (one.times >= 2) & (one.times_before >= 4) & shrank(one.now, one.before)


def pushes() -> Iterator[Reason]:
    """The reasons of the topic pushes."""
    for recent, before in _CHANGES:
        yield from _opened_less(recent, before)
    for recent, _ in _CHANGES:
        yield Reason(
            f"opened_none_{recent}d",
            "pushes",
            template("Opened none of {sent:push|pushes} in the last {days:span}"),
            {
                "sent": counted("pushes_sent", "n_push_sent", 0, recent),
                "opened": counted("pushes_opened", "n_push_opened", 0, recent),
                "days": days_seen(0, recent),
                "away": AWAY,
            },
            lambda one: (one.sent >= 5) & (one.opened == 0) & (one.away <= one.days),
        )
    yield Reason(
        "opened_long_ago",
        "pushes",
        template("Last opened a push {since:day|days} ago, {sent:push|pushes} sent in {days:span}"),
        {
            "since": fact("push_opened_ago_days", Since("n_push_opened")),
            "sent": counted("pushes_sent", "n_push_sent", 0, 14),
            "days": days_seen(0, 14),
            "away": AWAY,
        },
        lambda one: (one.since >= 14) & (one.sent >= 3) & (one.away <= one.days),
    )


def _opened_less(recent: int, before: int) -> Iterator[Reason]:
    until = recent + before
    values = {
        "sent": counted("pushes_sent", "n_push_sent", 0, recent),
        "opened": counted("pushes_opened", "n_push_opened", 0, recent),
        "sent_before": counted("pushes_sent", "n_push_sent", recent, until),
        "opened_before": counted("pushes_opened", "n_push_opened", recent, until),
        "days": recent,
        "days_before": days_seen(recent, until),
        "away": AWAY,
    }
    none = template(
        "Opened none of {sent:push|pushes} in the last {days:span}, "
        "{opened_before:.0f} of {sent_before:,.0f} in the {days_before:span} before"
    )
    some = template(
        "Opened {opened:.0f} of {sent:push|pushes} in the last {days:span}, "
        "{opened_before:.0f} of {sent_before:,.0f} in the {days_before:span} before"
    )
    yield Reason(
        f"none_opened_{recent}d",
        "pushes",
        none,
        values,
        lambda one: (one.opened == 0) & _smaller_share(one),
    )
    yield Reason(
        f"opened_less_{recent}d",
        "pushes",
        some,
        values,
        lambda one: (one.opened > 0) & _smaller_share(one),
    )


def _smaller_share(one: Any) -> np.ndarray:
    """A smaller share is opened than before; of at least three pushes, while visits go on."""
    whole = (one.opened <= one.sent) & (one.opened_before <= one.sent_before)
    enough = (one.sent >= 3) & (one.sent_before >= 3) & (one.days_before >= _LEAST_DAYS)
    smaller = one.opened * one.sent_before <= SMALLER * one.opened_before * one.sent
    return whole & enough & smaller & (one.opened_before > 0) & (one.away <= one.days)


def social(roles: frozenset[str]) -> Iterator[Reason]:
    """The reasons of the topics social and received."""
    yield _stopped(
        "social",
        "social",
        "n_social",
        template(
            "No interaction with others for {since:day|days}, used to be every {every:day|# days}"
        ),
    )
    yield from fewer(
        "social",
        "social",
        "n_social",
        _WINDOWS,
        template(
            "{now:interaction|interactions} with others in the last {days:span}, "
            "{before:,.0f} in the {days:span} before"
        ),
        template(
            "No interaction with others in the last {days:span}, {before:,.0f} in the "
            "{days:span} before"
        ),
    )
    if "social_received" in roles:
        yield _stopped(
            "received",
            "received",
            "n_social_received",
            template(
                "No reaction from others for {since:day|days}, used to be every {every:day|# days}"
            ),
            3,
        )
        yield from fewer(
            "received",
            "received",
            "n_social_received",
            _WINDOWS,
            template(
                "Received {now:reaction|reactions} in the last {days:span}, "
                "{before:,.0f} in the {days:span} before"
            ),
            template(
                "Received no reaction in the last {days:span}, {before:,.0f} in the "
                "{days:span} before"
            ),
        )


def content() -> Iterator[Reason]:
    """The reasons of the topic content, for a log with this role."""
    yield _stopped(
        "content",
        "content",
        "n_content",
        template("Viewed nothing for {since:day|days}, used to every {every:day|# days}"),
    )
    yield from fewer(
        "content",
        "content",
        "n_content",
        _WINDOWS,
        template(
            "Viewed {now:thing|things} in the last {days:span}, "
            "{before:,.0f} in the {days:span} before"
        ),
        template(
            "Viewed nothing in the last {days:span}, {before:thing|things} in the "
            "{days:span} before"
        ),
    )


def kind(role: str) -> Iterator[Reason]:
    """The reasons about one role of the log, such as a quiz; its name is said as it was given."""
    column = as_column(role)
    some = template(
        "{role}: {now:time|times} in the last {days:span}, {before:,.0f} in the {days:span} before"
    )
    none = template(
        "{role}: not once in the last {days:span}, {before:time|times} in the {days:span} before"
    )
    stopped = _stopped(
        f"role_{column}",
        f"role:{column}",
        role_column(role),
        template("{role}: not for {since:day|days}, used to be every {every:day|# days}"),
    )
    name, topic = f"role_{column}", f"role:{column}"
    made = fewer(name, topic, role_column(role), _WINDOWS, some, none)
    for reason in (stopped, *made):
        yield replace(reason, values={**reason.values, "role": role.replace("_", " ")})


def kinds(roles: Iterable[str]) -> Iterator[Reason]:
    """The reasons of the topic kinds: fewer kinds of event than before."""
    recent, _ = _CHANGES[-1]

    def used(new: int, old: int) -> Expression:
        """The number of roles that were used in a window."""
        return total(above(Sum(role_column(role))[new, old]) for role in roles)

    yield Reason(
        "fewer_kinds",
        "kinds",
        template(
            "Used {now:kind|kinds} of function in the last {days:span}, "
            "{before:.0f} in the {days:span} before"
        ),
        {
            "now": fact("kinds_used", used(0, recent), 0, recent),
            "before": fact("kinds_used", used(recent, 2 * recent), recent, 2 * recent),
            "seen": SEEN,
            "days": recent,
        },
        lambda one: (one.seen >= 2 * one.days) & (one.now >= 1) & (one.now <= one.before - 2),
    )


def _stopped(name: str, topic: str, measure: str, says: str, least: int = 7) -> Reason:
    """An act that was usual and has not been done for `least` days or more.

    The usual interval is the days before the last 14, 56 at most, divided by those with the act.
    There was a visit since: of a person who is away, the silence is told.
    """
    recent, until = _CHANGES[0][0], sum(_CHANGES[0])
    span = days_seen(recent, until)
    times = Sum(f"days_{measure}")[recent, until]
    return Reason(
        f"stopped_{name}",
        topic,
        says,
        {
            "since": fact(f"{name}_ago_days", Since(measure)),
            "every": fact(f"{name}_every_days", span.value / times, recent, until),
            "times": fact(f"{name}_days", times, recent, until),
            "away": AWAY,
        },
        lambda one: (
            (one.times >= 4)
            & (one.since > one.away)
            & (one.every.round() >= 1)
            & (one.since >= least)
            & (one.since >= _STOPPED * one.every.round())
        ),
    )
