"""How long a person and the log have been there, and the stage that the person is in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    Observed,
    Since,
    SinceFirst,
    Sum,
    Wave,
    above,
    given,
    greatest,
    per_week,
)
from churnlab.language.sentence import sentence, template

_NEVER_ACTIVE = sentence("never active")


@dataclass(frozen=True, kw_only=True)
class Tenure(FeatureBuilder):
    """How long a person has been seen, and how long anybody could have been seen."""

    signal: ClassVar[str] = "lifecycle"
    topics: ClassVar[Mapping[str, str]] = {"": "newcomer", "onboarding": "setup"}
    place: ClassVar[int] = 6
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"steps"})
    same_for_all: ClassVar[frozenset[str]] = frozenset({"observed_days"})

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Days since the first active day, days observed, their share, and onboarding."""
        yield Feature(
            "lifecycle__tenure_days__all",
            SinceFirst("active"),
            "days",
            sentence("first seen {value:.0f} days ago"),
            _NEVER_ACTIVE,
        )
        yield Feature(
            "lifecycle__observed_days__all",
            Observed(),
            "days",
            sentence("the log goes back {value:.0f} days"),
        )
        yield Feature(
            "lifecycle__tenure_share__all",
            SinceFirst("active") / Observed(),
            "share",
            sentence("there for {value:.0%} of the days observed"),
            _NEVER_ACTIVE,
        )
        if "onboarding" in roles:
            yield from _onboarding()


def _onboarding() -> Iterator[Feature]:
    none = sentence("no onboarding step done")
    yield Feature(
        "lifecycle__onboarding_sum__all",
        Sum("n_onboarding").all,
        "steps",
        sentence("{value:.0f} onboarding steps done"),
    )
    yield Feature(
        "lifecycle__onboarding_last_step_days__all",
        greatest(SinceFirst("active") - Since("n_onboarding"), 0),
        "days",
        sentence("the last onboarding step came {value:.0f} days after the first active day"),
        none,
    )
    yield Feature(
        "lifecycle__onboarding_first_step_days__all",
        greatest(SinceFirst("active") - SinceFirst("n_onboarding"), 0),
        "days",
        sentence("the first onboarding step came {value:.0f} days after the first active day"),
        none,
    )
    yield Feature(
        "lifecycle__onboarding_since_last_days__all",
        Since("n_onboarding"),
        "days",
        sentence("last onboarding step {value:.0f} days ago"),
        none,
    )


@dataclass(frozen=True, kw_only=True)
class LifecycleStage(FeatureBuilder):
    """The stage of a person's life here, by a simple rule.

    | number | stage   | rule                                                              |
    |--------|---------|-------------------------------------------------------------------|
    | 4      | new     | first active less than `recent` days ago                          |
    | 0      | silent  | no active day in `recent` days                                    |
    | 3      | growing | at least `step` times as many active days a week as before        |
    | 1      | fading  | at most 1 / `step` of the active days a week before               |
    | 2      | steady  | everybody else                                                    |

    Active days a week are those of `[t - recent, t)` against the `before` days before.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals.
    """

    signal: ClassVar[str] = "stage"
    topics: ClassVar[Mapping[str, str]] = {"": "visits"}
    place: ClassVar[int] = 18
    recent: int = 28
    before: int = 84
    step: float = 1.25

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The stage as a number."""
        yield Feature(
            f"stage__number__{self.recent}d_{self.before}d",
            self._number(),
            "stage",
            sentence("stage {value:.0f} (0 silent, 1 fading, 2 steady, 3 growing, 4 new)"),
            _NEVER_ACTIVE,
        )

    def _number(self) -> Expression:
        now = per_week("active", 0, self.recent)
        then = per_week("active", self.recent, self.recent + self.before)
        growing = 1 - above(then * self.step - now)
        fading = 1 - above(now * self.step - then)
        settled = above(now) * (2 + growing - fading)
        new = above(self.recent - SinceFirst("active"))
        return given(SinceFirst("active"), new * 4 + (1 - new) * settled)


_PERIODS = {"week": sentence("week"), "year": sentence("year")}
_WAVES = {
    "sine": (0, template("the place of the day in the {period}, as a sine: {value:.2f}")),
    "cosine": (1, template("the place of the day in the {period}, as a cosine: {value:.2f}")),
}


@dataclass(frozen=True, kw_only=True)
class Calendar(FeatureBuilder):
    """The day of the week and of the year of the snapshot, as waves.

    The estimators learn from the waves of the year only where snapshots span a year, and from those
    of the week only where they fall on several weekdays (`estimators.learners.waves`): with less, a
    tree would learn the day and not the season.
    """

    signal: ClassVar[str] = "calendar"
    place: ClassVar[int] = 19
    same_for_all: ClassVar[frozenset[str]] = frozenset(
        {"week_sine", "week_cosine", "year_sine", "year_cosine"}
    )
    periods: tuple[tuple[str, float], ...] = (("week", 7.0), ("year", 365.2425))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Sine and cosine of each period, which begins at midnight of 1970-01-01, a Thursday."""
        for name, days in self.periods:
            for wave, (quarters, says) in _WAVES.items():
                yield Feature(
                    f"calendar__{name}_{wave}__static",
                    Wave(days, quarters),
                    "wave",
                    sentence(says, period=_PERIODS.get(name, name)),
                )
