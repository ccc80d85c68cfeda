"""Engagement decays: by how much a week, and how soon half of it is gone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
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
from churnlab.language.sentence import sentence, template


@dataclass(frozen=True)
class _Engagement:
    """The events that count as engagement: their measure, and templates of sentences."""

    measure: str
    rate: str
    half_life: str
    missing: str


_CONTENT = _Engagement(
    "n_content",
    template("content change by {value:+.2f} a week in logs over {days} days"),
    template("content halve in {value:.0f} weeks ({most}: no decay)"),
    template("there for less than {days} days, or no content in them"),
)
_ACTS = _Engagement(
    "acts",
    template("acts change by {value:+.2f} a week in logs over {days} days"),
    template("acts halve in {value:.0f} weeks ({most}: no decay)"),
    template("there for less than {days} days, or no acts in them"),
)


@dataclass(frozen=True, kw_only=True)
class EngagementDecay(FeatureBuilder):
    """A person reads, plays or watches less and less, by a steady share.

    The share is the slope of log(1 + content events) over blocks of days. Content events are those
    of the role `content`, or all acts where the log has no such role. A pair (blocks, days) is the
    number of blocks back from t and their length. The rate is per week: -0.1 is a tenth less each
    week. A half-life is log(2) / -rate weeks, at most 364 days, which stands for no decay. Missing
    for a person who came after the first block began, and without content events in the blocks.
    """

    signal: ClassVar[str] = "engagement"
    topics: ClassVar[Mapping[str, str]] = {"": "acts"}
    place: ClassVar[int] = 16
    spans: tuple[tuple[int, int], ...] = ((8, 7), (6, 28))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The rate of decay over each span, and the half-life over the first."""
        events = _CONTENT if "content" in roles else _ACTS
        for blocks, days in self.spans:
            yield Feature(
                f"engagement__decay_rate__{blocks * days}d",
                _rate(events.measure, blocks, days),
                "log a week",
                sentence(events.rate, days=blocks * days),
                sentence(events.missing, days=blocks * days),
            )
        blocks, days = self.spans[0]
        decay = greatest(_rate(events.measure, blocks, days) * -1, 0.001)
        yield Feature(
            f"engagement__half_life_weeks__{blocks * days}d",
            least(math.log(2) / decay, LOOK_BACK / 7),
            "weeks",
            sentence(events.half_life, most=LOOK_BACK // 7),
            sentence(events.missing, days=blocks * days),
        )


def _rate(measure: str, blocks: int, days: int) -> Expression:
    counts = [Sum(measure)[days * k, days * (k + 1)] for k in range(blocks)]
    there = given(SinceFirst("active") - blocks * days + 1, total(counts))
    return given(there, slope([Apply("log", (c + 1,)) for c in counts]) * 7 / days)
