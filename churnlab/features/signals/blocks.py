"""Months side by side: windows that do not overlap, and the slope over weeks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    MICRO,
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


@dataclass(frozen=True, kw_only=True)
class Blocks(FeatureBuilder):
    """What a person did in one stretch of days after another, none of them counted twice.

    A block is `[t - old, t - new)`; its values are a week's, by the days of it since the person was first active, and missing with less than
    `least` of them. `halves` compares `[t - h, t)` with the h days before it.

    Of the default set, though on no task of experiments/signals did it add more than chance beside the other signals.
    """

    signal: ClassVar[str] = "block"
    edges: tuple[int, ...] = (28, 56, 91, 182, 364)
    halves: int = 182
    least: int = 7

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days, acts, orders and money a week of each block, and the last half year against the one before."""
        measures = {"active": ("active_days", "active days"), "acts": ("acts", "acts")}
        if "money" in roles:
            measures |= {"orders": ("orders", "orders"), "money": ("amount", "money")}
        for measure, (name, words) in measures.items():
            for new, old in zip(self.edges, self.edges[1:], strict=False):
                yield self._block(measure, name, words, new, old)
            if measure != "acts":
                yield self._halves(measure, name, words)

    def _block(self, measure: str, name: str, words: str, new: int, old: int) -> Feature:
        value = per_week(measure, new, old) / (MICRO if measure == "money" else 1)
        return Feature(
            f"block__{name}_before_{new}__{old}d",
            given(lived(new, old) - self.least + 1, value),
            f"{words} a week",
            f"{{value:.2f}} {words} a week from {old} to {new} days ago",
            f"not there yet {new} days ago",
        )

    def _halves(self, measure: str, name: str, words: str) -> Feature:
        days, unit = self.halves, MICRO if measure == "money" else 1
        now, then = (
            greatest(per_week(measure, *w) / unit, 0) for w in ((0, days), (days, 2 * days))
        )
        change = given(lived(days, 2 * days) - self.least + 1, log_ratio(now, then, 0.05))
        return Feature(
            f"block__{name}_change__{days}d_{days}d",
            change,
            "log ratio",
            f"{words} of the last {days} days against the {days} before: {{value:+.1f}} as a log ratio",
            f"not there yet {days} days ago",
        )


@dataclass(frozen=True, kw_only=True)
class WeeklyTrend(FeatureBuilder):
    """Whether weeks get fuller or emptier, and how many are active at all.

    A slope is that of the least squares line through the sums of the last weeks, divided by their mean level (and 0.1): the share of it
    gained a week. It is missing for a person who is not there for so many weeks, and 0 without any activity in them. A week is seven days
    back from t and is active with one active day; a person's first week counts as one.

    Of the default set, though on no task of experiments/signals did it add more than chance beside the other signals.
    """

    signal: ClassVar[str] = "weeks"
    slopes: tuple[int, ...] = (4, 13)
    shares: tuple[int, ...] = (13, 52)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Slopes of active days and acts, active weeks, and weeks active in a row."""
        for weeks in self.slopes:
            for measure, words in (("active", "active days"), ("acts", "acts")):
                blocks = [Sum(measure)[7 * k, 7 * k + 7] for k in range(weeks)]
                value = slope(blocks) / (mean(blocks) + 0.1)
                yield Feature(
                    f"weeks__{words.replace(' ', '_')}_slope__{7 * weeks}d",
                    given(SinceFirst("active") - 7 * weeks + 1, value),
                    "share a week",
                    f"{words} a week change by {{value:+.0%}} of their level a week over {weeks} weeks",
                    f"there for less than {weeks} weeks",
                )
        for weeks in self.shares:
            active = total(above(Sum("active")[7 * k, 7 * k + 7]) for k in range(weeks))
            yield Feature(
                f"weeks__active_share__{7 * weeks}d",
                active * 7 / (lived(0, 7 * weeks) + 6),
                "share",
                f"active in {{value:.0%}} of the last {weeks} weeks",
                "never active",
            )
        yield Feature(
            f"weeks__streak__{7 * self.slopes[-1]}d",
            _streak(self.slopes[-1]),
            "weeks",
            "active in each of the last {value:.0f} weeks",
        )


def _streak(weeks: int) -> Expression:
    """How many of the last weeks were active without a break: each counts where all since were."""
    running = above(Sum("active")[0, 7])
    out = [running]
    for k in range(1, weeks):
        running = running * above(Sum("active")[7 * k, 7 * k + 7])
        out.append(running)
    return total(out)
