"""Log-ins become rarer than the person's own long-run rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    positive,
    rate,
    root,
)
from churnlab.features.signals.cadence import mean_gap
from churnlab.language.sentence import Column, sentence


@dataclass(frozen=True, kw_only=True)
class LoginFrequencyDecline(FeatureBuilder):
    """A person is active on fewer days than their own long-run rate leads one to expect.

    The rate is that of `[t - 364, t - recent)`, drawn to `prior` active days a day with the weight
    of `strength` days, and missing for a person who came later. The score is the difference in
    deviations of a Poisson count, sqrt(expected + 1). In each of `windows`, the gaps between active
    days are compared with the gaps of all time.
    """

    signal: ClassVar[str] = "frequency"
    topics: ClassVar[Mapping[str, str]] = {"": "visits", "gap": "away", "last_gaps": "away"}
    place: ClassVar[int] = 8
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
            _change(given(Recent("gap", 2), last)),
            "log ratio",
            sentence("the last three gaps against the mean of all: {value:+.1f} as a log ratio"),
            sentence("active on too few days to know a habit"),
        )

    def _expected(self, recent: int) -> Iterator[Feature]:
        before = rate(
            Sum("active")[recent, LOOK_BACK], lived(recent, LOOK_BACK), self.prior, self.strength
        )
        expected = before * recent
        name = f"frequency__expected_days__{recent}d"
        too_new = sentence("too new to expect anything of {days} days", days=recent)
        yield Feature(
            name,
            expected,
            "days",
            sentence("{value:.1f} active days expected in {days} days", days=recent),
            too_new,
        )
        yield Feature(
            f"frequency__surprise__{recent}d",
            (Sum("active")[0, recent] - expected) / root(expected + 1),
            "deviations",
            sentence(
                "{value:+.1f} deviations from the {expected:.1f} active days "
                "expected in {days} days",
                expected=Column(name),
                days=recent,
            ),
            too_new,
        )


def _gaps(window: int) -> Iterator[Feature]:
    few = sentence("active on too few of {days} days to know gaps", days=window)
    total = Sum("gap")[0, window]
    squares = Sum("gap_sq")[0, window]
    count = Sum("gaps")[0, window]
    mean = f"frequency__gap_mean_days__{window}d"
    yield Feature(
        mean,
        total / count,
        "days",
        sentence(
            "gaps that ended in the last {days} days were {value:.1f} days on average", days=window
        ),
        few,
    )
    yield Feature(
        f"frequency__gap_std_days__{window}d",
        deviation(total, squares, count),
        "days",
        sentence("gaps that ended in the last {days} days varied by {value:.1f} days", days=window),
        few,
    )
    yield Feature(
        f"frequency__gap_longest_days__{window}d",
        positive(LongestIn("gap", window)),
        "days",
        sentence(
            "the longest gap that ended in the last {days} days was {value:.0f} days", days=window
        ),
        few,
    )
    yield Feature(
        f"frequency__gap_change__{window}d",
        _change(total / count),
        "log ratio",
        sentence(
            "gaps that ended in the last {days} days were {mean:.1f} days on average; against the "
            "mean of all time {value:+.1f} as a log ratio",
            mean=Column(mean),
            days=window,
        ),
        few,
    )


def _change(recent: Expression) -> Expression:
    return log_ratio(recent, mean_gap(), 0.5)
