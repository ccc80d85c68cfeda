"""Spending thins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    MICRO,
    Expression,
    Since,
    SinceFirst,
    Sum,
    greatest,
    log_ratio,
    per_week,
)


@dataclass(frozen=True, kw_only=True)
class SpendDecline(FeatureBuilder):
    """A person buys less often and for less. Money is in the unit of the log; an order is an amount above zero."""

    signal: ClassVar[str] = "spend"
    needs: ClassVar[tuple[str, ...]] = ("money",)
    windows: tuple[int, ...] = (28, 91, 182, 364)
    changes: tuple[tuple[int, int], ...] = ((28, 91), (91, 182))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Orders, money and order value, their change, and the days since the last order."""
        for window in self.windows:
            yield from _totals(f"{window}d", f"in {window} days", window)
        yield from _totals("all", "so far", None)
        yield Feature(
            "spend__per_day__all",
            money(0, None) / SinceFirst("active"),
            "money a day",
            "spends {value:.2f} a day since the first active day",
            "never active",
        )
        yield Feature(
            "spend__orders_per_day__all",
            Sum("orders").all / SinceFirst("active"),
            "orders a day",
            "{value:.3f} orders a day since the first active day",
            "never active",
        )
        yield Feature(
            "spend__since_last_days__all",
            Since("orders"),
            "days",
            "last order {value:.0f} days ago",
            "no order so far",
        )
        yield Feature(
            "spend__since_first_days__all",
            SinceFirst("orders"),
            "days",
            "first order {value:.0f} days ago",
            "no order so far",
        )
        for recent, before in self.changes:
            yield from _changes(recent, before, recent in self.windows)


def money(new: int, old: int | None) -> Expression:
    """Money spent in `[t - old, t - new)`."""
    return Sum("money")[new, old] / MICRO


def _totals(label: str, words: str, window: int | None) -> Iterator[Feature]:
    orders = Sum("orders")[0, window]
    yield Feature(f"spend__orders_sum__{label}", orders, "orders", f"{{value:.0f}} orders {words}")
    yield Feature(
        f"spend__amount_sum__{label}", money(0, window), "money", f"spent {{value:,.2f}} {words}"
    )
    yield Feature(
        f"spend__order_value_mean__{label}",
        money(0, window) / orders,
        "money an order",
        f"orders of {{value:,.2f}} {words}",
        f"no order {words}",
    )


def _changes(recent: int, before: int, told: bool) -> Iterator[Feature]:
    label, nothing = (
        f"{recent}d_{before}d",
        f"too new for {recent} days against the {before} before",
    )
    now, then = per_week("orders", 0, recent), per_week("orders", recent, recent + before)
    yield Feature(
        f"spend__orders_before__{label}",
        then,
        "orders a week",
        f"{{value:.2f}} orders a week in the {before} days before the last {recent}",
        nothing,
    )
    yield Feature(
        f"spend__orders_now__{label}",
        now,
        "orders a week",
        f"{{value:.2f}} orders a week in {recent} days",
        nothing,
    )
    yield Feature(
        f"spend__orders_change__{label}",
        log_ratio(now, then, 0.05),
        "log ratio",
        f"orders a week went from {{spend__orders_before__{label}:.2f}} to {{spend__orders_now__{label}:.2f}} "
        f"over {recent} days against the {before} before",
        nothing,
    )
    value_now = money(0, recent) / Sum("orders")[0, recent]
    value_then = money(recent, recent + before) / Sum("orders")[recent, recent + before]
    yield Feature(
        f"spend__order_value_before__{label}",
        value_then,
        "money an order",
        f"orders of {{value:,.2f}} in the {before} days before the last {recent}",
        f"no order in the {before} days before",
    )
    name = f"spend__order_value_mean__{recent}d" if told else f"spend__order_value_now__{label}"
    if not told:
        yield Feature(
            name,
            value_now,
            "money an order",
            f"orders of {{value:,.2f}} in {recent} days",
            f"no order in {recent} days",
        )
    yield Feature(
        f"spend__order_value_change__{label}",
        log_ratio(greatest(value_now, 0), greatest(value_then, 0), 0.01),
        "log ratio",
        f"order value went from {{spend__order_value_before__{label}:,.2f}} to {{{name}:,.2f}}",
        f"no order in {recent} days or in the {before} before",
    )
