"""Reasons about presence: away for longer than usual, fewer visits, hardly begun."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from churnlab.features.expression import LOOK_BACK, MedianIn, Sum
from churnlab.features.reasons.reason import (
    AWAY,
    LOG_BEFORE,
    SEEN,
    Estimate,
    Fact,
    Reason,
    counted,
    days_seen,
    fact,
    fewer,
)
from churnlab.language.sentence import template

USUAL = fact("usual_gap_days", MedianIn("gap", LOOK_BACK), 0, LOOK_BACK)
GAPS = counted("gaps", "gaps", 0, LOOK_BACK)
VISITS = fact("visits", Sum("active").all)
MONTH = 28
QUARTER = 91
SELDOM = 10  # days between visits
_LONG = 2  # a silence is long that lasts so many times the usual gap
_SHORTEST = 3  # days; a shorter silence is never long
_MOST = 0.7  # of the days before the silence
FEW_GAPS = 3  # fewer gaps make no habit


def presence() -> Iterator[Reason]:
    """The reasons of the topics away, visits and gone, for a log in which people visit."""
    yield from _visits()
    yield gone(
        "gone",
        "btyd__alive_days__all",
        template("{gone:.0%} likely gone for good, judging by past visits (an estimate)"),
    )
    yield gone(
        "gone_buyer",
        "btyd__alive_orders__all",
        template("{gone:.0%} likely gone for good, judging by past orders (an estimate)"),
    )


def away(long: str, from_daily: str) -> Iterator[Reason]:
    """Away for at least twice the usual gap, the median of the year's; a gap of a day by itself."""
    values = {"away": AWAY, "usual": USUAL, "gaps": GAPS}
    yield Reason(
        "away_next_day",
        "away",
        from_daily,
        values,
        lambda one: (one.usual.round() == 1) & is_long(one),
    )
    yield Reason(
        "away_long", "away", long, values, lambda one: (one.usual.round() > 1) & is_long(one)
    )


def is_long(one: Any) -> np.ndarray:
    """Away for at least twice the usual gap, which at least three gaps made."""
    late = one.away >= _LONG * one.usual.round()
    return (one.gaps >= FEW_GAPS) & (one.away >= _SHORTEST) & late


def _came_daily(one: Any) -> np.ndarray:
    """Visits on most days of the month up to the last visit, at least two weeks of it."""
    before = one.days - one.away + 1
    return (before >= MONTH / 2) & (one.visits > _MOST * before)


def _visits() -> Iterator[Reason]:
    yield Reason(
        "away_from_daily",
        "away",
        template("Has not visited for {away:day|days}, after visiting most days"),
        {
            "away": AWAY,
            "visits": counted("visits", "active", 0, MONTH),
            "days": days_seen(0, MONTH),
            "usual": USUAL,
            "gaps": GAPS,
        },
        lambda one: is_long(one) & _came_daily(one),
    )
    yield from away(
        template("Usually back after {usual:day|days}, away for {away:day|days}"),
        template("Usually back the next day, away for {away:day|days}"),
    )
    yield from fewer(
        "visits",
        "visits",
        "active",
        (14, 28, 91, 182),
        template(
            "Visited on {now:day|days} in the last {days:span}, "
            "on {before:.0f} in the {days:span} before"
        ),
        template(
            "No visit in the last {days:span}, visited on {before:day|days} in the "
            "{days:span} before"
        ),
        by_visit=False,
    )
    yield from hardly_ever(
        template("Visited on one day only, {away:day|days} ago"),
        template("Visited on {visits:day|days} in all, last {away:day|days} ago"),
    )
    yield from last_seen(template("Last visit {away:day|days} ago"))
    yield rare(template("Usually {usual:day|days} between visits"))
    yield from few(
        template(
            "Visited on only {visits:day|days} in the last {days:span}, last {away:day|days} ago"
        ),
        template("Visited on only {visits:day|days} in the last {days:span}"),
    )


def hardly_ever(once: str, seldom: str) -> Iterator[Reason]:
    """A person who came once, or two or three times, and not of late.

    The log has seen the time before: of a person who was there when it began, it does not know all.
    """
    values = {"away": AWAY, "visits": VISITS, "unseen": LOG_BEFORE}
    yield Reason(
        "once",
        "away",
        once,
        values,
        lambda one: is_known(one) & (one.visits == 1) & (one.away >= 7),
    )
    yield Reason(
        "seldom",
        "away",
        seldom,
        values,
        lambda one: (
            is_known(one) & (one.visits >= 2) & (one.visits <= FEW_GAPS) & (one.away >= MONTH / 2)
        ),
    )


def is_known(one: Any) -> np.ndarray:
    """Whether the log began at least four weeks before the person's first event."""
    return one.unseen >= MONTH


def last_seen(says: str) -> Iterator[Reason]:
    """Away for longer than usual, or for a month where too few gaps make no habit."""
    yield Reason(
        "last_seen",
        "away",
        says,
        {"away": AWAY, "usual": USUAL, "gaps": GAPS},
        lambda one: (
            (one.gaps >= FEW_GAPS) & (one.away >= MONTH / 2) & (one.away > one.usual.round())
        ),
    )
    yield Reason(
        "last_seen_without_habit",
        "away",
        says,
        {"away": AWAY, "gaps": GAPS},
        lambda one: (one.gaps < FEW_GAPS) & (one.away >= MONTH),
    )


def rare(says: str) -> Reason:
    """A person who usually comes every ten days or less often."""
    return Reason(
        "rare",
        "away",
        says,
        {"usual": USUAL, "gaps": GAPS},
        lambda one: (one.gaps >= FEW_GAPS) & (one.usual >= SELDOM),
    )


def few(long_ago: str, lately: str) -> Iterator[Reason]:
    """A person who comes less than every ten days, and when last, if that is a week ago."""
    values = {
        "visits": counted("visits", "active", 0, QUARTER),
        "days": days_seen(0, QUARTER),
        "away": AWAY,
    }
    yield Reason(
        "few_visits_and_away",
        "visits",
        long_ago,
        values,
        lambda one: (one.away >= 7) & _is_few(one),
    )
    yield Reason("few_visits", "visits", lately, values, lambda one: (one.away < 7) & _is_few(one))


def _is_few(one: Any) -> np.ndarray:
    return (one.days >= MONTH) & (one.visits >= 1) & (one.visits * SELDOM <= one.days)


def gone(name: str, column: str, says: str) -> Reason:
    """What is left of the chance of a model's column that the person is still there."""
    return Reason(name, name, says, {"gone": Estimate(column)}, lambda one: one.gone >= 0.5)


def beginning(roles: frozenset[str]) -> Iterator[Reason]:
    """The reasons of newcomers: few visits since the first, and no step of the setup done.

    Of a person with three visits or less, that alone is told (`presence`). Who was there when the
    log began is no newcomer.
    """
    started = Fact("fact__started_days__all", SEEN.value)
    yield Reason(
        "few_since_first",
        "newcomer",
        template("First seen {started:day|days} ago, visited on {visits:day|days} since"),
        {"started": started, "visits": VISITS, "unseen": LOG_BEFORE},
        lambda one: (
            is_known(one)
            & (one.started >= 7)
            & (one.started <= 2 * MONTH)
            & (one.visits > FEW_GAPS)
            & (one.visits <= one.started / 4)
        ),
    )
    if "onboarding" in roles:
        yield Reason(
            "no_setup",
            "setup",
            template("No step of the setup done, {started:day|days} after the first visit"),
            {
                "started": started,
                "steps": counted("setup_steps", "n_onboarding", 0, None),
                "unseen": LOG_BEFORE,
            },
            lambda one: (
                (one.unseen >= MONTH)
                & (one.steps == 0)
                & (one.started >= 3)
                & (one.started <= 2 * MONTH)
            ),
        )
