"""The gap between log-ins outgrows the person's own habit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    Longest,
    Recent,
    Since,
    SinceFirst,
    Sum,
    deviation,
    given,
    greatest,
    lived,
    log_ratio,
)


@dataclass(frozen=True, kw_only=True)
class LoginIntervals(FeatureBuilder):
    """A person is away for longer than the gaps between their active days used to be.

    A gap is the number of days between two active days. Counts over `windows` stand beside shares of the days since the
    person was first active, so that a short log and a long one compare.
    """

    signal: ClassVar[str] = "cadence"
    windows: tuple[int, ...] = (7, 14, 28, 56, 91, 182, 364)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91), (91, 182))
    last: int = 3

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days, gaps, and the present silence against them."""
        yield from self._counts()
        yield from _gaps()
        yield from self._last_gaps()
        yield from _silence()
        for recent, before in self.changes:
            yield from _changes(recent, before)

    def _counts(self) -> Iterator[Feature]:
        for window in self.windows:
            yield Feature(
                f"cadence__active_days__{window}d",
                Sum("active")[0, window],
                "days",
                f"active on {{value:.0f}} of {window} days",
            )
            yield Feature(
                f"cadence__acts_sum__{window}d",
                Sum("acts")[0, window],
                "acts",
                f"{{value:.0f}} acts in {window} days",
            )
        yield Feature(
            "cadence__active_days__all",
            Sum("active").all,
            "days",
            "active on {value:.0f} days so far",
        )
        yield Feature(
            "cadence__active_share__all",
            Sum("active").all / SinceFirst("active"),
            "share",
            "active on {value:.0%} of days since the first",
            "never active",
        )
        yield Feature(
            "cadence__acts_per_active_day__all",
            Sum("acts").all / Sum("active").all,
            "acts",
            "{value:.1f} acts an active day",
            "never active",
        )

    def _last_gaps(self) -> Iterator[Feature]:
        for k in range(self.last):
            place = ("last", "one before", "one before that")[k] if k < 3 else f"{k + 1}th last"
            yield Feature(
                f"cadence__gap_last{k + 1}_days__all",
                given(Recent("gap", k), Recent("gap", k)),
                "days",
                f"the {place} gap between active days was {{value:.0f}} days",
                "active on too few days to know a habit",
            )


def mean_gap() -> Expression:
    """The mean of a person's gaps, days; missing below two active days."""
    return Sum("gap").all / Sum("gaps").all


def _gaps() -> Iterator[Feature]:
    few = "active on too few days to know a habit"
    yield Feature(
        "cadence__gap_mean_days__all",
        mean_gap(),
        "days",
        "active every {value:.1f} days on average",
        few,
    )
    yield Feature(
        "cadence__gap_std_days__all",
        deviation(Sum("gap").all, Sum("gap_sq").all, Sum("gaps").all),
        "days",
        "gaps between active days vary by {value:.1f} days",
        few,
    )
    longest = given(Longest("gap"), Longest("gap"))
    yield Feature(
        "cadence__gap_longest_days__all",
        longest,
        "days",
        "longest gap so far {value:.0f} days",
        few,
    )


def _silence() -> Iterator[Feature]:
    away, few = Since("active"), "active on too few days to know a habit"
    says = "{cadence__since_last_days__all:.0f} days since the last active day, usually back after {cadence__gap_mean_days__all:.1f}"
    yield Feature(
        "cadence__since_last_days__all",
        away,
        "days",
        "last active {value:.0f} days ago",
        "never active",
    )
    yield Feature("cadence__silence_ratio__all", away / mean_gap(), "own mean gaps", says, few)
    spread = greatest(deviation(Sum("gap").all, Sum("gap_sq").all, Sum("gaps").all), 1)
    yield Feature(
        "cadence__silence_score__all", (away - mean_gap()) / spread, "own deviations", says, few
    )
    yield Feature(
        "cadence__silence_of_longest__all",
        away / given(Longest("gap"), Longest("gap")),
        "own longest gap",
        "away {cadence__since_last_days__all:.0f} days, the longest gap so far was {cadence__gap_longest_days__all:.0f}",
        few,
    )
    yield Feature(
        "cadence__silence_share__all",
        away / SinceFirst("active"),
        "share of days since the first",
        "silent for the last {value:.0%} of the time since the first active day",
        "never active",
    )


def _changes(recent: int, before: int) -> Iterator[Feature]:
    label, nothing = (
        f"{recent}d_{before}d",
        f"too new for {recent} days against the {before} before",
    )
    now, then = _share(0, recent), _share(recent, recent + before)
    yield Feature(
        f"cadence__active_share_before__{label}",
        then,
        "share",
        f"active on {{value:.0%}} of the {before} days before the last {recent}",
        nothing,
    )
    yield Feature(
        f"cadence__active_share_now__{label}",
        now,
        "share",
        f"active on {{value:.0%}} of the last {recent} days",
        nothing,
    )
    yield Feature(
        f"cadence__active_share_change__{label}",
        log_ratio(now, then, 0.02),
        "log ratio",
        f"active on {{cadence__active_share_before__{label}:.0%}} of the {before} days before, on "
        f"{{cadence__active_share_now__{label}:.0%}} of the last {recent}",
        nothing,
    )


def _share(new: int, old: int) -> Expression:
    """The share of active days in `[t - old, t - new)` among those since the person's first."""
    return Sum("active")[new, old] / lived(new, old)
