"""Habits of the week and of the day, and whether they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import LOOK_BACK, Apply, Expression, Sum, given, greatest, total
from churnlab.language.sentence import Sentence, sentence, template

_PARTS = {
    "night": sentence("{value:.0%} of acts of a year in the night"),
    "morning": sentence("{value:.0%} of acts of a year in the morning"),
    "afternoon": sentence("{value:.0%} of acts of a year in the afternoon"),
    "evening": sentence("{value:.0%} of acts of a year in the evening"),
}


@dataclass(frozen=True)
class _Times:
    """Times at which a person may come: their measures, and sentences about their regularity."""

    name: str
    measures: tuple[str, ...]
    top: Sentence
    spread: Sentence
    kept: str


_WEEKDAYS = _Times(
    "weekday",
    tuple(f"weekday_{k}" for k in range(7)),
    sentence("about {value:.0%} of active days of a year on the usual weekday"),
    sentence("active days spread over each weekday by {value:.0%} of what is possible"),
    template("the last {days} days kept to the usual weekday by {value:.0%}"),
)
_HOURS = _Times(
    "hours",
    tuple(_PARTS),
    sentence("about {value:.0%} of acts of a year on the usual part of the day"),
    sentence("acts spread over each part of the day by {value:.0%} of what is possible"),
    template("the last {days} days kept to the usual part of the day by {value:.0%}"),
)


@dataclass(frozen=True, kw_only=True)
class Habits(FeatureBuilder):
    """A person comes on their usual weekdays and at their usual hours, or no longer does.

    Weekdays are those of active days. Hours are quarters of the day (night, morning, afternoon and
    evening of six hours each, local time) by acts. Habits are those of `[t - 364, t - recent)`,
    with a weight of one spread evenly. Entropy is Shannon's (C. Shannon, 1948, A Mathematical
    Theory of Communication) in nats, divided by its largest value: 0 is always the same time, 1 is
    no habit. `kept` is the mean habit share of the recent days or acts, over that of the habit
    itself: 1 where nothing changed, less where the person moved to unusual times. Missing for fewer
    than `least` active days.

    Not in the default set: on the five tasks of experiments/signals it added nothing beside the
    other signals; three of those tasks know no time of day.
    """

    signal: ClassVar[str] = "habit"
    topics: ClassVar[Mapping[str, str]] = {"": "times"}
    default: ClassVar[bool] = False
    place: ClassVar[int] = 14
    recent: int = 56
    least: int = 3

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Concentration and entropy of weekdays and hours, their shares, and the habits kept."""
        for times in (_WEEKDAYS, _HOURS):
            yield from self._regular(times)
        for part, says in _PARTS.items():
            yield self._yearly(
                f"{part}_share", Sum(part)[0, LOOK_BACK] / Sum("acts")[0, LOOK_BACK], "share", says
            )
        weekend = total(Sum(day)[0, LOOK_BACK] for day in _WEEKDAYS.measures[5:])
        yield self._yearly(
            "weekend_share",
            weekend / Sum("active")[0, LOOK_BACK],
            "share",
            sentence("{value:.0%} of active days of a year at weekends"),
        )

    def _yearly(self, statistic: str, value: Expression, unit: str, says: Sentence) -> Feature:
        """A feature of the past year, missing for fewer than `least` active days in it."""
        return Feature(
            f"habit__{statistic}__{LOOK_BACK}d",
            given(Sum("active")[0, LOOK_BACK] - self.least + 1, value),
            unit,
            says,
            sentence("active on less than {days} days in a year", days=self.least),
        )

    def _regular(self, times: _Times) -> Iterator[Feature]:
        shares = _shares([Sum(m)[0, LOOK_BACK] for m in times.measures])
        yield self._yearly(f"{times.name}_top_share", reduce(greatest, shares), "share", times.top)
        yield self._yearly(
            f"{times.name}_entropy", _entropy(shares), "share of the largest", times.spread
        )
        usual = _shares([Sum(m)[self.recent, LOOK_BACK] for m in times.measures])
        now = [Sum(m)[0, self.recent] for m in times.measures]
        share_now = total(n * u for n, u in zip(now, usual, strict=True)) / total(now)
        kept = share_now / total(u * u for u in usual)
        yield Feature(
            f"habit__{times.name}_kept__{self.recent}d",
            given(Sum("active")[self.recent, LOOK_BACK] - self.least + 1, kept),
            "of the habit's own",
            sentence(times.kept, days=self.recent),
            sentence("no habit, or not active in {days} days", days=self.recent),
        )


def _shares(counts: Sequence[Expression]) -> list[Expression]:
    """The share of each count, after one is added and spread over all of them."""
    whole = total(counts) + 1
    return [(c + 1 / len(counts)) / whole for c in counts]


def _entropy(shares: Sequence[Expression]) -> Expression:
    even = Apply("log", (total([1.0 / len(shares)]),))
    return total(p * Apply("log", (p,)) for p in shares) / even
