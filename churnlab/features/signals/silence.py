"""How often a person went silent before, and came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    LOOK_BACK,
    GapsBeyond,
    Since,
    SinceFirst,
    Sum,
    above,
    given,
    greatest,
    least,
    rate,
)


@dataclass(frozen=True, kw_only=True)
class OwnSilences(FeatureBuilder):
    """A person's own past silences of the lengths that a label asks for: how often they were followed by nothing for so long.

    Of a gap of g days between two active days, a snapshot on g - H of its days would have seen the next H days silent; the present silence
    of s days adds s - H. Divided by the days whose next H days are known this is the label's own past rate in `[t - 364, t)`, drawn to
    `prior` with the weight of H days. Beside it: the share of gaps longer than H, the present silence counted when it is, and, of the gaps
    that outlasted the present silence, the share that went on for H days more; both are drawn to `prior` with the weight of `strength` gaps.
    """

    signal: ClassVar[str] = "silence"
    horizons: tuple[int, ...] = (7, 14, 30, 60, 90)
    prior: float = 0.5
    strength: float = 1.0

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The own rate, the share of long gaps and what gaps like the present one did, for each horizon."""
        for horizon in self.horizons:
            yield self._own_rate(horizon)
            yield self._long_gaps(horizon)
            yield self._goes_on(horizon)
        gaps, few = Sum("gaps")[0, LOOK_BACK], "active on too few days to know a habit"
        rank = rate(gaps - GapsBeyond(0, LOOK_BACK), gaps, self.prior, self.strength)
        yield Feature(
            f"silence__longer_than_share__{LOOK_BACK}d",
            rank,
            "share",
            "the present silence is as long as {value:.0%} of the own gaps in a year",
            few,
        )

    def _own_rate(self, horizon: int) -> Feature:
        known = least(SinceFirst("active"), LOOK_BACK) - horizon
        silent = Sum(f"gap_over_{horizon}")[0, LOOK_BACK] + greatest(Since("active") - horizon, 0)
        return Feature(
            f"silence__own_rate_{horizon}_days__{LOOK_BACK}d",
            rate(least(silent, known), known, self.prior, horizon),
            "share",
            f"on {{value:.0%}} of the days of the past year the next {horizon} days were silent",
            f"there for less than {horizon} days",
        )

    def _long_gaps(self, horizon: int) -> Feature:
        longer = above(Since("active") - horizon)
        events, gaps = (
            Sum(f"gaps_over_{horizon}")[0, LOOK_BACK] + longer,
            Sum("gaps")[0, LOOK_BACK] + longer,
        )
        return Feature(
            f"silence__gaps_over_{horizon}_share__{LOOK_BACK}d",
            rate(events, gaps, self.prior, self.strength),
            "share",
            f"{{value:.0%}} of the times away in a year were longer than {horizon} days",
            "active on too few days to know a habit",
        )

    def _goes_on(self, horizon: int) -> Feature:
        outlasted = GapsBeyond(0, LOOK_BACK)
        share = (GapsBeyond(horizon, LOOK_BACK) + self.prior * self.strength) / (
            outlasted + self.strength
        )
        return Feature(
            f"silence__goes_on_{horizon}_days__{LOOK_BACK}d",
            given(Sum("gaps")[0, LOOK_BACK], share),
            "share",
            f"of the own silences as long as this one, {{value:.0%}} went on for {horizon} days more",
            "active on too few days to know a habit",
        )
