"""FeatureSet: which signals make the columns."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import pandas as pd

from churnlab.errors import ConfigError
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.signals.blocks import Blocks, WeeklyTrend
from churnlab.features.signals.cadence import LoginIntervals
from churnlab.features.signals.decay import DecayedActivity
from churnlab.features.signals.engagement import EngagementDecay
from churnlab.features.signals.frequency import LoginFrequencyDecline
from churnlab.features.signals.habits import Habits
from churnlab.features.signals.lifecycle import Calendar, LifecycleStage, Tenure
from churnlab.features.signals.paths import PathShortening
from churnlab.features.signals.purchases import PurchaseRhythm
from churnlab.features.signals.push import PushOpenDecline
from churnlab.features.signals.roles import RoleUse
from churnlab.features.signals.sessions import SessionShortening
from churnlab.features.signals.silence import OwnSilences
from churnlab.features.signals.social import SocialDropOff, SocialExchange
from churnlab.features.signals.spend import SpendDecline

BUILDERS: dict[str, type[FeatureBuilder]] = {
    b.__name__: b
    for b in (
        SessionShortening,
        PushOpenDecline,
        SocialDropOff,
        LoginIntervals,
        SpendDecline,
        Tenure,
        OwnSilences,
        LoginFrequencyDecline,
        RoleUse,
        DecayedActivity,
        Blocks,
        WeeklyTrend,
        PurchaseRhythm,
        Habits,
        PathShortening,
        EngagementDecay,
        SocialExchange,
        LifecycleStage,
        Calendar,
    )
}
_log = logging.getLogger("churnlab")


@dataclass(frozen=True)
class FeatureSet:
    """An ordered set of builders.

    >>> FeatureSet.default().names(frozenset())[:2]
    ('session__minutes_mean__14d', 'session__steps_mean__14d')
    """

    builders: tuple[FeatureBuilder, ...]

    @classmethod
    def default(cls) -> FeatureSet:
        """All signals but those that their class leaves out, as their classes set them."""
        return cls(tuple(b() for b in BUILDERS.values() if b.default))

    @classmethod
    def of(cls, names: Iterable[str]) -> FeatureSet:
        """Builders by name; ConfigError with near names for an unknown one."""
        names = list(names)
        for name in names:
            if name not in BUILDERS:
                raise ConfigError.from_unknown("feature builder", name, BUILDERS)
        return cls(tuple(BUILDERS[n]() for n in names))

    def features(self, roles: frozenset[str]) -> tuple[tuple[FeatureBuilder, Feature], ...]:
        """Builder and feature of every column for a log that has these roles."""
        pairs = tuple(
            (b, f) for b in self.builders if not b.lacks(roles) for f in b.features(roles)
        )
        names = [f.name for _, f in pairs]
        twice = {n for n in names if names.count(n) > 1}
        if twice:
            raise ConfigError.from_twice("feature", sorted(twice))
        return pairs

    def names(self, roles: frozenset[str]) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(f.name for _, f in self.features(roles))

    def skipped(self, roles: frozenset[str]) -> dict[str, str]:
        """Builders that contribute nothing, and what the log lacks for them; each said once in the log of the process."""
        out = {type(b).__name__: ", ".join(b.lacks(roles)) for b in self.builders if b.lacks(roles)}
        for name, lacks in out.items():
            _say_once(name, lacks)
        return out

    def catalogue(self, roles: frozenset[str]) -> pd.DataFrame:
        """One row a column: name, signal, builder, unit, window, says, missing."""
        rows = [
            (f.name, f.signal, type(b).__name__, f.unit, f.window, f.says, f.missing)
            for b, f in self.features(roles)
        ]
        return pd.DataFrame(
            rows, columns=["name", "signal", "builder", "unit", "window", "says", "missing"]
        )


@cache
def _say_once(name: str, lacks: str) -> None:
    _log.info("%s contributes nothing: the log has no %s", name, lacks)
