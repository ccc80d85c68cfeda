"""Paths get shorter: fewer functions are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression, Sum, above, given, log_ratio, total
from churnlab.language.sentence import sentence
from churnlab.schema.roles import role_column

_NOT_DONE = frozenset({"money", "social_received", "push_sent"})


@dataclass(frozen=True, kw_only=True)
class PathShortening(FeatureBuilder):
    """A person uses fewer of the functions that they used before.

    Functions are the distinct names of the acts of a day; their mean is by active day and by
    session. Where the log names kinds of event (roles), `kinds_dropped` is the share of the kinds
    used in the `change[1]` days before the last `change[0]` that are not used any more; it is
    missing for a person who used none.

    In the default set, although on no task of experiments/signals it added more than chance beside
    the other signals.
    """

    signal: ClassVar[str] = "path"
    topics: ClassVar[Mapping[str, str]] = {"": "functions", "kinds": "kinds"}
    place: ClassVar[int] = 15
    zero_without_history: ClassVar[frozenset[str]] = frozenset({"kinds"})
    windows: tuple[int, ...] = (28, 91)
    change: tuple[int, int] = (28, 91)

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Functions an active day and a session, their change, and kinds used and dropped."""
        for window in self.windows:
            yield Feature(
                f"path__functions_per_day__{window}d",
                _functions(0, window),
                "functions",
                sentence("uses {value:.1f} functions an active day in {days} days", days=window),
                sentence("no active day in {days} days", days=window),
            )
        yield from self._so_far()
        kinds = sorted(roles - _NOT_DONE)
        if len(kinds) > 1:
            yield from self._kinds(kinds)

    def _so_far(self) -> Iterator[Feature]:
        yield Feature(
            "path__functions_per_day__all",
            _functions(0, None),
            "functions",
            sentence("uses {value:.1f} functions an active day"),
            sentence("never active"),
        )
        yield Feature(
            "path__functions_per_session__all",
            Sum("names").all / Sum("sessions").all,
            "functions",
            sentence("{value:.1f} different functions of a day for each of its sessions"),
            sentence("no session so far"),
        )
        recent, before = self.change
        yield Feature(
            f"path__functions_change__{recent}d_{before}d",
            log_ratio(_functions(0, recent), _functions(recent, recent + before), 0.1),
            "log ratio",
            sentence(
                "functions an active day over {recent} days against the {before} before: "
                "{value:+.2f} as a log ratio",
                recent=recent,
                before=before,
            ),
            sentence(
                "not active in {recent} days or in the {before} before",
                recent=recent,
                before=before,
            ),
        )

    def _kinds(self, kinds: list[str]) -> Iterator[Feature]:
        recent, before = self.change
        now = [above(Sum(role_column(k))[0, recent]) for k in kinds]
        then = [above(Sum(role_column(k))[recent, recent + before]) for k in kinds]
        dropped = total(b - b * a for a, b in zip(now, then, strict=True))
        yield Feature(
            f"path__kinds_used__{recent}d",
            total(now),
            "kinds",
            sentence("{value:.0f} kinds of event in {days} days", days=recent),
        )
        yield Feature(
            f"path__kinds_dropped__{recent}d_{before}d",
            given(total(then), dropped / total(then)),
            "share",
            sentence(
                "{value:.0%} of the kinds of event of the {before} days before "
                "were not used in the last {recent}",
                before=before,
                recent=recent,
            ),
            sentence(
                "not active in the {before} days before the last {recent}",
                before=before,
                recent=recent,
            ),
        )


def _functions(new: int, old: int | None) -> Expression:
    return Sum("names")[new, old] / Sum("active")[new, old]
