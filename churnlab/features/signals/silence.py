"""How often a person went silent before, and came back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from churnlab.language.sentence import sentence

_FEW = sentence("active on too few days to know a habit")


@dataclass(frozen=True, kw_only=True)
class OwnSilences(FeatureBuilder):
    """A person's own past silences of the lengths that a label asks for.

    A label asks whether the next H days are silent. In a gap of g days between two active days that
    is so on g - H of its days; the present silence of s days adds s - H. Divided by the days whose
    next H days are known, this is the label's own past rate in `[t - 364, t)`, drawn to `prior`
    with the weight of H days.

    Two shares of gaps stand beside it, each drawn to `prior` with the weight of `strength` gaps: of
    all gaps, those longer than H (the present silence is counted once it is longer); and of the
    gaps that outlasted the present silence, those that went on for H days more.
    """

    signal: ClassVar[str] = "silence"
    topics: ClassVar[Mapping[str, str]] = {"": "away"}
    place: ClassVar[int] = 7
    horizons: tuple[int, ...] = (7, 14, 30, 60, 90)
    prior: float = 0.5
    strength: float = 1.0

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The own rate, the share of long gaps and of gaps that went on, for each horizon."""
        for horizon in self.horizons:
            yield self._own_rate(horizon)
            yield self._long_gaps(horizon)
            yield self._goes_on(horizon)
        gaps = Sum("gaps")[0, LOOK_BACK]
        yield Feature(
            f"silence__longer_than_share__{LOOK_BACK}d",
            rate(gaps - GapsBeyond(0, LOOK_BACK), gaps, self.prior, self.strength),
            "share",
            sentence(
                "the present silence is as long as about {value:.0%} of the own gaps in a year"
            ),
            _FEW,
        )

    def _own_rate(self, horizon: int) -> Feature:
        known = least(SinceFirst("active"), LOOK_BACK) - horizon
        silent = Sum(f"gap_over_{horizon}")[0, LOOK_BACK] + greatest(Since("active") - horizon, 0)
        return Feature(
            f"silence__own_rate_{horizon}_days__{LOOK_BACK}d",
            rate(least(silent, known), known, self.prior, horizon),
            "share",
            sentence(
                "on about {value:.0%} of the days of the past year "
                "the next {days} days were silent",
                days=horizon,
            ),
            sentence("there for less than {days} days", days=horizon),
        )

    def _long_gaps(self, horizon: int) -> Feature:
        longer = above(Since("active") - horizon)
        long_gaps = Sum(f"gaps_over_{horizon}")[0, LOOK_BACK] + longer
        gaps = Sum("gaps")[0, LOOK_BACK] + longer
        return Feature(
            f"silence__gaps_over_{horizon}_share__{LOOK_BACK}d",
            rate(long_gaps, gaps, self.prior, self.strength),
            "share",
            sentence(
                "about {value:.0%} of the times away in a year were longer than {days} days",
                days=horizon,
            ),
            _FEW,
        )

    def _goes_on(self, horizon: int) -> Feature:
        went_on = GapsBeyond(horizon, LOOK_BACK) + self.prior * self.strength
        outlasted = GapsBeyond(0, LOOK_BACK) + self.strength
        return Feature(
            f"silence__goes_on_{horizon}_days__{LOOK_BACK}d",
            given(Sum("gaps")[0, LOOK_BACK], went_on / outlasted),
            "share",
            sentence(
                "of the own silences as long as this one, "
                "about {value:.0%} went on for {days} days more",
                days=horizon,
            ),
            _FEW,
        )
