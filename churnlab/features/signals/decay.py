"""Counts in which the last days weigh most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Decayed, Expression, given, greatest, log_ratio
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import sentence, template


@dataclass(frozen=True)
class _Amount:
    """An amount that decays: its measure and column names, its unit, templates of its sentences.

    A trend adds `floor` to both of its sums; the measure is divided by `scale`.
    """

    measure: str
    name: str
    unit: str
    says: str
    trend: str
    none: str
    floor: float = 0.01
    scale: int = 1

    def decayed(self, half_life: int) -> Expression:
        """The decayed sum."""
        decayed = Decayed(self.measure, half_life)
        return decayed if self.scale == 1 else decayed / self.scale


_ACTIVE = _Amount(
    "active",
    "active_days",
    "days",
    template("{value:.1f} active days, a day counting half as much every {half_life} days"),
    template(
        "active days of about the last {short} days against the last {long}: "
        "{value:+.1f} as a log ratio"
    ),
    template("no active days in {days} days"),
)
_ACTS = _Amount(
    "acts",
    "acts",
    "acts",
    template("{value:.1f} acts, a day counting half as much every {half_life} days"),
    template(
        "acts of about the last {short} days against the last {long}: {value:+.1f} as a log ratio"
    ),
    template("no acts in {days} days"),
)
_ORDERS = _Amount(
    "orders",
    "orders",
    "orders",
    template("{value:.1f} orders, a day counting half as much every {half_life} days"),
    template(
        "orders of about the last {short} days against the last {long}: {value:+.1f} as a log ratio"
    ),
    template("no orders in {days} days"),
)
_MONEY = _Amount(
    "money",
    "amount",
    "money",
    template("{value:.1f} money spent, a day counting half as much every {half_life} days"),
    template(
        "money spent of about the last {short} days against the last {long}: "
        "{value:+.1f} as a log ratio"
    ),
    template("no money spent in {days} days"),
    floor=0.05,
    scale=MICRO,
)


@dataclass(frozen=True, kw_only=True)
class DecayedActivity(FeatureBuilder):
    """Active days, acts, orders and money, where a day counts half as much every so many days.

    There is no edge at which a day drops out. A sum is over `[t - 8 half-lives, t)`, at most 364
    days. A trend is the log ratio of a short half-life's sum to a long one's, each divided by its
    half-life: 0 for a person who goes on as always, missing for a person who was not active in the
    longer window.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals.
    """

    signal: ClassVar[str] = "decay"
    topics: ClassVar[Mapping[str, str]] = {
        "": "visits",
        "acts": "acts",
        "orders": "orders",
        "amount": "spending",
    }
    place: ClassVar[int] = 10
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"days", "acts", "orders", "money"})
    active: tuple[int, ...] = (3, 7, 14, 30, 90)
    acts: tuple[int, ...] = (7, 30, 90)
    spending: tuple[int, ...] = (30, 90)
    trends: tuple[tuple[int, int], ...] = ((3, 14), (7, 30), (30, 90))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Decayed sums and their trends."""
        yield from (_sum(_ACTIVE, half_life) for half_life in self.active)
        yield from (_sum(_ACTS, half_life) for half_life in self.acts)
        yield from (_trend(_ACTIVE, *pair) for pair in self.trends)
        yield _trend(_ACTS, *self.trends[-1])
        if "money" in roles:
            yield from (_sum(_ORDERS, half_life) for half_life in self.spending)
            yield from (_sum(_MONEY, half_life) for half_life in self.spending)
            yield _trend(_MONEY, *self.trends[-1])


def _sum(amount: _Amount, half_life: int) -> Feature:
    window = Decayed(amount.measure, half_life).window
    return Feature(
        f"decay__{amount.name}_half_life_{half_life}__{window}d",
        amount.decayed(half_life),
        amount.unit,
        sentence(amount.says, half_life=half_life),
    )


def _trend(amount: _Amount, short: int, long: int) -> Feature:
    now, before = (greatest(amount.decayed(h) / h, 0) for h in (short, long))
    window = Decayed(amount.measure, long).window
    return Feature(
        f"decay__{amount.name}_trend_{short}_{long}__{window}d",
        given(before, log_ratio(now, before, amount.floor)),
        "log ratio",
        sentence(amount.trend, short=short, long=long),
        sentence(amount.none, days=window),
    )
