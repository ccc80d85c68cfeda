"""Counts in which the last days weigh most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import MICRO, Decayed, Expression, given, greatest, log_ratio

_WORDS = {
    "active": ("active_days", "active days", "days"),
    "acts": ("acts", "acts", "acts"),
    "orders": ("orders", "orders", "orders"),
    "money": ("amount", "money spent", "money"),
}


@dataclass(frozen=True, kw_only=True)
class DecayedActivity(FeatureBuilder):
    """Active days, acts, orders and money, where a day counts half as much every so many days: no edge at which a day drops out.

    A sum over `[t - 8 half-lives, t)`, at most 364 days. A trend is the log ratio of a short half-life's sum to a long one's, each divided
    by its half-life: 0 for a person who goes on as always; it is missing for a person who was not active in the long one's window.

    Of the default set, though on no task of experiments/signals did it add more than chance beside the other signals.
    """

    signal: ClassVar[str] = "decay"
    active: tuple[int, ...] = (3, 7, 14, 30, 90)
    acts: tuple[int, ...] = (7, 30, 90)
    spending: tuple[int, ...] = (30, 90)
    trends: tuple[tuple[int, int], ...] = ((3, 14), (7, 30), (30, 90))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Decayed sums and their trends."""
        yield from _sums("active", self.active)
        yield from _sums("acts", self.acts)
        yield from (_trend("active", *pair) for pair in self.trends)
        yield _trend("acts", *self.trends[-1])
        if "money" in roles:
            yield from _sums("orders", self.spending)
            yield from _sums("money", self.spending)
            yield _trend("money", *self.trends[-1])


def _decayed(measure: str, half_life: int) -> Expression:
    return (
        Decayed(measure, half_life) / MICRO if measure == "money" else Decayed(measure, half_life)
    )


def _sums(measure: str, half_lives: tuple[int, ...]) -> Iterator[Feature]:
    name, words, unit = _WORDS[measure]
    for half_life in half_lives:
        yield Feature(
            f"decay__{name}_half_life_{half_life}__{Decayed(measure, half_life).window}d",
            _decayed(measure, half_life),
            unit,
            f"{{value:.1f}} {words}, a day counting half as much every {half_life} days",
        )


def _trend(measure: str, short: int, long: int) -> Feature:
    name, words, _ = _WORDS[measure]
    now, before = (greatest(_decayed(measure, h) / h, 0) for h in (short, long))
    window, floor = Decayed(measure, long).window, 0.05 if measure == "money" else 0.01
    return Feature(
        f"decay__{name}_trend_{short}_{long}__{window}d",
        given(before, log_ratio(now, before, floor)),
        "log ratio",
        f"{words} of about the last {short} days against the last {long}: {{value:+.1f}} as a log ratio",
        f"no {words} in {window} days",
    )
