"""How long a person and the log have been there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Observed, SinceFirst, Sum


@dataclass(frozen=True, kw_only=True)
class Tenure(FeatureBuilder):
    """How long a person has been seen, and how long anybody could have been."""

    signal: ClassVar[str] = "lifecycle"

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Days since the first active day, days observed, and their share."""
        yield Feature("lifecycle__tenure_days__all", SinceFirst("active"), "days",
                      "first seen {value:.0f} days ago", "never active")
        yield Feature("lifecycle__observed_days__all", Observed(), "days", "the log goes back {value:.0f} days")
        yield Feature("lifecycle__tenure_share__all", SinceFirst("active") / Observed(), "share",
                      "there for {value:.0%} of the days observed", "never active")
        if "onboarding" in roles:
            yield Feature("lifecycle__onboarding_sum__all", Sum("n_onboarding").all, "steps", "{value:.0f} onboarding steps done")
