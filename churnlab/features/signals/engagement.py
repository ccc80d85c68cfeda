"""Engagement decays: by how much a week, and how soon half of it is gone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    LOOK_BACK,
    Apply,
    Expression,
    SinceFirst,
    Sum,
    given,
    greatest,
    least,
    slope,
    total,
)


@dataclass(frozen=True, kw_only=True)
class EngagementDecay(FeatureBuilder):
    """What a person reads, plays or watches gets less by a steady share: the slope of log(1 + content events) over blocks of days.

    Content is the role of that name, or all acts where the log has none. A pair (blocks, days) is the number of blocks back from t and their
    length. The rate is by week: -0.1 is a tenth less each week; a half-life is log(2) / -rate weeks, at most 364 days, which stands for no
    decay. Missing for a person who is not there for all blocks, and without content in them.
    """

    signal: ClassVar[str] = "engagement"
    spans: tuple[tuple[int, int], ...] = ((8, 7), (6, 28))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The rate of decay over each span, and the half-life over the first."""
        measure, words = ("n_content", "content") if "content" in roles else ("acts", "acts")
        for blocks, days in self.spans:
            yield Feature(
                f"engagement__decay_rate__{blocks * days}d",
                _rate(measure, blocks, days),
                "log a week",
                f"{words} change by {{value:+.2f}} a week in logs over {blocks * days} days",
                _missing(blocks * days, words),
            )
        blocks, days = self.spans[0]
        weeks = least(
            math.log(2) / greatest(_rate(measure, blocks, days) * -1, 0.001), LOOK_BACK / 7
        )
        yield Feature(
            f"engagement__half_life_weeks__{blocks * days}d",
            weeks,
            "weeks",
            f"{words} halve in {{value:.0f}} weeks ({LOOK_BACK // 7}: no decay)",
            _missing(blocks * days, words),
        )


def _missing(days: int, words: str) -> str:
    return f"there for less than {days} days, or no {words} in them"


def _rate(measure: str, blocks: int, days: int) -> Expression:
    counts = [Sum(measure)[days * k, days * (k + 1)] for k in range(blocks)]
    there = given(SinceFirst("active") - blocks * days + 1, total(counts))
    return given(there, slope([Apply("log", (c + 1,)) for c in counts]) * 7 / days)
