"""SparkDataset: features and labels as Spark DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.dataset import compute
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import FrameError
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.features.resolved import ResolvedFeatures
from churnlab.schema.targets import Target
from churnlab.spark import snapshots as on_spark
from churnlab.spark.activity import SparkActivity
from churnlab.spark.batches import SNAPSHOT, USER, travelling
from churnlab.spark.session import DataFrame, Session, sent, write_whole
from churnlab.spark.snapshots import SparkSnapshots
from churnlab.spark.users import typed
from churnlab.spark.worker import KEYS, SnapshotRows


@dataclass(frozen=True, eq=False)
class SparkDataset:
    """Features and labels as lazy Spark DataFrames.

    The columns are those of a Dataset after user_id and snapshot; a missing value is NaN. `job`
    makes the rows, from the events of `activity` and from `sides`: frames of snapshots and
    attributes that travel among the events.
    """

    activity: SparkActivity
    job: SnapshotRows
    sides: tuple[DataFrame, ...]
    targets: tuple[Target, ...] = ()

    @property
    def frame(self) -> DataFrame:
        """user_id, snapshot, labels and features; categories are text."""
        return self.activity.mapped(self.job, self.sides)

    @property
    def X(self) -> DataFrame:
        """user_id, snapshot and the features."""
        return self.frame.drop(*self.job.labels)

    @property
    def labels(self) -> DataFrame:
        """user_id, snapshot and the labels."""
        return self.frame.select(*KEYS, *self.job.labels)

    def y(self, name: str) -> DataFrame:
        """user_id, snapshot and one label. Raises FrameError for an unknown label."""
        if name not in self.job.labels:
            raise FrameError.from_no_target(name, self.job.labels)
        return self.frame.select(*KEYS, name)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """A row for each feature, as in Dataset."""
        table = self._resolved.catalogue
        static = profile.catalogue(self.job.attributes)
        return pd.concat([table, static], ignore_index=True) if len(static) else table

    @property
    def skipped(self) -> dict[str, str]:
        """Builders that contribute nothing, each with what the log lacks for it."""
        return dict(self._resolved.skipped)

    @cached_property
    def _resolved(self) -> ResolvedFeatures:
        """The features, resolved for the whole log."""
        return compute.resolve(self.job.features, self.job.context.nobody())

    def map(self, function: Any, outcome: Mapping[str, pa.DataType]) -> DataFrame:
        """user_id and the columns `outcome` that a function makes of X.

        The function takes a pandas DataFrame of the features of some people, and gives a pandas
        DataFrame with user_id and the outcome.
        """
        job = replace(self.job, then=function, outcome=tuple(outcome.items()))
        return self.activity.mapped(job, self.sides)

    def only(self, users: DataFrame) -> SparkDataset:
        """The dataset of the people in `users`, a frame with user_id."""
        return replace(self, activity=self.activity.only(users))

    def write(self, target: str) -> int:
        """Write X to a folder of Parquet files, whole or not at all; returns the number of rows."""
        return write_whole(self.X, target)

    def __repr__(self) -> str:
        labels = ", ".join(self.job.labels) or "none"
        return f"SparkDataset({len(self.catalogue)} columns, labels: {labels})"


def build(
    activity: SparkActivity,
    snapshots: SparkSnapshots | Snapshots,
    features: FeatureSet,
    users: Any | None,
    threads: int | None,
) -> SparkDataset:
    """Features and labels of snapshots on Spark; the twin of `build_dataset`.

    `users` is a Spark DataFrame, or a frame on this machine. Spark decides about threads.
    """
    session, sides = activity.events.sparkSession, []
    if isinstance(snapshots, Snapshots):
        snapshots = on_spark.from_frame(_sent(snapshots, session), snapshots.targets)
    job = SnapshotRows(activity.context, features, snapshots.rule, labels=snapshots.columns)
    if snapshots.given is not None:
        columns = travelling(SNAPSHOT, ("snapshot", *job.labels))
        sides.append(activity.side(SNAPSHOT, "the snapshots", snapshots.given, columns))
        job = replace(job, snapshots=columns)
    if users is not None:
        frame, columns = typed(users, activity.text_ids, session)
        plain = {name: name for name in columns.values()}
        sides.append(activity.side(USER, "the users", frame, plain))
        job = replace(job, attributes=columns)
    return SparkDataset(activity, job, tuple(sides), snapshots.targets)


def _sent(snapshots: Snapshots, session: Session) -> DataFrame:
    """Snapshots of this machine as a Spark DataFrame; snapshot days travel as dates."""
    frame = snapshots.frame
    table = pa.Table.from_pandas(frame.drop(columns="snapshot"), preserve_index=False)
    days = pa.array(frame["snapshot"].to_numpy().astype("datetime64[D]"))
    return sent(table.append_column("snapshot", days), session)
