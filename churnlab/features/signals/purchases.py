"""The person's own rhythm of buying, what orders are worth, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    LOOK_BACK,
    MICRO,
    LatestIn,
    Longest,
    Since,
    SinceFirst,
    Sum,
    above,
    given,
    greatest,
    least,
    log_ratio,
    rate,
)
from churnlab.features.signals.spend import money

_ONCE = "has not ordered on two days"


@dataclass(frozen=True, kw_only=True)
class PurchaseRhythm(FeatureBuilder):
    """A person lets more time pass since the last order than their own orders were apart.

    The active lifetime is the time from the first order to the last; orders are apart by it divided by the orders after the first. With few
    orders the days between are drawn to `prior` days with the weight of one order. Shares of recent spend are of all money so far. Returns
    are told where the log has the role `refund`, an order value where there is an order in the window.

    Not of the default set: beside the other signals it added nothing on the five tasks of experiments/signals
    (churn; lifetime value was not asked).
    """

    signal: ClassVar[str] = "purchase"
    default: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("money",)
    prior: float = 60.0
    recents: tuple[int, ...] = (91, 182)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Lifetime, days between orders, the silence against them, order values and returns."""
        yield from self._rhythm()
        yield from self._values()
        if "refund" in roles:
            yield from _refunds()

    def _rhythm(self) -> Iterator[Feature]:
        orders, lifetime = Sum("orders").all, SinceFirst("orders") - Since("orders")
        apart = (lifetime + self.prior) / orders
        yield Feature(
            "purchase__lifetime_days__all",
            lifetime,
            "days",
            "{value:.0f} days from the first order to the last",
            "no order so far",
        )
        yield Feature(
            "purchase__lifetime_share__all",
            lifetime / SinceFirst("orders"),
            "share",
            "ordered through {value:.0%} of the time since the first order",
            "no order so far",
        )
        yield Feature(
            "purchase__between_days__all",
            given(lifetime, lifetime / greatest(orders - 1, 1)),
            "days",
            "orders {value:.0f} days apart",
            _ONCE,
        )
        yield Feature(
            "purchase__silence_ratio__all",
            given(orders, Since("orders") / apart),
            "times the days between",
            "no order for {value:.1f} times the days between the own orders",
            "no order so far",
        )
        yield Feature(
            "purchase__days_share__all",
            orders / Sum("active").all,
            "orders an active day",
            "{value:.2f} orders an active day",
            "never active",
        )
        yield Feature(
            f"purchase__order_days__{LOOK_BACK}d",
            Sum("days_orders")[0, LOOK_BACK],
            "days",
            "ordered on {value:.0f} days in a year",
        )

    def _values(self) -> Iterator[Feature]:
        latest, mean = (
            LatestIn("money", LOOK_BACK) / MICRO,
            greatest(money(0, None), 0) / Sum("orders").all,
        )
        none = "nothing paid in a year"
        yield Feature(
            f"purchase__last_day_amount__{LOOK_BACK}d",
            latest,
            "money a day",
            "paid {value:,.2f} on the last day of buying",
            none,
        )
        yield Feature(
            f"purchase__last_day_change__{LOOK_BACK}d",
            log_ratio(latest, mean, 0.05),
            "log ratio",
            f"paid {{purchase__last_day_amount__{LOOK_BACK}d:,.2f}} on the last day of buying; against the mean order "
            "{value:+.1f} as a log ratio",
            none,
        )
        yield Feature(
            "purchase__largest_day_amount__all",
            given(Longest("money"), Longest("money") / MICRO),
            "money a day",
            "paid {value:,.2f} on the dearest day so far",
            "nothing paid so far",
        )
        for recent in self.recents:
            share = least(greatest(money(0, recent) / money(0, None), 0), 1)
            yield Feature(
                f"purchase__recent_share__{recent}d",
                given(money(0, None), share),
                "share",
                f"{{value:.0%}} of all money so far was spent in the last {recent} days",
                "nothing paid so far",
            )


def _refunds() -> Iterator[Feature]:
    refunds, orders = Sum("n_refund"), Sum("orders")
    yield Feature(
        "purchase__refund_rate__all",
        rate(refunds.all, orders.all, 0.05, 3),
        "returns an order",
        "{value:.2f} returns an order",
        "no order so far",
    )
    yield Feature(
        "purchase__refund_last__all",
        given(Since("n_refund"), above(Since("orders") - Since("n_refund"))),
        "yes or no",
        "a return came after the last order: {value:.0f}",
        "no return so far",
    )
