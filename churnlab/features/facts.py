"""Facts: the plain numbers of a person that the reasons say, as columns beside the features."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.feature_set import FeatureSet
from churnlab.features.reasons.every import reasons
from churnlab.features.reasons.reason import Fact, Reason
from churnlab.language.sentence import Sentence

SIGNAL = "fact"


@dataclass(frozen=True, kw_only=True)
class FactColumns(FeatureBuilder):
    """The facts of all reasons that a log can give, and of the reasons of some builders.

    Their columns begin with `fact__`. They are no features: no model learns from them. With
    `builders`, they look no further back than the features of these, for which the days are kept.
    """

    signal: ClassVar[str] = SIGNAL
    default: ClassVar[bool] = False
    builders: tuple[FeatureBuilder, ...] = ()

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """Each fact once."""
        reach = _reach(self.builders, roles)
        for fact in _facts(reasons_of(self.builders, roles)):
            if all(cell.back <= reach for cell in fact.value.cells()):
                yield Feature(fact.name, fact.value, "as said", Sentence("{value}"))


@dataclass(frozen=True)
class Facts:
    """The facts of some rows, float64[n, facts], and the reasons that can be given from them."""

    frame: pd.DataFrame
    reasons: Sequence[Reason]

    @classmethod
    def among(
        cls, X: pd.DataFrame, roles: frozenset[str], builders: Sequence[FeatureBuilder] = ()
    ) -> Facts:
        """The facts among the columns of X, which other columns may stand beside.

        The reasons are those for a log with these roles, and those of the builders' own.

        >>> X = pd.DataFrame({"fact__visits__all": [3.0], "cadence__active_days__all": [3.0]})
        >>> list(Facts.among(X, frozenset()).frame)
        ['fact__visits__all']
        """
        columns = [name for name in X.columns if is_fact(name)]
        return cls(X[columns], reasons_of(builders, roles))


def with_facts(features: FeatureSet) -> FeatureSet:
    """The features and the facts that tell them, computed in one pass.

    >>> with_facts(FeatureSet.of(["Tenure"])).names(frozenset())[-1].startswith("fact__")
    True
    """
    return FeatureSet((*features.builders, facts_of(features).builders[0]), features.look_back)


def facts_of(features: FeatureSet) -> FeatureSet:
    """The facts alone that tell some features.

    >>> len(facts_of(FeatureSet.default()).names(frozenset())) > 20
    True
    """
    return FeatureSet((FactColumns(builders=features.builders),), features.look_back)


def reasons_of(builders: Sequence[FeatureBuilder], roles: frozenset[str]) -> tuple[Reason, ...]:
    """The reasons of the library for a log with these roles, after those of builders' own.

    >>> reasons_of((), frozenset()) == reasons(frozenset())
    True
    """
    own = (r for b in builders if not b.lacks(roles) for r in b.reasons(roles))
    return (*own, *reasons(roles))


def is_fact(name: object) -> bool:
    """Whether a column is a fact.

    >>> is_fact("fact__visits__14d"), is_fact("cadence__active_days__14d")
    (True, False)
    """
    return str(name).startswith(f"{SIGNAL}__")


def _reach(builders: Sequence[FeatureBuilder], roles: frozenset[str]) -> float:
    """How many days back the features of some builders look; without builders, any."""
    if not builders:
        return math.inf
    features = (f for b in builders if not b.lacks(roles) for f in b.features(roles))
    return max((cell.back for f in features for cell in f.value.cells()), default=0)


def _facts(given: Sequence[Reason]) -> list[Fact]:
    """The facts of reasons, each once, in order."""
    found = {fact.name: fact for reason in given for fact in reason.facts.values()}
    return list(found.values())
