"""Months side by side: windows that do not overlap, and the slope over weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    SinceFirst,
    Sum,
    above,
    given,
    greatest,
    lived,
    log_ratio,
    mean,
    per_week,
    slope,
    total,
)
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import sentence, template


@dataclass(frozen=True)
class _Weekly:
    """A measure by week: its column names and unit, and templates of its sentences.

    The measure is divided by `scale`.
    """

    measure: str
    name: str
    unit: str
    says: str
    change: str = ""
    scale: int = 1

    def in_block(self, new: int, old: int) -> Expression:
        """The measure a week over `[t - old, t - new)`."""
        return per_week(self.measure, new, old) / self.scale


_ACTIVE = _Weekly(
    "active",
    "active_days",
    "active days a week",
    template("{value:.2f} active days a week from {old} to {new} days ago"),
    template(
        "active days of the last {days} days against the {days} before: {value:+.1f} as a log ratio"
    ),
)
_ACTS = _Weekly(
    "acts", "acts", "acts a week", template("{value:.2f} acts a week from {old} to {new} days ago")
)
_ORDERS = _Weekly(
    "orders",
    "orders",
    "orders a week",
    template("{value:.2f} orders a week from {old} to {new} days ago"),
    template(
        "orders of the last {days} days against the {days} before: {value:+.1f} as a log ratio"
    ),
)
_MONEY = _Weekly(
    "money",
    "amount",
    "money a week",
    template("{value:.2f} money a week from {old} to {new} days ago"),
    template(
        "money of the last {days} days against the {days} before: {value:+.1f} as a log ratio"
    ),
    scale=MICRO,
)


@dataclass(frozen=True, kw_only=True)
class Blocks(FeatureBuilder):
    """Activity in one stretch of days after another; no day belongs to two of them.

    A block is `[t - old, t - new)`. Its values are per week of its days since the person was first
    active, and missing with fewer than `least` such days. `halves` compares `[t - h, t)` with the h
    days before it.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals.
    """

    signal: ClassVar[str] = "block"
    topics: ClassVar[Mapping[str, str]] = {
        "": "visits",
        "acts": "acts",
        "orders": "orders",
        "amount": "spending",
    }
    place: ClassVar[int] = 11
    edges: tuple[int, ...] = (28, 56, 91, 182, 364)
    halves: int = 182
    least: int = 7

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days, acts, orders and money a week of each block, and of the last half year."""
        spending = [_ORDERS, _MONEY] if "money" in roles else []
        for weekly in (_ACTIVE, _ACTS, *spending):
            for new, old in zip(self.edges, self.edges[1:], strict=False):
                yield self._block(weekly, new, old)
            if weekly.change:
                yield self._halves(weekly)

    def _block(self, weekly: _Weekly, new: int, old: int) -> Feature:
        return Feature(
            f"block__{weekly.name}_before_{new}__{old}d",
            given(lived(new, old) - self.least + 1, weekly.in_block(new, old)),
            weekly.unit,
            sentence(weekly.says, old=old, new=new),
            sentence("not there yet {days} days ago", days=new),
        )

    def _halves(self, weekly: _Weekly) -> Feature:
        days = self.halves
        now = greatest(weekly.in_block(0, days), 0)
        then = greatest(weekly.in_block(days, 2 * days), 0)
        return Feature(
            f"block__{weekly.name}_change__{days}d_{days}d",
            given(lived(days, 2 * days) - self.least + 1, log_ratio(now, then, 0.05)),
            "log ratio",
            sentence(weekly.change, days=days),
            sentence("not there yet {days} days ago", days=days),
        )


_SLOPES = {
    "active": (
        "active_days",
        template(
            "active days a week change by {value:+.0%} of their level a week over {weeks} weeks"
        ),
    ),
    "acts": (
        "acts",
        template("acts a week change by {value:+.0%} of their level a week over {weeks} weeks"),
    ),
}


@dataclass(frozen=True, kw_only=True)
class WeeklyTrend(FeatureBuilder):
    """Whether weeks get fuller or emptier, and how many weeks are active.

    A slope is that of the least squares line through the sums of the last weeks, divided by their
    mean level (and 0.1): the share of the level gained a week. It is missing for a person who came
    later than that, and 0 without any activity in these weeks. A week is seven days back from t and
    is active with one active day; a person's first week counts as one.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals.
    """

    signal: ClassVar[str] = "weeks"
    topics: ClassVar[Mapping[str, str]] = {"": "visits", "acts": "acts"}
    place: ClassVar[int] = 12
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"weeks"})
    slopes: tuple[int, ...] = (4, 13)
    shares: tuple[int, ...] = (13, 52)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Slopes of active days and acts, active weeks, and weeks active in a row."""
        for weeks in self.slopes:
            for measure in _SLOPES:
                yield _slope(measure, weeks)
        for weeks in self.shares:
            active = total(above(Sum("active")[7 * k, 7 * k + 7]) for k in range(weeks))
            yield Feature(
                f"weeks__active_share__{7 * weeks}d",
                active * 7 / (lived(0, 7 * weeks) + 6),
                "share",
                sentence(
                    "active in about {value:.0%} of the weeks there, of the last {weeks}",
                    weeks=weeks,
                ),
                sentence("never active"),
            )
        yield Feature(
            f"weeks__streak__{7 * self.slopes[-1]}d",
            _streak(self.slopes[-1]),
            "weeks",
            sentence("active in each of the last {value:.0f} weeks"),
        )


def _slope(measure: str, weeks: int) -> Feature:
    name, says = _SLOPES[measure]
    sums = [Sum(measure)[7 * k, 7 * k + 7] for k in range(weeks)]
    return Feature(
        f"weeks__{name}_slope__{7 * weeks}d",
        given(SinceFirst("active") - 7 * weeks + 1, slope(sums) / (mean(sums) + 0.1)),
        "share a week",
        sentence(says, weeks=weeks),
        sentence("there for less than {weeks} weeks", weeks=weeks),
    )


def _streak(weeks: int) -> Expression:
    """How many of the last weeks were active in a row, counted back from t."""
    running = above(Sum("active")[0, 7])
    out = [running]
    for k in range(1, weeks):
        running = running * above(Sum("active")[7 * k, 7 * k + 7])
        out.append(running)
    return total(out)
