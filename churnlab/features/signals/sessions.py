"""Sessions get shorter, in minutes and in steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression, Sum, log_ratio

_MINUTE = 60_000_000


@dataclass(frozen=True, kw_only=True)
class SessionShortening(FeatureBuilder):
    """A person's sessions last less long and take fewer steps than they used to.

    `windows` are days back for the plain means; `changes` are pairs (recent, before): the mean in `[t - recent, t)`
    against the mean in `[t - recent - before, t - recent)`, as a log ratio. A mean without a session is missing.

    Of the default set, though beside the other signals it added nothing on the tasks of experiments/signals, of which only few could show it.
    """

    signal: ClassVar[str] = "session"
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Minutes and steps a session, sessions an active day, and their change."""
        for window in self.windows:
            yield from self._means(f"{window}d", f"in {window} days", 0, window)
        yield from self._means("all", "since the start", 0, None)
        for recent, before in self.changes:
            yield from self._changes(recent, before)

    def _means(self, label: str, words: str, new: int, old: int | None) -> Iterator[Feature]:
        nothing = f"no session {words}"
        yield Feature(
            f"session__minutes_mean__{label}",
            _minutes(new, old),
            "minutes",
            f"sessions of {{value:.1f}} minutes {words}",
            nothing,
        )
        yield Feature(
            f"session__steps_mean__{label}",
            _steps(new, old),
            "steps",
            f"{{value:.1f}} steps a session {words}",
            nothing,
        )
        yield Feature(
            f"session__per_active_day__{label}",
            Sum("sessions")[new, old] / Sum("active")[new, old],
            "sessions",
            f"{{value:.1f}} sessions an active day {words}",
            nothing,
        )

    def _changes(self, recent: int, before: int) -> Iterator[Feature]:
        label, past = f"{recent}d_{before}d", (recent, recent + before)
        words = f"over {recent} days against the {before} before"
        nothing = f"no session in {recent} days or in the {before} before"
        for what, mean, floor, unit in (
            ("minutes", _minutes, 0.5, "minutes a session"),
            ("steps", _steps, 0.5, "steps a session"),
        ):
            yield Feature(
                f"session__{what}_before__{label}",
                mean(*past),
                unit,
                f"{{value:.1f}} {unit} in the {before} days before the last {recent}",
                nothing,
            )
            told = recent in self.windows
            now = f"session__{what}_mean__{recent}d" if told else f"session__{what}_now__{label}"
            yield Feature(
                f"session__{what}_change__{label}",
                log_ratio(mean(0, recent), mean(*past), floor),
                "log ratio",
                f"{unit} went from {{session__{what}_before__{label}:.1f}} to {{{now}:.1f}} {words}",
                nothing,
            )
            if not told:
                yield Feature(
                    now, mean(0, recent), unit, f"{{value:.1f}} {unit} in {recent} days", nothing
                )


def _minutes(new: int, old: int | None) -> Expression:
    return Sum("session_micros")[new, old] / (Sum("sessions")[new, old] * _MINUTE)


def _steps(new: int, old: int | None) -> Expression:
    return Sum("steps")[new, old] / Sum("sessions")[new, old]
