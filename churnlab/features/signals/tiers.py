"""The stage of life of a person as a feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.life import TierRules
from churnlab.language.sentence import sentence
from churnlab.schema.roles import MONEY

_DEFAULT = TierRules()


@dataclass(frozen=True, kw_only=True)
class LifeTier(FeatureBuilder):
    """The stage of life as a number, by `churnlab.features.life.TierRules`.

    Missing for a person who has not acted yet.

    >>> next(LifeTier().features(frozenset())).name
    'life__tier__all'
    """

    signal: ClassVar[str] = "life"
    default: ClassVar[bool] = False
    topics: ClassVar[Mapping[str, str]] = {"": "visits"}
    place: ClassVar[int] = 23
    rules: TierRules = _DEFAULT

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The tier as a number."""
        yield Feature(
            "life__tier__all",
            self.rules.number(MONEY in roles),
            "tier",
            sentence(
                "tier {value:.0f} (0 lost, 1 silent, 2 fading, 3 newcomer, 4 growing, 5 core)"
            ),
            sentence("never active"),
        )
