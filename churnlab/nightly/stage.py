"""The stage of the people on a list: its facts as columns beside the features of a model.

The conditions are those of `churnlab.schema.stages`. The columns are counted from the daily rows
of `[t - 70, t)` and from what is known of the days before; no model learns from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.dataset.labels import label_measures
from churnlab.features.builder import Feature, FeatureBuilder
from churnlab.features.expression import (
    Expression,
    Longest,
    Observed,
    Since,
    Sum,
    fill,
    given,
    least,
    lived,
    positive,
)
from churnlab.features.feature_set import FeatureSet
from churnlab.language.sentence import Sentence
from churnlab.schema.days import before
from churnlab.schema.stages import BEFORE, NOW, Presence
from churnlab.schema.targets import Churn

SILENCE = "label__since_last_days__all"
SEEN = "label__seen_days__all"
LONGEST = "label__longest_silence_days__all"
ACTIVE = f"label__active_days__{NOW}d"
USUAL = f"label__usual_active_days__{NOW}d_{BEFORE}d"


@dataclass(frozen=True, kw_only=True)
class StageFacts(FeatureBuilder):
    """What the stage of a person is made of, in days.

    `measures` count the acts that the churn label looks for. Where the log has no such act of a
    person, the days since are counted from the day before the log begins: nothing is known of a
    longer silence. Where a store has folded the days of `[t - 70, t)` away, `folded`, nothing is
    known of recent and earlier activity.
    """

    signal: ClassVar[str] = "label"
    default: ClassVar[bool] = False
    candidate: ClassVar[bool] = False
    measures: tuple[str, ...]
    folded: bool = False

    def features(self, roles: frozenset[str]) -> Iterator[Feature]:
        """SILENCE, SEEN and LONGEST; ACTIVE and USUAL where their days are kept."""
        since: list[Expression] = [_since(each) for each in self.measures]
        columns = {
            SILENCE: reduce(least, since),
            SEEN: _since("active"),
            LONGEST: positive(Longest("gap")),
        }
        if not self.folded:
            there = lived(NOW, BEFORE)
            usual = Sum("active")[NOW, BEFORE] * NOW / there
            columns[ACTIVE] = Sum("active")[0, NOW]
            columns[USUAL] = given(there - (NOW - 1), usual)
        for name, value in columns.items():
            yield Feature(name, value, "days", Sentence("{value}"))


def _since(measure: str) -> Expression:
    return fill(Since(measure), Observed() + 1)


def with_stage(features: FeatureSet, churn: Churn, activity: Activity, day: int) -> FeatureSet:
    """The features of a model, and the columns of StageFacts for a list of a day.

    ConfigError when the log lacks the roles of the churn label.

    >>> from churnlab import datasets
    >>> activity = datasets.make_community(users=20, days=40).log().daily()
    >>> few = with_stage(FeatureSet.of(["Tenure"]), Churn(horizon=30), activity, activity.end)
    >>> few.names(frozenset())[-2:]
    ('label__active_days__14d', 'label__usual_active_days__14d_70d')
    """
    measures = tuple(label_measures(churn, activity.roles, activity.has_money))
    facts = StageFacts(measures=measures, folded=folded(activity, day))
    return FeatureSet((*features.builders, facts), features.look_back)


def folded(activity: Activity, day: int) -> bool:
    """Whether a store has folded away days that `fading` is told from.

    >>> from churnlab import datasets
    >>> activity = datasets.make_community(users=20, days=40).log().daily()
    >>> folded(activity, activity.end)
    False
    """
    start = activity.kept_from
    return bool(before(activity.start, start) and before(day - BEFORE, start))


def presence(X: pd.DataFrame) -> Presence:
    """What stages are made of, from the columns of StageFacts among those of X."""
    missing = np.full(len(X), np.nan)
    names = (SILENCE, SEEN, LONGEST, ACTIVE, USUAL)
    return Presence(*(X[n].to_numpy(np.float64) if n in X else missing for n in names))
