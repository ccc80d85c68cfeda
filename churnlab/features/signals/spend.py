"""Spending thins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder, over
from churnlab.features.expression import (
    Since,
    SinceFirst,
    Sum,
    greatest,
    log_ratio,
    money,
    per_week,
)
from churnlab.language.sentence import Column, sentence, template

_NEVER_ACTIVE = sentence("never active")
_NO_ORDER = sentence("no order so far")


@dataclass(frozen=True, kw_only=True)
class SpendDecline(FeatureBuilder):
    """A person buys less often and for less.

    Money is in the unit of the log; an order is an amount above zero.
    """

    signal: ClassVar[str] = "spend"
    topics: ClassVar[Mapping[str, str]] = {"": "spending", "orders": "orders", "since": "orders"}
    needs: ClassVar[tuple[str, ...]] = ("money",)
    place: ClassVar[int] = 5
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"orders", "money"})
    windows: tuple[int, ...] = (28, 91, 182, 364)
    changes: tuple[tuple[int, int], ...] = ((28, 91), (91, 182))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Orders, money and order value, their change, and the days since the last order."""
        for window in (*self.windows, None):
            yield from orders_and_money(self.signal, window)
            yield from _order_value(window)
        yield from _since_the_first()
        for recent, before in self.changes:
            yield from _orders_change(recent, before)
            yield from _value_change(recent, before, recent in self.windows)


def orders_and_money(signal: str, window: int | None) -> Iterator[Feature]:
    """Orders and money of the last `window` days, None for all so far, as columns of a signal.

    >>> [feature.name for feature in orders_and_money("spend", None)]
    ['spend__orders_sum__all', 'spend__amount_sum__all']
    """
    label = _label(window)
    yield Feature(
        f"{signal}__orders_sum__{label}",
        Sum("orders")[0, window],
        "orders",
        over(
            window,
            template("{value:.0f} orders in {days} days"),
            template("{value:.0f} orders so far"),
        ),
    )
    yield Feature(
        f"{signal}__amount_sum__{label}",
        money(0, window),
        "money",
        over(
            window,
            template("spent {value:,.2f} in {days} days"),
            template("spent {value:,.2f} so far"),
        ),
    )


def _order_value(window: int | None) -> Iterator[Feature]:
    yield Feature(
        f"spend__order_value_mean__{_label(window)}",
        money(0, window) / Sum("orders")[0, window],
        "money an order",
        over(
            window,
            template("orders of {value:,.2f} in {days} days"),
            template("orders of {value:,.2f} so far"),
        ),
        over(window, template("no order in {days} days"), template("no order so far")),
    )


def _label(window: int | None) -> str:
    return "all" if window is None else f"{window}d"


def _since_the_first() -> Iterator[Feature]:
    yield Feature(
        "spend__per_day__all",
        money(0, None) / SinceFirst("active"),
        "money a day",
        sentence("spends {value:.2f} a day since the first active day"),
        _NEVER_ACTIVE,
    )
    yield Feature(
        "spend__orders_per_day__all",
        Sum("orders").all / SinceFirst("active"),
        "orders a day",
        sentence("{value:.3f} orders a day since the first active day"),
        _NEVER_ACTIVE,
    )
    yield Feature(
        "spend__since_last_days__all",
        Since("orders"),
        "days",
        sentence("last order {value:.0f} days ago"),
        _NO_ORDER,
    )
    yield Feature(
        "spend__since_first_days__all",
        SinceFirst("orders"),
        "days",
        sentence("first order {value:.0f} days ago"),
        _NO_ORDER,
    )


def _orders_change(recent: int, before: int) -> Iterator[Feature]:
    label = f"{recent}d_{before}d"
    nothing = sentence(
        "too new for {recent} days against the {before} before", recent=recent, before=before
    )
    value_now = per_week("orders", 0, recent)
    value_then = per_week("orders", recent, recent + before)
    then, now = f"spend__orders_before__{label}", f"spend__orders_now__{label}"
    yield Feature(
        then,
        value_then,
        "orders a week",
        sentence(
            "{value:.2f} orders a week in the {before} days before the last {recent}",
            before=before,
            recent=recent,
        ),
        nothing,
    )
    yield Feature(
        now,
        value_now,
        "orders a week",
        sentence("{value:.2f} orders a week in {days} days", days=recent),
        nothing,
    )
    yield Feature(
        f"spend__orders_change__{label}",
        log_ratio(value_now, value_then, 0.05),
        "log ratio",
        sentence(
            "orders a week went from {then:.2f} to {now:.2f} "
            "over {recent} days against the {before} before",
            then=Column(then),
            now=Column(now),
            recent=recent,
            before=before,
        ),
        nothing,
    )


def _value_change(recent: int, before: int, told: bool) -> Iterator[Feature]:
    """The order value before, the value now unless a window tells it already, and its change."""
    label = f"{recent}d_{before}d"
    value_now = money(0, recent) / Sum("orders")[0, recent]
    value_then = money(recent, recent + before) / Sum("orders")[recent, recent + before]
    then = f"spend__order_value_before__{label}"
    now = f"spend__order_value_mean__{recent}d" if told else f"spend__order_value_now__{label}"
    yield Feature(
        then,
        value_then,
        "money an order",
        sentence(
            "orders of {value:,.2f} in the {before} days before the last {recent}",
            before=before,
            recent=recent,
        ),
        sentence("no order in the {before} days before", before=before),
    )
    if not told:
        yield Feature(
            now,
            value_now,
            "money an order",
            sentence("orders of {value:,.2f} in {days} days", days=recent),
            sentence("no order in {days} days", days=recent),
        )
    yield Feature(
        f"spend__order_value_change__{label}",
        log_ratio(greatest(value_now, 0), greatest(value_then, 0), 0.01),
        "log ratio",
        sentence(
            "order value went from {then:,.2f} to {now:,.2f}", then=Column(then), now=Column(now)
        ),
        sentence(
            "no order in {recent} days or in the {before} before", recent=recent, before=before
        ),
    )
