"""Amounts shrink from one day of buying to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import SlopeIn, Sum, given
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import sentence


@dataclass(frozen=True, kw_only=True)
class AmountTrend(FeatureBuilder):
    """A person pays less on each day of buying than on the one before.

    In each of `windows`, the slope is that of the least squares line through the amounts of the
    days on which the person paid, from one such day to the next. It stands also as a share of the
    mean amount of a day with an order. Days on which more was given back than paid do not count
    for the line. Missing with fewer than two days with an order.

    Not in the default set: on the six tasks of experiments/signals it added nothing beside the
    other signals (churn alone was tried, not lifetime value).
    """

    signal: ClassVar[str] = "amounts"
    topics: ClassVar[Mapping[str, str]] = {"": "spending"}
    default: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("money",)
    place: ClassVar[int] = 21
    windows: tuple[int, ...] = (364, 1092)

    def within(self, most: int) -> Self:
        """The windows of at most so many days."""
        return replace(self, windows=tuple(w for w in self.windows if w <= most))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The slope of amounts over each window, in money and as a share of their mean."""
        for window in self.windows:
            slope, days = SlopeIn("money", window), Sum("days_orders")[0, window]
            few = sentence("fewer than two days with an order in {days} days", days=window)
            yield Feature(
                f"amounts__slope__{window}d",
                slope / MICRO,
                "money a day of buying",
                sentence(
                    "amounts of a day changed by {value:+,.2f} from one to the next in {days} days",
                    days=window,
                ),
                few,
            )
            mean = Sum("money")[0, window] / days
            yield Feature(
                f"amounts__slope_share__{window}d",
                given(mean, slope / mean),
                "share a day of buying",
                sentence(
                    "amounts of a day changed by {value:+.0%} of their mean from one to the next "
                    "in {days} days",
                    days=window,
                ),
                few,
            )
