"""The person's own rhythm of buying, the worth of orders, and returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    LOOK_BACK,
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
    money,
    rate,
)
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Column, sentence

_NO_ORDER = sentence("no order so far")
_NOTHING_PAID = sentence("nothing paid so far")


@dataclass(frozen=True, kw_only=True)
class PurchaseRhythm(FeatureBuilder):
    """A person lets more time pass since the last order than passed between their own orders.

    The active lifetime is the time from the first order to the last. The days between orders are
    the lifetime divided by the orders after the first; for a person with few orders they are drawn
    to `prior` days with the weight of one order. Shares of recent spend are of all money so far.
    Returns are included where the log has the role `refund`.

    Not in the default set: on the five tasks of experiments/signals it added nothing beside the
    other signals (churn alone was tried, not lifetime value).
    """

    signal: ClassVar[str] = "purchase"
    topics: ClassVar[Mapping[str, str]] = {
        "": "orders",
        "last_day": "spending",
        "largest": "spending",
        "recent_share": "spending",
    }
    default: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("money",)
    place: ClassVar[int] = 13
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"days"})
    prior: float = 60.0
    recents: tuple[int, ...] = (91, 182)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Lifetime, days between orders, the silence against them, order values and returns."""
        yield from _lifetime()
        yield from self._rhythm()
        yield from _days_of_buying()
        for recent in self.recents:
            yield _recent_share(recent)
        if "refund" in roles:
            yield from _refunds()

    def _rhythm(self) -> Iterator[Feature]:
        orders = Sum("orders").all
        apart = (SinceFirst("orders") - Since("orders") + self.prior) / orders
        yield Feature(
            "purchase__silence_ratio__all",
            given(orders, Since("orders") / apart),
            "times the days between",
            sentence("no order for about {value:.1f} times the days between the own orders"),
            _NO_ORDER,
        )
        yield Feature(
            "purchase__days_share__all",
            orders / Sum("active").all,
            "orders an active day",
            sentence("{value:.2f} orders an active day"),
            sentence("never active"),
        )
        yield Feature(
            f"purchase__order_days__{LOOK_BACK}d",
            Sum("days_orders")[0, LOOK_BACK],
            "days",
            sentence("ordered on {value:.0f} days in a year"),
        )


def _lifetime() -> Iterator[Feature]:
    lifetime = SinceFirst("orders") - Since("orders")
    yield Feature(
        "purchase__lifetime_days__all",
        lifetime,
        "days",
        sentence("{value:.0f} days from the first order to the last"),
        _NO_ORDER,
    )
    yield Feature(
        "purchase__lifetime_share__all",
        lifetime / SinceFirst("orders"),
        "share",
        sentence("ordered through {value:.0%} of the time since the first order"),
        _NO_ORDER,
    )
    yield Feature(
        "purchase__between_days__all",
        given(lifetime, lifetime / greatest(Sum("orders").all - 1, 1)),
        "days",
        sentence("orders {value:.0f} days apart"),
        sentence("has not ordered on two days"),
    )


def _days_of_buying() -> Iterator[Feature]:
    """Amounts paid on the last day of buying and on the dearest."""
    latest = LatestIn("money", LOOK_BACK) / MICRO
    mean_order = greatest(money(0, None), 0) / Sum("orders").all
    nothing = sentence("nothing paid in a year")
    last_day = f"purchase__last_day_amount__{LOOK_BACK}d"
    yield Feature(
        last_day,
        latest,
        "money a day",
        sentence("paid {value:,.2f} on the last day of buying"),
        nothing,
    )
    yield Feature(
        f"purchase__last_day_change__{LOOK_BACK}d",
        log_ratio(latest, mean_order, 0.05),
        "log ratio",
        sentence(
            "paid {paid:,.2f} on the last day of buying; against the mean order "
            "{value:+.1f} as a log ratio",
            paid=Column(last_day),
        ),
        nothing,
    )
    yield Feature(
        "purchase__largest_day_amount__all",
        given(Longest("money"), Longest("money") / MICRO),
        "money a day",
        sentence("paid {value:,.2f} on the dearest day so far"),
        _NOTHING_PAID,
    )


def _recent_share(recent: int) -> Feature:
    share = least(greatest(money(0, recent) / money(0, None), 0), 1)
    return Feature(
        f"purchase__recent_share__{recent}d",
        given(money(0, None), share),
        "share",
        sentence("{value:.0%} of all money so far was spent in the last {days} days", days=recent),
        _NOTHING_PAID,
    )


def _refunds() -> Iterator[Feature]:
    refunds = Sum("n_refund").all
    yield Feature(
        "purchase__refund_rate__all",
        rate(refunds, Sum("orders").all, 0.05, 3),
        "returns an order",
        sentence("about {value:.2f} returns an order"),
        _NO_ORDER,
    )
    yield Feature(
        "purchase__refund_last__all",
        given(Since("n_refund"), above(Since("orders") - Since("n_refund"))),
        "yes or no",
        sentence("a return came after the last order: {value:.0f}"),
        sentence("no return so far"),
    )
