"""Pushes go unopened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression, Since, Sum, log_ratio, rate


@dataclass(frozen=True, kw_only=True)
class PushOpenDecline(FeatureBuilder):
    """Pushes are opened less often than this person used to open them.

    The share opened is drawn to `prior`, what the field sees in most apps, with the weight of `strength` pushes; without a
    push sent it is missing, not zero. Windows as in SessionShortening.

    Of the default set untested: no task of experiments/signals has pushes.
    """

    signal: ClassVar[str] = "push"
    needs: ClassVar[tuple[str, ...]] = ("push_sent", "push_opened")
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))
    prior: float = 0.1
    strength: float = 3.0

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Pushes sent and opened, the share opened, and its change."""
        for window in self.windows:
            yield from self._shares(f"{window}d", f"in {window} days", 0, window)
        yield from self._shares("all", "since the start", 0, None)
        for recent, before in self.changes:
            yield from self._changes(recent, before)
        yield Feature(
            "push__since_opened_days__all",
            Since("n_push_opened"),
            "days",
            "last opened a push {value:.0f} days ago",
            "never opened a push",
        )

    def _share(self, new: int, old: int | None) -> Expression:
        return rate(
            Sum("n_push_opened")[new, old], Sum("n_push_sent")[new, old], self.prior, self.strength
        )

    def _shares(self, label: str, words: str, new: int, old: int | None) -> Iterator[Feature]:
        sent, opened = Sum("n_push_sent")[new, old], Sum("n_push_opened")[new, old]
        yield Feature(
            f"push__sent_sum__{label}", sent, "pushes", f"{{value:.0f}} pushes sent {words}"
        )
        yield Feature(
            f"push__opened_sum__{label}", opened, "pushes", f"{{value:.0f}} pushes opened {words}"
        )
        yield Feature(
            f"push__open_rate__{label}",
            self._share(new, old),
            "share",
            f"opened {{push__opened_sum__{label}:.0f}} of {{push__sent_sum__{label}:.0f}} pushes {words}",
            f"no push sent {words}",
        )

    def _changes(self, recent: int, before: int) -> Iterator[Feature]:
        label, past = f"{recent}d_{before}d", (recent, recent + before)
        nothing = f"no push sent in {recent} days or in the {before} before"
        now, then = self._share(0, recent), self._share(*past)
        yield Feature(
            f"push__open_rate_before__{label}",
            then,
            "share",
            f"opened {{value:.0%}} of pushes in the {before} days before the last {recent}",
            nothing,
        )
        told = recent in self.windows
        name = f"push__open_rate__{recent}d" if told else f"push__open_rate_now__{label}"
        if not told:
            yield Feature(
                name, now, "share", f"opens {{value:.0%}} of pushes in {recent} days", nothing
            )
        yield Feature(
            f"push__open_rate_change__{label}",
            log_ratio(now, then, 0.02),
            "log ratio",
            f"opened {{push__open_rate_before__{label}:.0%}} of pushes in the {before} days before, "
            f"{{{name}:.0%}} in the last {recent}",
            nothing,
        )
