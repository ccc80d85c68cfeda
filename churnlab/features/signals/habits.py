"""Habits of the week and of the day, and whether they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import LOOK_BACK, Apply, Expression, Sum, given, greatest, total

_PARTS = ("night", "morning", "afternoon", "evening")
_WEEKDAYS = tuple(f"weekday_{k}" for k in range(7))


@dataclass(frozen=True, kw_only=True)
class Habits(FeatureBuilder):
    """A person comes on their usual weekdays and at their usual hours, or no longer does.

    Weekdays are those of active days, hours are quarters of the day (night, morning, afternoon, evening: six hours each, local time) by acts.
    Habits are those of `[t - 364, t - recent)`, with a weight of one spread evenly; entropy is Shannon's (C. Shannon, 1948, A Mathematical Theory of
    Communication) in nats, divided by its largest value: 0 is always the same, 1 is no habit. `kept` is the mean habit share of
    the recent days or acts, over that of the habit itself: 1 where nothing changed, below where the person moved to unusual times.
    Missing below `least` active days.

    Not of the default set: beside the other signals it added nothing on the five tasks of experiments/signals, three of which know
    no time of day.
    """

    signal: ClassVar[str] = "habit"
    default: ClassVar[bool] = False
    recent: int = 56
    least: int = 3

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Concentration and entropy of weekdays and of day parts, each part's share, and what is kept of them."""
        for what, measures, words in (
            ("weekday", _WEEKDAYS, "active days"),
            ("hours", _PARTS, "acts"),
        ):
            yield from self._regular(what, measures, words)
        for part in _PARTS:
            share = self._known(Sum(part)[0, LOOK_BACK] / Sum("acts")[0, LOOK_BACK])
            yield Feature(
                f"habit__{part}_share__{LOOK_BACK}d",
                share,
                "share",
                f"{{value:.0%}} of acts of a year in the {part}",
                self._few(),
            )
        weekend = total(Sum(d)[0, LOOK_BACK] for d in _WEEKDAYS[5:]) / Sum("active")[0, LOOK_BACK]
        yield Feature(
            f"habit__weekend_share__{LOOK_BACK}d",
            self._known(weekend),
            "share",
            "{value:.0%} of active days of a year at weekends",
            self._few(),
        )

    def _regular(self, what: str, measures: Sequence[str], words: str) -> Iterator[Feature]:
        times = "weekday" if what == "weekday" else "part of the day"
        yearly = _shares([Sum(m)[0, LOOK_BACK] for m in measures])
        yield Feature(
            f"habit__{what}_top_share__{LOOK_BACK}d",
            self._known(reduce(greatest, yearly)),
            "share",
            f"{{value:.0%}} of {words} of a year on the usual {times}",
            self._few(),
        )
        yield Feature(
            f"habit__{what}_entropy__{LOOK_BACK}d",
            self._known(_entropy(yearly)),
            "share of the largest",
            f"{words} spread over each {times} by {{value:.0%}} of what is possible",
            self._few(),
        )
        usual, now = (
            _shares([Sum(m)[self.recent, LOOK_BACK] for m in measures]),
            [Sum(m)[0, self.recent] for m in measures],
        )
        kept = (
            total(n * u for n, u in zip(now, usual, strict=True))
            / total(now)
            / total(u * u for u in usual)
        )
        before = given(Sum("active")[self.recent, LOOK_BACK] - self.least + 1, kept)
        yield Feature(
            f"habit__{what}_kept__{self.recent}d",
            before,
            "of the habit's own",
            f"the last {self.recent} days kept to the usual {times} by {{value:.0%}}",
            f"no habit, or not active in {self.recent} days",
        )

    def _known(self, value: Expression) -> Expression:
        return given(Sum("active")[0, LOOK_BACK] - self.least + 1, value)

    def _few(self) -> str:
        return f"active on less than {self.least} days in a year"


def _shares(counts: Sequence[Expression]) -> list[Expression]:
    """The share of each, one more spread over all."""
    whole = total(counts) + 1
    return [(c + 1 / len(counts)) / whole for c in counts]


def _entropy(shares: Sequence[Expression]) -> Expression:
    even = Apply("log", (total([1.0 / len(shares)]),))
    return total(p * Apply("log", (p,)) for p in shares) / even
