"""Sessions get shorter, in minutes and in steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder, over
from churnlab.features.expression import Expression, Sum, log_ratio
from churnlab.kernels.units import MICRO
from churnlab.language.sentence import Column, sentence, template

_MINUTE = 60 * MICRO
_FLOOR = 0.5


@dataclass(frozen=True, kw_only=True)
class SessionShortening(FeatureBuilder):
    """A person's sessions last less long and take fewer steps than they used to.

    `windows` are days back for the plain means. `changes` are pairs (recent, before): the mean in
    `[t - recent, t)` against the mean in `[t - recent - before, t - recent)`, as a log ratio. A
    mean is missing where there is no session.

    In the default set, although on the tasks of experiments/signals it added nothing beside the
    other signals; few of those tasks could show it.
    """

    signal: ClassVar[str] = "session"
    topics: ClassVar[Mapping[str, str]] = {
        "minutes": "minutes",
        "steps": "steps",
        "per_active": "sessions",
    }
    place: ClassVar[int] = 1
    windows: tuple[int, ...] = (14, 28, 91)
    changes: tuple[tuple[int, int], ...] = ((14, 56), (28, 91))

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Minutes and steps a session, sessions an active day, and their change."""
        for window in (*self.windows, None):
            yield from _means(window)
        for recent, before in self.changes:
            told = recent in self.windows
            yield from _change(_MINUTES, recent, before, told)
            yield from _change(_STEPS, recent, before, told)


def _means(window: int | None) -> Iterator[Feature]:
    label = "all" if window is None else f"{window}d"
    nothing = over(
        window, template("no session in {days} days"), template("no session since the start")
    )
    yield Feature(
        f"session__minutes_mean__{label}",
        _minutes(0, window),
        "minutes",
        over(
            window,
            template("sessions of {value:.1f} minutes in {days} days"),
            template("sessions of {value:.1f} minutes since the start"),
        ),
        nothing,
    )
    yield Feature(
        f"session__steps_mean__{label}",
        _steps(0, window),
        "steps",
        over(
            window,
            template("{value:.1f} steps a session in {days} days"),
            template("{value:.1f} steps a session since the start"),
        ),
        nothing,
    )
    yield Feature(
        f"session__per_active_day__{label}",
        Sum("sessions")[0, window] / Sum("active")[0, window],
        "sessions",
        over(
            window,
            template("{value:.1f} sessions an active day in {days} days"),
            template("{value:.1f} sessions an active day since the start"),
        ),
        nothing,
    )


def _minutes(new: int, old: int | None) -> Expression:
    return Sum("session_micros")[new, old] / (Sum("sessions")[new, old] * _MINUTE)


def _steps(new: int, old: int | None) -> Expression:
    return Sum("steps")[new, old] / Sum("sessions")[new, old]


@dataclass(frozen=True)
class _Mean:
    """A mean whose change is told: its name, value and unit, and templates of its sentences."""

    name: str
    value: Callable[[int, int | None], Expression]
    unit: str
    before: str
    change: str
    now: str


_MINUTES = _Mean(
    "minutes",
    _minutes,
    "minutes a session",
    template("{value:.1f} minutes a session in the {before} days before the last {recent}"),
    template(
        "minutes a session went from {then:.1f} to {now:.1f} "
        "over {recent} days against the {before} before"
    ),
    template("{value:.1f} minutes a session in {days} days"),
)
_STEPS = _Mean(
    "steps",
    _steps,
    "steps a session",
    template("{value:.1f} steps a session in the {before} days before the last {recent}"),
    template(
        "steps a session went from {then:.1f} to {now:.1f} "
        "over {recent} days against the {before} before"
    ),
    template("{value:.1f} steps a session in {days} days"),
)


def _change(mean: _Mean, recent: int, before: int, told: bool) -> Iterator[Feature]:
    """The mean before, its change, and the mean now unless a window tells it already."""
    label = f"{recent}d_{before}d"
    nothing = sentence(
        "no session in {recent} days or in the {before} before", recent=recent, before=before
    )
    value_now, value_then = mean.value(0, recent), mean.value(recent, recent + before)
    then = f"session__{mean.name}_before__{label}"
    now = f"session__{mean.name}_mean__{recent}d" if told else f"session__{mean.name}_now__{label}"
    yield Feature(
        then, value_then, mean.unit, sentence(mean.before, before=before, recent=recent), nothing
    )
    yield Feature(
        f"session__{mean.name}_change__{label}",
        log_ratio(value_now, value_then, _FLOOR),
        "log ratio",
        sentence(mean.change, then=Column(then), now=Column(now), recent=recent, before=before),
        nothing,
    )
    if not told:
        yield Feature(now, value_now, mean.unit, sentence(mean.now, days=recent), nothing)
