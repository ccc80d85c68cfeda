"""How long a person and the log have been there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    Observed,
    Season,
    Since,
    SinceFirst,
    Sum,
    above,
    given,
    greatest,
    per_week,
)


@dataclass(frozen=True, kw_only=True)
class Tenure(FeatureBuilder):
    """How long a person has been seen, and how long anybody could have been."""

    signal: ClassVar[str] = "lifecycle"

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Days since the first active day, days observed, and their share."""
        yield Feature(
            "lifecycle__tenure_days__all",
            SinceFirst("active"),
            "days",
            "first seen {value:.0f} days ago",
            "never active",
        )
        yield Feature(
            "lifecycle__observed_days__all",
            Observed(),
            "days",
            "the log goes back {value:.0f} days",
        )
        yield Feature(
            "lifecycle__tenure_share__all",
            SinceFirst("active") / Observed(),
            "share",
            "there for {value:.0%} of the days observed",
            "never active",
        )
        if "onboarding" in roles:
            yield from _onboarding()


def _onboarding() -> Iterator[Feature]:
    none = "no onboarding step done"
    yield Feature(
        "lifecycle__onboarding_sum__all",
        Sum("n_onboarding").all,
        "steps",
        "{value:.0f} onboarding steps done",
    )
    yield Feature(
        "lifecycle__onboarding_last_step_days__all",
        greatest(SinceFirst("active") - Since("n_onboarding"), 0),
        "days",
        "the last onboarding step came {value:.0f} days after the first active day",
        none,
    )
    yield Feature(
        "lifecycle__onboarding_first_step_days__all",
        greatest(SinceFirst("active") - SinceFirst("n_onboarding"), 0),
        "days",
        "the first onboarding step came {value:.0f} days after the first active day",
        none,
    )
    yield Feature(
        "lifecycle__onboarding_since_last_days__all",
        Since("n_onboarding"),
        "days",
        "last onboarding step {value:.0f} days ago",
        none,
    )


@dataclass(frozen=True, kw_only=True)
class LifecycleStage(FeatureBuilder):
    """The stage of a person's life here, by a rule that can be said aloud.

    4 new: first active less than `recent` days ago. 0 silent: no active day in `recent` days. Of the others by the active days a week over
    `[t - recent, t)` against the `before` days before: 3 growing, at least `step` times as many; 1 fading, at most 1 / `step`; else 2 steady.

    Of the default set, though on no task of experiments/signals did it add more than chance beside the other signals.
    """

    signal: ClassVar[str] = "stage"
    recent: int = 28
    before: int = 84
    step: float = 1.25

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The stage as a number."""
        yield Feature(
            f"stage__number__{self.recent}d_{self.before}d",
            self._number(),
            "stage",
            "stage {value:.0f} (0 silent, 1 fading, 2 steady, 3 growing, 4 new)",
            "never active",
        )

    def _number(self) -> Expression:
        now, then = (
            per_week("active", 0, self.recent),
            per_week("active", self.recent, self.recent + self.before),
        )
        growing, fading = 1 - above(then * self.step - now), 1 - above(now * self.step - then)
        settled = above(now) * (2 + growing - fading)
        new = above(self.recent - SinceFirst("active"))
        return given(SinceFirst("active"), new * 4 + (1 - new) * settled)


@dataclass(frozen=True, kw_only=True)
class Calendar(FeatureBuilder):
    """The day of the week and of the year of the snapshot, as waves.

    Not of the default set: a training has few cuts, so that a tree learns the cut and not the season. For a model trained on a year of cuts
    or more.
    """

    signal: ClassVar[str] = "calendar"
    default: ClassVar[bool] = False
    periods: tuple[tuple[str, float], ...] = (("week", 7.0), ("year", 365.2425))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Sine and cosine of each period; midnight of 1970-01-01, a Thursday, is the start of all of them."""
        for name, days in self.periods:
            for wave, quarters in (("sine", 0), ("cosine", 1)):
                yield Feature(
                    f"calendar__{name}_{wave}__static",
                    Season(days, quarters),
                    "wave",
                    f"the place of the day in the {name}, as a {wave}: {{value:.2f}}",
                )
