"""Reasons about spending: no order for longer than usual, fewer orders, less money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from churnlab.features.expression import Expression, Since, SinceFirst, Sum, total
from churnlab.features.reasons.reason import (
    AWAY,
    LOG_BEFORE,
    SEEN,
    SMALLER,
    Reason,
    counted,
    fact,
    fewer,
    shrank,
)
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import template

SIGN = "sign"  # the sign of the currency, which stands before an amount
_WINDOWS = (28, 91, 182)
_FEW_ORDERS = 4


def spending(roles: frozenset[str]) -> Iterator[Reason]:
    """The reasons of the topics orders and spending."""
    yield overdue()
    yield from fewer(
        "orders",
        "orders",
        "orders",
        _WINDOWS,
        template(
            "{now:order|orders} in the last {days:span}, {before:.0f} in the {days:span} before"
        ),
        template("No order in the last {days:span}, {before:.0f} in the {days:span} before"),
    )
    for days in _WINDOWS:
        yield from _less_money(days)
    yield _smaller_orders(91, roles)
    yield Reason(
        "one_order",
        "orders",
        template("One order so far, {since:day|days} ago"),
        {
            "since": fact("order_ago_days", Since("orders")),
            "orders": counted("orders", "orders", 0, None),
            "away": AWAY,
            "unseen": LOG_BEFORE,
        },
        lambda one: (
            (one.unseen >= 28) & (one.orders == 1) & (one.since >= 28) & (one.since > one.away)
        ),
    )


def overdue() -> Reason:
    """The last order was at least twice as long ago as orders usually are apart.

    There was a visit since: of a person who is away, the silence is told.
    """
    lifetime = SinceFirst("orders") - Since("orders")
    return Reason(
        "order_overdue",
        "orders",
        template("Last order {since:day|days} ago, usually orders every {every:day|# days}"),
        {
            "since": fact("order_ago_days", Since("orders")),
            "every": fact("order_every_days", lifetime / (Sum("orders").all - 1)),
            "orders": counted("orders", "orders", 0, None),
            "away": AWAY,
        },
        lambda one: is_overdue(one) & (one.since > one.away),
    )


def is_overdue(one: Any) -> np.ndarray:
    """At least four orders, and none for twice as long as they are apart."""
    every = one.every.round()
    return (one.orders >= _FEW_ORDERS) & (every >= 1) & (one.since >= 2 * every)


def _less_money(days: int) -> Iterator[Reason]:
    """Less was spent than in the stretch of days before, or nothing."""
    values = {
        "now": counted("spent", "money", 0, days, MICRO),
        "before": counted("spent", "money", days, 2 * days, MICRO),
        "orders": counted("orders", "orders", days, 2 * days),
        "orders_now": counted("orders", "orders", 0, days),
        "seen": SEEN,
        "days": days,
        "away": AWAY,
        SIGN: "",
    }
    yield Reason(
        f"spent_nothing_{days}d",
        "spending",
        template(
            "Spent nothing in the last {days:span}, {sign}{before:amount} in the {days:span} before"
        ),
        values,
        lambda one: (
            (one.seen >= 2 * one.days)
            & (one.now == 0)
            & (one.orders_now == 0)
            & (one.before > 0)
            & (one.orders >= 2)
            & (one.away <= one.days)
        ),
    )
    yield Reason(
        f"spent_less_{days}d",
        "spending",
        template(
            "Spent {sign}{now:amount} in the last {days:span}, "
            "{sign}{before:amount} in the {days:span} before"
        ),
        values,
        lambda one: (
            (one.seen >= 2 * one.days)
            & (one.now > 0)
            & (one.orders >= 2)
            & (one.now <= SMALLER * one.before)
        ),
    )


def _smaller_orders(days: int, roles: frozenset[str]) -> Reason:
    """The mean of orders fell, where nothing was given back that the money is less by."""

    def mean(new: int, old: int) -> Expression:
        """The mean amount of an order in a window."""
        return Sum("money")[new, old] / MICRO / Sum("orders")[new, old]

    return Reason(
        f"smaller_orders_{days}d",
        "spending",
        template("Orders of {sign}{now:amount} on average now, {sign}{before:amount} before"),
        {
            "now": fact("order_value", mean(0, days), 0, days),
            "before": fact("order_value", mean(days, 2 * days), days, 2 * days),
            "orders": counted("orders", "orders", 0, days),
            "orders_before": counted("orders", "orders", days, 2 * days),
            "back": fact("not_orders", total(_not_orders(roles, 2 * days)), 0, 2 * days),
            SIGN: "",
        },
        lambda one: (
            (one.back == 0)
            & (one.orders >= 2)
            & (one.orders_before >= 2)
            & (one.now > 0)
            & shrank(one.now, one.before)
        ),
    )


def _not_orders(roles: frozenset[str], days: int) -> Iterator[Expression]:
    """Events of the last days that may have taken money back, and zero."""
    if "purchase" in roles:
        yield Sum("n_purchase")[0, days] - Sum("orders")[0, days]
    if "refund" in roles:
        yield Sum("n_refund")[0, days]
