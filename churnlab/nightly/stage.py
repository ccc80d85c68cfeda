"""The stage of the people on a list: who already is as silent as the churn label asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

from churnlab.activity.protocol import Activity
from churnlab.dataset.labels import label_measures
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import Expression, Observed, Since, fill, least
from churnlab.features.feature_set import FeatureSet
from churnlab.language.sentence import sentence
from churnlab.schema.targets import Churn

SILENCE = "label__since_last_days__all"
SILENT = "silent"


@dataclass(frozen=True, kw_only=True)
class LabelSilence(FeatureBuilder):
    """Days since the last act that the churn label looks for, at least 1.

    `measures` count these acts. Where the log has no such act of a person, the days are counted
    from the day before the log begins: nothing is known of a longer silence.
    """

    signal: ClassVar[str] = "label"
    default: ClassVar[bool] = False
    candidate: ClassVar[bool] = False
    measures: tuple[str, ...]

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """The column SILENCE."""
        since: list[Expression] = [fill(Since(each), Observed() + 1) for each in self.measures]
        yield Feature(
            SILENCE,
            reduce(least, since),
            "days",
            sentence("the last act that counts was {value:.0f} days ago"),
        )


def with_silence(features: FeatureSet, churn: Churn, activity: Activity) -> FeatureSet:
    """The features of a model, and the column SILENCE of its target.

    ConfigError when the log lacks the target's roles.

    >>> from churnlab import datasets
    >>> activity = datasets.make_community(users=20, days=40).log().daily()
    >>> few = with_silence(FeatureSet.of(["Tenure"]), Churn(horizon=30), activity)
    >>> few.names(frozenset())[-1]
    'label__since_last_days__all'
    """
    measures = label_measures(churn, activity.roles, activity.has_money)
    return FeatureSet((*features.builders, LabelSilence(measures=tuple(measures))))
