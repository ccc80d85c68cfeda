"""SparkSnapshots: snapshots of a log on Spark, or in a Spark DataFrame."""

from __future__ import annotations

from dataclasses import dataclass, replace

from churnlab.dataset.rule import Rule
from churnlab.errors import FrameError, HistoryError
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import day_text
from churnlab.schema.targets import Target
from churnlab.spark.activity import SparkActivity
from churnlab.spark.session import DataFrame
from churnlab.spark.worker import KEYS, SnapshotRows


@dataclass(frozen=True, eq=False)
class SparkSnapshots:
    """Snapshots of a log on Spark by a `rule`, or `given` as a Spark DataFrame.

    They are computed when they are used.
    """

    activity: SparkActivity | None
    rule: Rule | None
    given: DataFrame | None
    targets: tuple[Target, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The label columns."""
        if self.given is None:
            return tuple(n for t in self.targets for n in t.columns)
        return tuple(n for n in ("churned", "ltv") if n in self.given.columns)

    @property
    def frame(self) -> DataFrame:
        """user_id, snapshot and the labels."""
        if self.activity is None:
            return self.given
        context = self.activity.context
        job = SnapshotRows(context, FeatureSet(()), rule=self.rule, labels=self.columns)
        return self.activity.mapped(job)


def at(activity: SparkActivity, rule: Rule) -> SparkSnapshots:
    """Snapshots of the people who are eligible by a rule; the twin of `Snapshots.at`.

    Raises the errors that do not depend on single rows; days that are not observed are left out.
    """
    rule.check(activity)
    observed = tuple(day for day in rule.days if rule.observed(activity.start, activity.end, day))
    if not observed:
        days = ", ".join(map(day_text, rule.days)) or "no day"
        raise HistoryError.from_nobody(days, rule.active_within)
    return SparkSnapshots(activity, replace(rule, days=observed), None, rule.targets)


def from_frame(frame: DataFrame, targets: tuple[Target, ...]) -> SparkSnapshots:
    """Snapshots in a Spark DataFrame; the twin of `Snapshots.from_frame`.

    Raises FrameError when a key is missing; the rows are checked where they are used.
    """
    missing = [c for c in KEYS if c not in frame.columns]
    if missing:
        raise FrameError.from_missing_columns("the snapshots", missing, frame.columns)
    return SparkSnapshots(None, None, frame, targets)
