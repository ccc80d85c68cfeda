"""Activity over more than one year, in windows between a year and all time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Self

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import LOOK_BACK, per_week
from churnlab.features.signals.cadence import doings
from churnlab.features.signals.spend import orders_and_money
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import sentence


@dataclass(frozen=True, kw_only=True)
class Years(FeatureBuilder):
    """What a person did in two and in three years, and in each of the years before the last.

    All time is no window: it grows with the log. `windows` are days back; the stretch between two
    of them gives active days, and money where there is any, per week of its days since the person
    was first active. Only for logs that are a year longer than the window.

    In the default set, although on the one task of experiments/signals that shows it, it added no
    more than chance beside the other signals.
    """

    signal: ClassVar[str] = "years"
    topics: ClassVar[Mapping[str, str]] = {
        "": "visits",
        "acts": "acts",
        "orders": "orders",
        "amount": "spending",
    }
    place: ClassVar[int] = 22
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"days", "acts", "orders", "money"})
    windows: tuple[int, ...] = (728, 1092)

    def within(self, most: int) -> Self:
        """The windows of at most so many days."""
        return replace(self, windows=tuple(w for w in self.windows if w <= most))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days, acts, orders and money of each window, and of the last year in it alone."""
        spending = "money" in roles
        for newer, window in pairwise((LOOK_BACK, *self.windows)):
            yield from doings(self.signal, window)
            yield from orders_and_money(self.signal, window) if spending else ()
            yield from _stretch(newer, window, spending)


def _stretch(new: int, old: int, spending: bool) -> Iterator[Feature]:
    nothing = sentence("not there yet {days} days ago", days=new)
    yield Feature(
        f"years__active_days_before_{new}__{old}d",
        per_week("active", new, old),
        "active days a week",
        sentence("{value:.2f} active days a week from {old} to {new} days ago", old=old, new=new),
        nothing,
    )
    if spending:
        yield Feature(
            f"years__amount_before_{new}__{old}d",
            per_week("money", new, old) / MICRO,
            "money a week",
            sentence("{value:.2f} money a week from {old} to {new} days ago", old=old, new=new),
            nothing,
        )
