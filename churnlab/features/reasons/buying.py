"""Reasons of a log in which people buy and give back, and do nothing else that has a role.

Each speaks of orders alone. A day on which something was given back, or an order without an amount,
is an active day and no day with an order: where a person has such days, what needs the gaps between
orders is not said. Acts without a role are visits, and are told as visits of those who have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from churnlab.features.expression import LOOK_BACK, Expression, Since, SinceFirst, Sum, total
from churnlab.features.reasons import presence
from churnlab.features.reasons.reason import Fact, Reason, both, counted, fact, fewer
from churnlab.features.reasons.spending import is_overdue, overdue
from churnlab.language.sentence import template
from churnlab.schema.roles import MONEY, OTHER, role_column

ORDER_AGO = fact("order_ago_days", Since("orders"))
_FIRST_ORDER = fact("order_first_days", SinceFirst("orders"))
_ACTIVE_DAYS = counted("visits", "active", 0, 2 * LOOK_BACK)
_ORDER_DAYS = counted("order_days", "days_orders", 0, 2 * LOOK_BACK)
_NO_ORDERS = fact("acts_beside_orders", Sum("acts").all - Sum("orders").all)
_WINDOWS = (28, 91, 182)


def buying(roles: frozenset[str]) -> Iterator[Reason]:
    """The reasons of the topics away, visits and gone, for a log in which people buy."""
    unnamed = fact("acts_without_role", _without_role(roles))
    yield from _by_gaps()
    yield from _hardly_ever()
    yield from _by_days()
    for reason in presence.presence():
        if reason.name == "gone":
            yield _gone(reason, unnamed)
        yield reason if reason.name == "gone_buyer" else _of_visitors(reason, unnamed)


def _without_role(roles: frozenset[str]) -> Expression:
    """How many acts of a person have no role."""
    named = sorted(roles - {OTHER, MONEY})
    return Sum("acts").all - total(Sum(role_column(role)).all for role in named)


def _gone(reason: Reason, unnamed: Fact) -> Reason:
    says = template("{gone:.0%} likely gone for good, judging by past orders (an estimate)")
    values = {**reason.values, "unnamed": unnamed}
    supports = both(reason.supports, lambda one: one.unnamed <= 0)
    return replace(reason, name="gone_orders", says=says, values=values, supports=supports)


def _of_visitors(reason: Reason, unnamed: Fact) -> Reason:
    """A reason about visits, of people who have acts without a role."""
    name, values = f"{reason.name}_beside_orders", {**reason.values, "unnamed": unnamed}
    supports = both(reason.supports, lambda one: one.unnamed > 0)
    return replace(reason, name=name, values=values, supports=supports)


def _by_gaps() -> Iterator[Reason]:
    """What the gaps between active days say, of people with an order on each of these days.

    The gaps are those of a year; of one that began earlier, its beginning counts too.
    """
    last, _ = presence.last_seen(template("Last order {away:day|days} ago"))
    made = (
        *presence.away(
            template("Usually buys again after {usual:day|days}, last order {away:day|days} ago"),
            template("Usually buys again the next day, last order {away:day|days} ago"),
        ),
        last,
        presence.rare(template("Usually {usual:day|days} between orders")),
    )
    for reason in made:
        values = {**reason.values, "visits": _ACTIVE_DAYS, "ordered": _ORDER_DAYS}
        supports = both(reason.supports, lambda one: one.visits == one.ordered)
        yield replace(reason, name=f"{reason.name}_order", values=values, supports=supports)


def _hardly_ever() -> Iterator[Reason]:
    """People who bought on one day, or on two or three and did nothing else."""
    once, seldom = presence.hardly_ever(
        template("Bought on one day only, {away:day|days} ago"),
        template("Bought on {visits:day|days} in all, last {away:day|days} ago"),
    )
    yield replace(
        once,
        name="once_order",
        values={**once.values, "away": ORDER_AGO, "first": _FIRST_ORDER},
        supports=lambda one: presence.is_known(one) & (one.first == one.away) & (one.away >= 7),
    )
    yield replace(
        seldom,
        name="seldom_order",
        values={**seldom.values, "rest": _NO_ORDERS},
        supports=both(seldom.supports, lambda one: one.rest == 0),
    )


def _by_days() -> Iterator[Reason]:
    """What is counted in orders, and so true of everybody."""
    late = overdue()
    yield replace(late, name="away_orders", topic="away", supports=is_overdue)
    yield from fewer(
        "order_days",
        "visits",
        "days_orders",
        _WINDOWS,
        template(
            "Bought on {now:day|days} in the last {days:span}, "
            "on {before:.0f} in the {days:span} before"
        ),
        template(
            "Bought nothing in the last {days:span}, bought on {before:day|days} in the "
            "{days:span} before"
        ),
        by_visit=False,
    )
    _, last = presence.last_seen(template("Last order {away:day|days} ago"))
    yield replace(last, name=f"{last.name}_order", values={**last.values, "away": ORDER_AGO})
    for reason in presence.few(
        template(
            "Bought on only {visits:day|days} in the last {days:span}, last {away:day|days} ago"
        ),
        template("Bought on only {visits:day|days} in the last {days:span}"),
    ):
        days = counted("order_days", "days_orders", 0, presence.QUARTER)
        values = {**reason.values, "visits": days, "away": ORDER_AGO}
        yield replace(reason, name=f"{reason.name}_order", values=values)
