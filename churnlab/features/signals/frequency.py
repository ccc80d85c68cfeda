"""Log-ins become rarer than the person's own long-run rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    LOOK_BACK,
    Expression,
    LongestIn,
    Recent,
    Sum,
    deviation,
    given,
    lived,
    log_ratio,
    rate,
    root,
)
from churnlab.features.signals.cadence import mean_gap

_FEW = "active on too few days to know a habit"


@dataclass(frozen=True, kw_only=True)
class LoginFrequencyDecline(FeatureBuilder):
    """A person is active on fewer days than their own long-run rate leads one to expect.

    The rate is that of `[t - 364, t - recent)`, drawn to `prior` active days a day with the weight of `strength` days, and missing for a
    person who came later. The score is the difference in deviations of a Poisson count, sqrt(expected + 1). `windows` are those in which
    the gaps between active days are told beside the gaps of all time.
    """

    signal: ClassVar[str] = "frequency"
    recents: tuple[int, ...] = (14, 28, 91)
    windows: tuple[int, ...] = (91, 182)
    prior: float = 0.1
    strength: float = 14.0

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Active days against those expected, and recent gaps against all."""
        for recent in self.recents:
            yield from self._expected(recent)
        for window in self.windows:
            yield from _gaps(window)
        last = (Recent("gap", 0) + Recent("gap", 1) + Recent("gap", 2)) / 3
        yield Feature(
            "frequency__last_gaps_change__all",
            log_ratio(given(Recent("gap", 2), last), mean_gap(), 0.5),
            "log ratio",
            "the last three gaps against the mean of all: {value:+.1f} as a log ratio",
            _FEW,
        )

    def _expected(self, recent: int) -> Iterator[Feature]:
        before = rate(
            Sum("active")[recent, LOOK_BACK], lived(recent, LOOK_BACK), self.prior, self.strength
        )
        expected, new = before * recent, f"too new to expect anything of {recent} days"
        yield Feature(
            f"frequency__expected_days__{recent}d",
            expected,
            "days",
            f"{{value:.1f}} active days expected in {recent} days",
            new,
        )
        yield Feature(
            f"frequency__surprise__{recent}d",
            (Sum("active")[0, recent] - expected) / root(expected + 1),
            "deviations",
            f"{{value:+.1f}} deviations from the {{frequency__expected_days__{recent}d:.1f}} active days expected in {recent} days",
            new,
        )


def _gaps(window: int) -> Iterator[Feature]:
    few, longest = f"active on too few of {window} days to know gaps", LongestIn("gap", window)
    total, squares, count = (Sum(m)[0, window] for m in ("gap", "gap_sq", "gaps"))
    yield Feature(
        f"frequency__gap_mean_days__{window}d",
        total / count,
        "days",
        f"active every {{value:.1f}} days in {window} days",
        few,
    )
    yield Feature(
        f"frequency__gap_std_days__{window}d",
        deviation(total, squares, count),
        "days",
        f"gaps between active days varied by {{value:.1f}} days in {window} days",
        few,
    )
    yield Feature(
        f"frequency__gap_longest_days__{window}d",
        given(longest, longest),
        "days",
        f"longest gap in {window} days {{value:.0f}} days",
        few,
    )
    yield Feature(
        f"frequency__gap_change__{window}d",
        _change(total / count),
        "log ratio",
        f"active every {{frequency__gap_mean_days__{window}d:.1f}} days in {window} days; against the mean of all time "
        "{value:+.1f} as a log ratio",
        few,
    )


def _change(recent: Expression) -> Expression:
    return log_ratio(recent, mean_gap(), 0.5)
