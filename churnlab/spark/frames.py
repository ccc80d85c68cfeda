"""Many machines: the events of a Spark DataFrame to features as a Spark DataFrame.

Events are shuffled once, by person, and every task works on whole persons with the code and the kernels of one machine
(`engines/partition.py`): the numbers are the same to the bit, whatever the partitions. Before that one pass over the log counts what no part
of it can know: its first and last day, the event names, what has to be set aside. Only that one row comes to the driver; all else is lazy.
Spark's Python workers need churnlab installed: PYSPARK_PYTHON names their Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Job
from churnlab.dataset.rule import Rule
from churnlab.dataset.snapshots import Snapshots
from churnlab.errors import ConfigError, FrameError, HistoryError, LogError
from churnlab.events import sources
from churnlab.events import users as user_files
from churnlab.events.checks import check_counts
from churnlab.events.spec import LogSpec
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import day_text
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles
from churnlab.schema.targets import Target
from churnlab.spark import worker
from churnlab.spark.session import (
    NUMBERS,
    TEXTS,
    TIMES,
    WHOLES,
    DataFrame,
    Session,
    column,
    constant,
    first_of_each,
    in_one_line,
    kind_of,
    mapped,
    one_row,
    read,
    sent,
    shuffle_partitions,
    write_whole,
)
from churnlab.spark.worker import (
    EVENT,
    FACTS,
    KEYS,
    SNAPSHOT,
    SOURCE,
    TAG,
    USER,
    Days,
    Facts,
    SnapshotRows,
    Whole,
)

_BYTES_A_ROW = 128


@dataclass(frozen=True, eq=False)
class SparkLog:
    """What people did and what happened to them, as a Spark DataFrame; made by `EventLog.from_frame`. Nothing is read before `daily`."""

    frame: DataFrame
    spec: LogSpec

    @classmethod
    def of(cls, frame: DataFrame, spec: LogSpec) -> SparkLog:
        """Checks that the columns are there. LogError where one is not, or ids are neither text nor whole numbers."""
        sources.check_columns(SOURCE, spec.wanted(), frame.columns)
        kind = frame.schema[spec.user].dataType.typeName()
        if kind not in (*TEXTS, *WHOLES):
            raise LogError.from_wrong_type(SOURCE, spec.user, kind, "text or whole numbers")
        return cls(frame, spec)

    def daily(self) -> SparkActivity:
        """The log as it will be rolled up; reads it once, to count what no part of it can know. Errors are those of `EventLog.from_frame`."""
        return self._activity

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, what was set aside included; people and repeated events are not counted."""
        return dict(self._activity.source)

    @cached_property
    def _activity(self) -> SparkActivity:
        events, before = self._events()
        declared = Roles.declared(self.spec.roles, self.spec.receipts, self.spec.ignore)
        facts = _facts(events, self.spec, declared)
        declared = (
            declared.paying(facts["names"], standard=self.spec.roles is None)
            if self.spec.amount is not None
            else declared
        )
        roles = declared.seen(facts["names"], standard=self.spec.roles is None)
        whole = Whole(
            self.spec,
            declared,
            roles,
            facts["start"],
            facts["end"],
            kind_of(self.frame, self.spec.user) in TEXTS,
        )
        parts = max(
            shuffle_partitions(events.sparkSession),
            -(-facts["rows"] * _BYTES_A_ROW // self.spec.memory),
        )
        return SparkActivity(events, whole, parts, _about(facts, whole, before))

    def _events(self) -> tuple[DataFrame, int | None]:
        """The columns that are read; where events have an id each once, and how many rows there were before."""
        names = worker.travelling(EVENT, self.spec.columns)
        events = self.frame.select(*(column(n).alias(c) for n, c in names.items()))
        if self.spec.event_id is None:
            return events, None
        wanted = self.spec.wanted()
        order = dict.fromkeys(
            names[wanted[k]] for k in ("time", "user", "event", *sorted(wanted)) if k != "event_id"
        )
        with in_one_line():
            return first_of_each(events, names[self.spec.event_id], order, TAG), events.count()


def _facts(events: DataFrame, spec: LogSpec, declared: Roles) -> dict[str, Any]:
    """The one row of FACTS that is true of all parts together."""
    sums = [n for n in FACTS.names if n not in ("start", "end", "naive", "names")]
    facts = one_row(mapped(events, Facts(spec, declared), FACTS), sums)
    if facts["any_naive"] and not facts["all_naive"]:
        raise LogError.from_mixed_zones(SOURCE, spec.time)
    check_counts(
        SOURCE, spec, facts["rows"], facts["ignored"], facts["bad_ids"], facts["start"] is not None
    )
    return facts


def _about(facts: Mapping[str, Any], whole: Whole, before: int | None) -> dict[str, object]:
    """What `describe` says."""
    counts = {n: facts[n] for n in ("events", "ignored", "bad_amounts", "bad_measures", "bad_ids")}
    counts |= {"too_late": facts["too_late"]} if whole.spec.arrived else {}
    counts |= {"duplicates_dropped": before - facts["rows"]} if before is not None else {}
    return {
        "source": SOURCE,
        **counts,
        "first_day": day_text(whole.start),
        "last_day": day_text(whole.end - 1),
        "timezone": whole.zone,
    }


@dataclass(frozen=True, eq=False)
class SparkActivity:
    """A log on Spark, ready to be rolled up by person: the columns of its events that are read, and what holds of the whole log.

    `Snapshots.at` and `build_dataset` take it as they take a DailyActivity, and give Spark DataFrames. `parts` is the number of partitions
    of whole persons: `spark.sql.shuffle.partitions`, or more where a part's events would not fit into the log's `memory`. `source` is what
    `describe` gives.
    """

    events: DataFrame
    whole: Whole
    parts: int
    source: Mapping[str, object] = field(default_factory=dict)

    @property
    def roles(self) -> Roles:
        """What the events mean."""
        return self.whole.roles

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures beyond the standard ones."""
        return self.whole.spec.measures

    @property
    def start(self) -> int:
        """The first observed day."""
        return self.whole.start

    @property
    def kept_from(self) -> int:
        """The same: on Spark nothing is folded away."""
        return self.whole.start

    @property
    def end(self) -> int:
        """The day after the last observed one."""
        return self.whole.end

    @property
    def timezone(self) -> str:
        """The zone of the local days."""
        return self.whole.zone

    @property
    def has_money(self) -> bool:
        """Whether the log names an amount."""
        return self.whole.spec.amount is not None

    @property
    def text_ids(self) -> bool:
        """Whether user ids are text; whole numbers otherwise."""
        return self.whole.text_ids

    def daily(self) -> DailyActivity:
        """Refused: daily rows are never collected from Spark."""
        raise ConfigError.from_spark(
            "models are trained on one machine",
            'set engine = "local" and train on a log of some of the people',
        )

    def jobs(self) -> Iterator[Job]:
        """Refused, as `daily`."""
        raise ConfigError.from_spark(
            "groups of people are not brought from Spark to this machine",
            "use build_dataset, which works on Spark",
        )

    def describe(self) -> dict[str, object]:
        """What the log was."""
        return dict(self.source)

    def frame(self) -> DataFrame:
        """The daily rows: user_id, day and the measures, as in DailyActivity.frame."""
        job = Days(self.whole)
        return mapped(self._by_person([]), job, job.schema)

    def snapshots(self, rule: Rule) -> SparkSnapshots:
        """What `Snapshots.at` gives; errors that one person's rows cannot tell are found here."""
        rule.check(self.roles, self.has_money)
        for day in rule.days:
            Snapshots.check_past(self, day)
        observed = tuple(day for day in rule.days if rule.observed(self.start, self.end, day))
        if not observed:
            raise HistoryError.from_nobody(
                ", ".join(map(day_text, rule.days)) or "no day", rule.active_within
            )
        return SparkSnapshots(self, replace(rule, days=observed), None, rule.targets)

    def dataset(
        self, snapshots: SparkSnapshots | Snapshots, features: FeatureSet, users: Any | None
    ) -> SparkDataset:
        """What `build_dataset` gives. `users` is a Spark DataFrame, or a frame on this machine."""
        session, sides = self.events.sparkSession, []
        given, rule = (
            _given(snapshots, session),
            snapshots.rule if isinstance(snapshots, SparkSnapshots) else None,
        )
        job = SnapshotRows(self.whole, features, rule, labels=_labels(snapshots, given))
        if given is not None:
            job = replace(job, snapshots=worker.travelling(SNAPSHOT, ("snapshot", *job.labels)))
            sides.append(self._side(SNAPSHOT, "the snapshots", given, job.snapshots))
        if users is not None:
            typed = _attributes(sent(users, session), self.whole.text_ids)
            names = [c for c in typed.columns if c != "user_id"]
            job = replace(
                job,
                attributes=worker.travelling(
                    USER, names, [n for n in names if kind_of(typed, n) == "string"]
                ),
            )
            sides.append(self._side(USER, "the users", typed, job.attributes))
        return SparkDataset(self, job, tuple(sides), snapshots.targets)

    def only(self, users: DataFrame) -> SparkActivity:
        """The same with the events of some people: `users` has user_id."""
        chosen = users.select(column("user_id").alias(self._name(self.whole.spec.user))).hint(
            "broadcast"
        )
        return replace(
            self, events=self.events.join(chosen, self._name(self.whole.spec.user), "left_semi")
        )

    def _name(self, of_log: str) -> str:
        """What a column of the log is called in `events`."""
        return worker.travelling(EVENT, self.whole.spec.columns)[of_log]

    def _side(self, tag: int, name: str, frame: DataFrame, columns: Mapping[str, str]) -> DataFrame:
        """Another frame's rows as they travel among the events."""
        kind = kind_of(frame, "user_id")
        if (kind in TEXTS) != self.whole.text_ids or kind not in (*TEXTS, *WHOLES):
            raise LogError.from_wrong_type(
                name,
                "user_id",
                kind,
                "ids of the same type in the log, the snapshots and the users",
            )
        user = (
            column("user_id")
            .cast("string" if self.whole.text_ids else "bigint")
            .alias(self._name(self.whole.spec.user))
        )
        return frame.select(
            user, constant(tag).alias(TAG), *(column(n).alias(c) for n, c in columns.items())
        )

    def _by_person(self, sides: list[DataFrame]) -> DataFrame:
        """The events that count, and the rows of other frames among them, in partitions of whole persons."""
        spec, name = self.whole.spec, self._name(self.whole.spec.user)
        rows = self.events.where(column(name).isNotNull())
        if spec.ignore:
            rows = rows.where(~column(self._name(spec.event)).cast("string").isin(*spec.ignore))
        if not self.whole.text_ids:
            rows = rows.withColumn(name, column(name).cast("bigint"))
        if sides:
            rows = rows.withColumn(TAG, constant(EVENT))
        for side in sides:
            rows = rows.unionByName(side, allowMissingColumns=True)
        return rows.repartition(self.parts, column(name))

    def __repr__(self) -> str:
        days = f"{day_text(self.start)} to {day_text(self.end - 1)}"
        return f"SparkActivity({self.source.get('events', 0):,} events, {days}, {self.parts} parts)"


@dataclass(frozen=True, eq=False)
class SparkSnapshots:
    """Snapshots that follow from a log on Spark by `rule`, or are a Spark DataFrame `given`; not computed before they are asked for."""

    activity: SparkActivity | None
    rule: Rule | None
    given: DataFrame | None
    targets: tuple[Target, ...] = ()

    @classmethod
    def of(cls, frame: DataFrame, targets: tuple[Target, ...]) -> SparkSnapshots:
        """From a frame with user_id and snapshot; its rows are checked where they are used."""
        missing = [c for c in KEYS if c not in frame.columns]
        if missing:
            raise FrameError.from_missing_columns("the snapshots", missing, frame.columns)
        return cls(None, None, frame, targets)

    @property
    def frame(self) -> DataFrame:
        """user_id, snapshot and labels."""
        if self.given is not None or self.activity is None:
            return self.given
        return self.activity.dataset(self, FeatureSet(()), None).frame


def _labels(snapshots: SparkSnapshots | Snapshots, given: DataFrame | None) -> tuple[str, ...]:
    return (
        tuple(n for t in snapshots.targets for n in t.columns)
        if given is None
        else tuple(n for n in ("churned", "ltv") if n in given.columns)
    )


def _given(snapshots: SparkSnapshots | Snapshots, session: Session) -> DataFrame | None:
    """The snapshots that are a frame, as a Spark DataFrame."""
    if isinstance(snapshots, SparkSnapshots):
        return snapshots.given
    frame = snapshots.frame
    table = pa.Table.from_pandas(frame.drop(columns="snapshot"), preserve_index=False)
    return sent(
        table.append_column(
            "snapshot", pa.array(frame["snapshot"].to_numpy().astype("datetime64[D]"))
        ),
        session,
    )


@dataclass(frozen=True, eq=False)
class SparkDataset:
    """Features and labels as Spark DataFrames, lazy; the columns are those of a Dataset, keys first, a missing value is NaN."""

    activity: SparkActivity
    job: SnapshotRows
    sides: tuple[DataFrame, ...]
    targets: tuple[Target, ...] = ()

    @property
    def frame(self) -> DataFrame:
        """user_id, snapshot, labels, features; text attributes as text."""
        return mapped(self.activity._by_person(list(self.sides)), self.job, self.job.schema)

    @property
    def X(self) -> DataFrame:
        """user_id, snapshot and the features."""
        return self.frame.drop(*self.job.labels)

    @property
    def labels(self) -> DataFrame:
        """user_id, snapshot and the labels."""
        return self.frame.select(*KEYS, *self.job.labels)

    def y(self, name: str) -> DataFrame:
        """user_id, snapshot and one label."""
        if name not in self.job.labels:
            raise FrameError.from_no_target(name, self.job.labels)
        return self.frame.select(*KEYS, name)

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        """A row for each feature, as in Dataset."""
        table = self.job.features.catalogue(self.job.whole.available)
        static = [profile.column_name(n) for n in self.job.attributes]
        return pd.concat([table, profile.catalogue(static)], ignore_index=True) if static else table

    @property
    def skipped(self) -> dict[str, str]:
        """Builders that contribute nothing, and what the log lacks for them."""
        return self.job.features.skipped(self.job.whole.available)

    def map(self, function: Any, outcome: Mapping[str, pa.DataType]) -> DataFrame:
        """What a function makes of X, a pandas frame of some of the people at a time: user_id and the columns `outcome`."""
        job = replace(self.job, then=function, outcome=tuple(outcome.items()))
        return mapped(self.activity._by_person(list(self.sides)), job, job.schema)

    def only(self, users: DataFrame) -> SparkDataset:
        """The same from the events of some people: `users` has user_id."""
        return replace(self, activity=self.activity.only(users))

    def write(self, target: str) -> int:
        """Writes X to a folder of Parquet, whole or not at all, and gives the number of rows."""
        return write_whole(self.X, target)

    def __repr__(self) -> str:
        return f"SparkDataset({len(self.catalogue)} columns, labels: {', '.join(self.job.labels) or 'none'})"


def _attributes(users: DataFrame, text_ids: bool) -> DataFrame:
    """Static attributes: numbers as doubles, the rest as text. FrameError for a date or where user_id is missing."""
    if "user_id" not in users.columns:
        raise FrameError.from_missing_columns("the users frame", ["user_id"], users.columns)
    names = [c for c in users.columns if c != "user_id"]
    for name in names:
        if kind_of(users, name) in TIMES:
            raise FrameError.from_date_attribute(name)
    user = column("user_id").cast("string") if text_ids else column("user_id")
    return users.select(
        user.alias("user_id"),
        *(
            column(n).cast("double" if kind_of(users, n) in NUMBERS else "string").alias(n)
            for n in names
        ),
    )


def read_log(path: str, *, table: str | None = None, **options: Any) -> SparkLog:
    """What `EventLog.read` gives for files that Spark reads; a `table` of a database it does not."""
    return SparkLog.of(read(path), LogSpec.of(**options))


def log_of_frame(frame: DataFrame, spec: LogSpec) -> SparkLog:
    """What `EventLog.from_frame` gives for a Spark DataFrame."""
    return SparkLog.of(frame, spec)


def chosen(activity: SparkActivity, rule: Rule) -> SparkSnapshots:
    """What `Snapshots.at` gives for a log on Spark."""
    return activity.snapshots(rule)


def snapshots_of_frame(frame: DataFrame, targets: tuple[Target, ...]) -> SparkSnapshots:
    """What `Snapshots.from_frame` gives for a Spark DataFrame."""
    return SparkSnapshots.of(frame, targets)


def dataset(
    activity: SparkActivity,
    snapshots: SparkSnapshots | Snapshots,
    features: FeatureSet,
    users: Any | None,
    threads: int | None,
) -> SparkDataset:
    """What `build_dataset` gives for a log on Spark; Spark itself decides about threads."""
    return activity.dataset(snapshots, features, users)


def read_users(activity: SparkActivity, path: str, user: str) -> DataFrame | pd.DataFrame:
    """Static attributes: Parquet stays on Spark, other files are read here."""
    if ".parquet" in path:
        return read(path).withColumnRenamed(user, "user_id")
    return user_files.read(path, user, activity.text_ids)
