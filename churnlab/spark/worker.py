"""The work of a Spark task: Arrow batches with all rows of some people in, Arrow batches out.

Nothing here knows of Spark; the code runs in Spark's Python workers. One shuffle brings together
everything of a person: the events, and the rows of other frames that travel among them.

A job is a frozen dataclass that Spark pickles, and a callable from batches to batches:

| job | in | out |
|---|---|---|
| `SummariseEvents` | any batches of events | one row with the columns of `SUMMARY` |
| `DailyRows` | all events of some people | their daily rows |
| `SnapshotRows` | the same, and rows of other frames | snapshots, labels and features |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.activity import arrivals
from churnlab.activity.daily import DailyActivity
from churnlab.activity.rows import Rows
from churnlab.dataset import compute
from churnlab.dataset.rule import Rule
from churnlab.dataset.snapshots import Snapshots
from churnlab.events import rollup
from churnlab.events.batches import Reader
from churnlab.events.codes import Tables
from churnlab.events.event_log import daily_rows
from churnlab.events.moments import OUTSIDE
from churnlab.events.source import Task
from churnlab.events.span import Span
from churnlab.events.spec import LogSpec
from churnlab.events.times import local_days
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels.records import COUNTS, MUST_PAY, SUMS
from churnlab.kernels.rollup import Slice
from churnlab.kernels.units import AMOUNT_LIMIT
from churnlab.schema.days import day_numbers
from churnlab.schema.roles import Roles
from churnlab.spark.batches import SNAPSHOT, USER, Separated, is_text, larger, named, to_arrow

SOURCE = "the frame"
KEYS = ("user_id", "snapshot")
SUMMARY = pa.schema(
    {
        "rows": pa.int64(),
        "ignored": pa.int64(),
        "bad_ids": pa.int64(),
        "bad_measures": pa.int64(),
        "bad_amounts": pa.int64(),
        "negative_amounts": pa.int64(),
        "too_late": pa.int64(),
        "events": pa.int64(),
        "bad_times": pa.int64(),
        "after_until": pa.int64(),
        "before_since": pa.int64(),
        "days": pa.list_(pa.int64()),
        "of_days": pa.list_(pa.int64()),
        "naive": pa.bool_(),
        "names": pa.list_(pa.string()),
        "unusable": pa.list_(pa.string()),
    }
)
_VALUES = 4_000_000
_PEOPLE = 2_000


class PersonJob(Protocol):
    """A job on all rows of some people, and the columns that it makes."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of the batches that come out."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches that come out of one task."""


@dataclass(frozen=True)
class SummariseEvents:
    """Summarise a partition of a log before it is rolled up: one row with the columns of SUMMARY.

    The rows of all partitions together give what no partition can know by itself. `unusable` lists
    pairs as JSON: what a column is for, and the fields of its `Unusable`. It does not
    matter which people the batches hold.
    """

    spec: LogSpec
    declared: Roles

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The summary of one task. Raises LogError for events that cannot be read."""
        tables = Tables(self.declared)
        reader = Reader(SOURCE, self.spec, tables)
        bad_amounts, events, too_late = 0, 0, 0
        by_day: dict[int, int] = {}
        for batch in larger(named(batches, self.spec)):
            read = reader.read(batch)
            day = local_days(read.clock, self.spec.clock_zone(bool(tables.naive)))
            timely = self._timely(read, day)
            bad_amounts += int((timely & _bad_amounts(read, tables)).sum())
            events += int(timely.sum())
            too_late += int((~timely).sum())
            for each, count in zip(*np.unique(day[timely], return_counts=True), strict=True):
                by_day[int(each)] = by_day.get(int(each), 0) + int(count)
        row = {
            "rows": reader.counts.rows,
            "ignored": reader.counts.ignored,
            "bad_ids": reader.counts.bad_ids,
            "bad_measures": reader.counts.bad_measures,
            "bad_amounts": bad_amounts,
            "negative_amounts": reader.counts.negative_amounts,
            "too_late": too_late,
            "events": events,
            "days": list(by_day),
            "of_days": list(by_day.values()),
            "naive": tables.naive,
            "names": sorted(tables.names),
            "unusable": [json.dumps([what, vars(seen)]) for what, seen in reader.unusable.items()],
            **{reason: getattr(reader.counts, reason) for reason in OUTSIDE},
        }
        yield pa.RecordBatch.from_pylist([row], SUMMARY)

    def _timely(self, read: Slice, day: np.ndarray) -> np.ndarray:
        """True for events that arrived at most `late_days` after their day, bool[n]."""
        known = read.known if len(read.known) else day
        return arrivals.in_time(known, day, self.spec.late_days)


def _bad_amounts(read: Slice, tables: Tables) -> np.ndarray:
    """True for amounts that the rollup will set aside, bool[n]."""
    if not len(read.amount):
        return np.zeros(len(read), bool)
    unusable = ~(np.abs(read.amount) <= AMOUNT_LIMIT)
    if not len(read.lacking):
        return unusable
    return np.where(read.lacking > 0, (tables.meaning().flags[read.name] & MUST_PAY) > 0, unusable)


@dataclass(frozen=True)
class LogContext:
    """Facts of the whole log, which no partition can know by itself.

    `declared` are the roles as the user gave them, `roles` those of which the log has an event.
    The log's days are `[start, end)`, as days since 1970-01-01.
    """

    spec: LogSpec
    declared: Roles
    roles: Roles
    start: int
    end: int
    text_ids: bool

    @property
    def zone(self) -> str:
        """The time zone of the local days."""
        return self.spec.timezone or "UTC"

    def activity(self, batches: Iterator[pa.RecordBatch]) -> DailyActivity:
        """Daily rows of the people in these batches, with the whole log's roles and days."""
        found = _unless_empty(larger(batches))
        if found is None:
            return self.nobody()
        spec = replace(self.spec, event_id=None, threads=1, memory=2**60)
        rolled = rollup.roll(_Part(found), spec, Tables(self.declared))
        rolled = rolled.since(self.start)
        if not rolled.blocks:
            return self.nobody()
        span = Span(self.start, self.end)
        daily = daily_rows(rolled, self.declared, self.roles, spec, span, {})
        return replace(daily, rows=daily.rows.whole)

    def nobody(self) -> DailyActivity:
        """The activity of a partition without people."""
        counts = np.zeros((0, len(COUNTS) + len(self.roles.names)), np.int32)
        sums = np.zeros((0, len(SUMS) + len(self.spec.measures)), np.int64)
        return DailyActivity(
            users=np.zeros(0, object if self.text_ids else np.int64),
            rows=Rows(np.zeros(1, np.int64), np.zeros(0, np.int32), counts, sums),
            roles=self.roles,
            measures=self.spec.measures,
            start=self.start,
            end=self.end,
            timezone=self.zone,
            has_money=self.spec.amount is not None,
        )


@dataclass(frozen=True)
class _Part:
    """Batches in no order, as a source of one task that can be read once."""

    batches: Iterator[pa.RecordBatch]
    name: str = SOURCE
    rows: int = 0

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """The only task: all batches."""
        return [Task(lambda: self.batches, order=None)]

    def relation(self, connection: Any) -> None:
        """None: there is no database."""
        return None


def _unless_empty(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch] | None:
    """The batches, or None if there is none."""
    first = next(batches, None)
    return None if first is None else chain([first], batches)


@dataclass(frozen=True)
class SnapshotRows:
    """Job from all rows of some people to their snapshots, labels and features.

    | field | meaning |
    |---|---|
    | `context` | the whole log |
    | `features` | the features to compute |
    | `rule` | who is eligible when; None if the snapshots travel among the events |
    | `snapshots` | columns of travelling snapshots, each with its travelling name |
    | `labels` | label columns |
    | `attributes` | columns of static attributes, each with its travelling name |
    | `then` | a function of the features; its rows come out in place of them |
    | `outcome` | names and types of the columns that `then` makes after user_id |
    """

    context: LogContext
    features: FeatureSet
    rule: Rule | None = None
    snapshots: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    then: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    outcome: tuple[tuple[str, pa.DataType], ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The columns of the batches that come out."""
        user = (KEYS[0], pa.string() if self.context.text_ids else pa.int64())
        if self.then is not None:
            return pa.schema([user, *self.outcome])
        features = compute.resolve(self.features, self.context.nobody()).names
        numbers = [(n, pa.float64()) for n in (*self.labels, *features)]
        static = [
            (profile.column_name(n), pa.string() if is_text(c) else pa.float64())
            for n, c in self.attributes.items()
        ]
        return pa.schema([user, (KEYS[1], pa.timestamp("us")), *numbers, *static])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of one task, some at a time, each person's rows side by side."""
        separated = Separated(self.context.spec.user)
        events = separated.events(named(batches, self.context.spec))
        activity = self.context.activity(events)
        frame = self._snapshots(activity, separated)
        users = separated.frame(USER, self.attributes) if self.attributes else None
        codes = _codes(activity, frame["user_id"])
        order = np.argsort(codes, kind="stable")
        step = max(1, _VALUES // max(1, len(self.schema)))
        for begin in range(0, len(order), step):
            rows = order[begin : begin + step]
            yield self._batch(activity, frame.iloc[rows].reset_index(drop=True), codes[rows], users)

    def _snapshots(self, activity: DailyActivity, separated: Separated) -> pd.DataFrame:
        """user_id, snapshot and labels of the rows of this task."""
        if self.rule is None:
            given = separated.frame(SNAPSHOT, self.snapshots)
            return Snapshots.from_frame(given).frame if len(given) else given
        if not len(activity.users):
            return pd.DataFrame(columns=list(KEYS))
        rule = self.rule
        found = zip(rule.days, rule.eligible(activity), strict=True)
        frames = [each.frame(activity, day) for day, each in found]
        return pd.concat(frames, ignore_index=True)

    def _batch(
        self,
        activity: DailyActivity,
        frame: pd.DataFrame,
        codes: np.ndarray,
        users: pd.DataFrame | None,
    ) -> pa.RecordBatch:
        """Features of some snapshots, whose people have these `codes`, in the shape of `schema`."""
        days = day_numbers(frame["snapshot"])
        X = compute.compute(activity, codes, days, self.features, threads=1)
        if users is not None:
            X = pd.concat([X, profile.attributes(users, frame["user_id"], whole=False)], axis=1)
        keys = frame[list(KEYS)]
        if self.then is not None:
            return to_arrow(self.then(X.set_axis(pd.MultiIndex.from_frame(keys))), self.schema)
        labels = frame.reindex(columns=list(self.labels)).astype(np.float64)
        return to_arrow(pd.concat([keys, labels, X], axis=1), self.schema)


@dataclass(frozen=True)
class DailyRows:
    """Job from all events of some people to their daily rows."""

    context: LogContext

    @property
    def schema(self) -> pa.Schema:
        """The columns of `DailyActivity.frame`."""
        user = (KEYS[0], pa.string() if self.context.text_ids else pa.int64())
        measures = [(n, pa.int64()) for n in self.context.nobody().sources]
        return pa.schema([user, ("day", pa.timestamp("us")), *measures])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The daily rows of one task, some people at a time."""
        activity = self.context.activity(named(batches, self.context.spec))
        people = len(activity.users)
        for begin in range(0, people, _PEOPLE):
            some = activity.take(begin, min(begin + _PEOPLE, people))
            yield to_arrow(some.frame(), self.schema)


def _codes(activity: DailyActivity, ids: pd.Series) -> np.ndarray:
    """Place of each id among the users, int64[n]; -1 for a person without a daily row.

    Unlike `Snapshots.keys` it accepts a partition that has none of the people.
    """
    if not len(activity.users):
        return np.full(len(ids), -1, np.int64)
    return np.asarray(activity.ids.get_indexer(pd.Index(ids)), np.int64)
