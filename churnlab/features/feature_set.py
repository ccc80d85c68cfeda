"""FeatureSet: which signals make the columns."""

from __future__ import annotations

import logging
import pkgutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib import import_module

from churnlab.errors import ConfigError
from churnlab.features import signals
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.compiler import compile_features
from churnlab.features.derived import Sources
from churnlab.features.expression import LOOK_BACK
from churnlab.features.reasons.every import purchases_alone
from churnlab.features.resolved import ResolvedFeatures
from churnlab.features.themes import topic_of_purchases

LONGEST = 1092  # days

_log = logging.getLogger("churnlab")


def found() -> dict[str, type[FeatureBuilder]]:
    """The builders in the files of `churnlab/features/signals`, by place, then by name.

    ConfigError for two builders of one name.

    >>> list(found())[:2]
    ['SessionShortening', 'PushOpenDecline']
    """
    builders: dict[str, type[FeatureBuilder]] = {}
    for file in pkgutil.iter_modules(signals.__path__):
        module = import_module(f"{signals.__name__}.{file.name}")
        for kind in vars(module).values():
            declared = isinstance(kind, type) and issubclass(kind, FeatureBuilder)
            if declared and kind.__module__ == module.__name__:
                if kind.__name__ in builders:
                    raise ConfigError.from_twice("feature builder", [kind.__name__])
                builders[kind.__name__] = kind
    return dict(sorted(builders.items(), key=_by_place))


def _by_place(item: tuple[str, type[FeatureBuilder]]) -> tuple[bool, int, str]:
    name, kind = item
    return kind.place is None, kind.place or 0, name


BUILDERS = found()


@dataclass(frozen=True)
class FeatureSet:
    """An ordered set of builders.

    `look_back` is the longest window in days of builders that have windows of years. Such a window
    has columns only where the log is a year longer than it: else it says what all time says.
    ConfigError for a look-back of less than 364 days.

    >>> FeatureSet.default().names(frozenset())[:2]
    ('session__minutes_mean__14d', 'session__steps_mean__14d')
    """

    builders: tuple[FeatureBuilder, ...]
    look_back: int = LONGEST

    def __post_init__(self) -> None:
        if self.look_back < LOOK_BACK:
            raise ConfigError.from_range("look_back", self.look_back, f"at least {LOOK_BACK} days")

    @classmethod
    def default(cls) -> FeatureSet:
        """All builders that belong to the default set, with the windows of their classes.

        >>> [type(builder).__name__ for builder in FeatureSet.default().builders][:2]
        ['SessionShortening', 'PushOpenDecline']
        """
        return cls(tuple(b() for b in BUILDERS.values() if b.default))

    @classmethod
    def of(cls, names: Iterable[str]) -> FeatureSet:
        """Builders by name; ConfigError with near names for an unknown one.

        >>> FeatureSet.of(["Tenure"]).names(frozenset())[0]
        'lifecycle__tenure_days__all'
        """
        names = list(names)
        for name in names:
            if name not in BUILDERS:
                raise ConfigError.from_unknown("feature builder", name, BUILDERS)
        return cls(tuple(BUILDERS[n]() for n in names))

    @classmethod
    def configured(cls, names: Iterable[str], look_back: int, kept: int | None) -> FeatureSet:
        """Builders by name, or the default set for no name.

        `kept` days are kept one by one when a store is compacted (None: all); longer windows would
        be lost with the days. Raises ConfigError as `of` does, and for a look-back of less than 364
        days.

        >>> FeatureSet.configured(["Tenure"], look_back=1092, kept=1100).look_back
        736
        """
        names = list(names)
        chosen = cls.of(names) if names else cls.default()
        if kept is not None:
            look_back = min(look_back, max(kept - LOOK_BACK, LOOK_BACK))
        return replace(chosen, look_back=look_back)

    def features(self, roles: frozenset[str]) -> tuple[tuple[FeatureBuilder, Feature], ...]:
        """Builder and feature of every column for a log that has these roles.

        `roles` has `money` where the log has amounts. ConfigError for a column named twice.

        >>> builder, feature = FeatureSet.of(["Tenure"]).features(frozenset())[0]
        >>> type(builder).__name__, feature.unit
        ('Tenure', 'days')
        """
        pairs = tuple(
            (b, f) for b in self.builders if not b.lacks(roles) for f in b.features(roles)
        )
        counts = Counter(f.name for _, f in pairs)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise ConfigError.from_twice("feature", twice)
        return pairs

    def names(self, roles: frozenset[str]) -> tuple[str, ...]:
        """The columns for a log that has these roles, in order.

        >>> FeatureSet.of(["SpendDecline"]).names(frozenset())
        ()
        """
        return tuple(f.name for _, f in self.features(roles))

    def skipped(self, roles: frozenset[str]) -> dict[str, str]:
        """Builders that contribute nothing, with the roles that the log lacks for them.

        >>> FeatureSet.of(["PushOpenDecline"]).skipped(frozenset({"push_sent"}))
        {'PushOpenDecline': 'push_opened'}
        """
        return {
            type(b).__name__: ", ".join(b.lacks(roles)) for b in self.builders if b.lacks(roles)
        }

    def within(self, days: int) -> FeatureSet:
        """The same builders, without the windows that are too long for a log of so many days.

        >>> FeatureSet.of(["Years"]).within(728 + 364).builders[0].windows
        (728,)
        """
        most = max(min(self.look_back, days - LOOK_BACK), LOOK_BACK)
        return replace(self, builders=tuple(b.within(most) for b in self.builders))

    def resolve(
        self, roles: frozenset[str], sources: Sources, days: int | None = None
    ) -> ResolvedFeatures:
        """The features for a log with these roles and measures, compiled once a process.

        `sources` are the kinds and columns of the measures of its daily rows, and `days` the length
        of the log (None: long enough for every window). Builders that are skipped are named once in
        the log of the process. Raises ConfigError for a feature named twice or of an unknown
        measure.

        >>> from churnlab import datasets
        >>> activity = datasets.make_community(users=20, days=40).log().daily()
        >>> resolved = FeatureSet.of(["Tenure"]).resolve(frozenset(), activity.sources)
        >>> resolved.names[0], resolved.look_back
        ('lifecycle__tenure_days__all', 0)
        """
        chosen = self if days is None else self.within(days)
        return _resolved(chosen, roles, tuple(sources.items()))


@lru_cache(maxsize=32)
def _resolved(
    chosen: FeatureSet, roles: frozenset[str], sources: tuple[tuple[str, tuple[int, int]], ...]
) -> ResolvedFeatures:
    """Cached: the parts of a log, and batches on Spark, have the roles and measures of the log."""
    pairs = chosen.features(roles)
    features = tuple(feature for _, feature in pairs)
    skipped = chosen.skipped(roles)
    for name, lacks in skipped.items():
        _say_once(name, lacks)
    return ResolvedFeatures(
        features=features,
        builders=tuple(type(builder).__name__ for builder, _ in pairs),
        about=tuple("day" if builder.same_for_all_people(f) else "person" for builder, f in pairs),
        topics=tuple(_topic(builder, f, roles) for builder, f in pairs),
        skipped=skipped,
        sources=dict(sources),
        program=compile_features((f.value for f in features), dict(sources)),
    )


def _topic(builder: FeatureBuilder, feature: Feature, roles: frozenset[str]) -> str:
    topic = builder.topic(feature)
    return topic_of_purchases(topic) if purchases_alone(roles) else topic


@cache
def _say_once(name: str, lacks: str) -> None:
    _log.info("%s contributes nothing: the log has no %s", name, lacks)
