"""What a task of Spark does: Arrow batches of whole persons in, Arrow batches out. It knows nothing of Spark, and runs in Spark's Python workers.

Rows of other frames that are wanted beside a person's events (snapshots of one's own, static attributes) come among the events, marked by
the column `TAG`, so that one shuffle brings together all that there is of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

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
from churnlab.events.sources import BATCH, Task
from churnlab.events.spec import LogSpec
from churnlab.events.times import local_days
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels.records import COUNTS, MUST_PAY, SUMS
from churnlab.kernels.rollup import Slice
from churnlab.kernels.units import AMOUNT_LIMIT
from churnlab.schema.days import day_numbers
from churnlab.schema.roles import Roles

SOURCE = "the frame"
TAG = "churnlab_tag"
EVENT = 0
SNAPSHOT = 1
USER = 2
KEYS = ("user_id", "snapshot")
_VALUES = 4_000_000
_PEOPLE = 2_000
FACTS = pa.schema(
    [
        *(
            (n, pa.int64())
            for n in (
                "rows",
                "ignored",
                "bad_ids",
                "bad_measures",
                "bad_amounts",
                "too_late",
                "events",
                "start",
                "end",
            )
        ),
        ("naive", pa.bool_()),
        ("names", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class Facts:
    """Counts what must be known of a log before any part of it is rolled up: one row of FACTS for any number of batches, whoever they are of."""

    spec: LogSpec
    declared: Roles

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Reads all batches; errors in one line for what cannot be used."""
        tables = Tables(self.declared)
        reader = Reader(SOURCE, self.spec, tables)
        bad_amounts, too_late, kept, days = 0, 0, 0, [np.zeros(0, np.int64)]
        for batch in _larger(named(batches, self.spec)):
            read = reader.read(batch)
            day = local_days(read.clock, None if tables.naive else self.spec.timezone)
            known = read.known if len(read.known) else day
            timely = arrivals.in_time(known, day, self.spec.late_days)
            bad_amounts += int((timely & _bad_amounts(read, tables)).sum())
            too_late, kept = too_late + int((~timely).sum()), kept + int(timely.sum())
            days.append(np.unique(day[timely]))
        counts, seen = reader.counts, np.concatenate(days)
        first, last = (int(seen.min()), int(seen.max()) + 1) if len(seen) else (None, None)
        row = {
            "rows": counts.rows,
            "ignored": counts.ignored,
            "bad_ids": counts.bad_ids,
            "bad_measures": counts.bad_measures,
            "bad_amounts": bad_amounts,
            "too_late": too_late,
            "events": kept,
            "start": first,
            "end": last,
            "naive": tables.naive,
            "names": sorted(tables.names),
        }
        yield pa.RecordBatch.from_pylist([row], FACTS)


def _bad_amounts(read: Slice, tables: Tables) -> np.ndarray:
    """Which amounts the rollup will set aside, bool[n]."""
    if not len(read.amount):
        return np.zeros(len(read), bool)
    unusable = ~(np.abs(read.amount) <= AMOUNT_LIMIT)
    if not len(read.lacking):
        return unusable
    return np.where(read.lacking > 0, (tables.meaning().flags[read.name] & MUST_PAY) > 0, unusable)


@dataclass(frozen=True)
class Whole:
    """What a part of a log cannot know by itself: what columns mean, the roles of the whole log and its days, `[start, end)`."""

    spec: LogSpec
    declared: Roles
    roles: Roles
    start: int
    end: int
    text_ids: bool

    @property
    def zone(self) -> str:
        """The zone of the local days."""
        return self.spec.timezone or "UTC"

    def activity(self, batches: Iterator[pa.RecordBatch]) -> DailyActivity:
        """The daily rows of the persons in these batches, as they stand among those of the whole log."""
        spec = replace(self.spec, event_id=None, threads=1, memory=2**60)
        found = _one_ahead(_larger(batches))
        rolled = (
            rollup.roll(_Part(found), spec, Tables(self.declared)) if found is not None else None
        )
        if rolled is None or not rolled.blocks:
            return self.nobody()
        daily = daily_rows(rolled, self.declared, self.roles, spec, self.zone, {})
        return replace(daily, rows=daily.rows.whole, start=self.start, end=self.end)

    def nobody(self) -> DailyActivity:
        """The daily rows of no person at all."""
        counts = np.zeros((0, len(COUNTS) + len(self.roles.names)), np.int32)
        sums = np.zeros((0, len(SUMS) + len(self.spec.measures)), np.int64)
        rows = Rows(np.zeros(1, np.int64), np.zeros(0, np.int32), counts, sums)
        return DailyActivity(
            np.zeros(0, object if self.text_ids else np.int64),
            rows,
            self.roles,
            self.spec.measures,
            self.start,
            self.end,
            self.zone,
            self.spec.amount is not None,
        )

    @property
    def available(self) -> frozenset[str]:
        """The roles of the log, and `money` where it names an amount."""
        return compute.available(self.nobody())


@dataclass(frozen=True)
class _Part:
    """Batches in no order as a source of one task, which can be read once."""

    batches: Iterator[pa.RecordBatch]
    name: str = SOURCE
    rows: int = 0

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """The one."""
        return [Task(lambda: self.batches, ordered=False)]

    def relation(self, connection: Any) -> None:
        """It is in memory."""
        return None


def _larger(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches that are worth the call: Spark's hold 10,000."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held += [batch] if batch.num_rows else []
        if sum(b.num_rows for b in held) >= BATCH:
            yield pa.concat_batches(held)
            held = []
    if held:
        yield pa.concat_batches(held)


def _one_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch] | None:
    """The batches, None when there is none."""
    first = next(batches, None)
    return None if first is None else (b for part in ([first], batches) for b in part)


class _Apart:
    """Batches with a TAG taken apart: `events` hands the events on and keeps the others' rows, which are there once it has come to its end."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.kept: dict[int, list[pa.RecordBatch]] = {SNAPSHOT: [], USER: []}

    def events(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The events alone."""
        for batch in batches:
            if TAG not in batch.schema.names:
                yield batch
                continue
            tag = batch.column(TAG)
            for other, kept in self.kept.items():
                kept.append(batch.filter(pc.equal(tag, other)))
            yield batch.filter(pc.equal(tag, EVENT))

    def frame(self, tag: int, columns: dict[str, str]) -> pd.DataFrame:
        """The rows of another frame: user_id and `columns`, by the names that they shall have."""
        names = {"user_id": self.user, **columns}
        batches = [b for b in self.kept[tag] if b.num_rows]
        if not batches:
            return pd.DataFrame(
                {n: pd.Series(dtype="str" if is_text(c) else "float64") for n, c in names.items()}
            )
        table = (
            pa.Table.from_batches(batches).select(list(names.values())).rename_columns(list(names))
        )
        return table.to_pandas()


def travelling(tag: int, names: Iterable[str], texts: Collection[str] = ()) -> dict[str, str]:
    """What the columns of a frame are called on the way (Spark takes no name with a dot or a backtick); `texts` are those that hold text."""
    return {
        n: f"churnlab_{tag}_{'text' if n in texts else 'value'}_{i}" for i, n in enumerate(names)
    }


def is_text(travelling_name: str) -> bool:
    """Whether a column that travels among the events holds text."""
    return "_text_" in travelling_name


def named(batches: Iterator[pa.RecordBatch], spec: LogSpec) -> Iterator[pa.RecordBatch]:
    """The batches with the columns of the events called as they are in the log."""
    names = {c: n for n, c in travelling(EVENT, spec.columns).items()}
    return (b.rename_columns([names.get(n, n) for n in b.schema.names]) for b in batches)


@dataclass(frozen=True)
class SnapshotRows:
    """Batches of whole persons to snapshots, labels and features, or to what `then` makes of the features.

    With a `rule` the snapshots follow from the daily rows, else they come among the events (`snapshots`: their columns). `attributes` are
    the columns of the static attributes by name.
    """

    whole: Whole
    features: FeatureSet
    rule: Rule | None = None
    snapshots: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    then: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    outcome: tuple[tuple[str, pa.DataType], ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The columns of what comes out."""
        user = (KEYS[0], pa.string() if self.whole.text_ids else pa.int64())
        if self.then is not None:
            return pa.schema([user, *self.outcome])
        numbers = [
            (n, pa.float64()) for n in (*self.labels, *self.features.names(self.whole.available))
        ]
        static = [
            (profile.column_name(n), pa.string() if is_text(c) else pa.float64())
            for n, c in self.attributes.items()
        ]
        return pa.schema([user, (KEYS[1], pa.timestamp("us")), *numbers, *static])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One task."""
        apart = _Apart(self.whole.spec.user)
        activity = self.whole.activity(apart.events(named(batches, self.whole.spec)))
        frame = self._snapshots(activity, apart)
        users = apart.frame(USER, self.attributes) if self.attributes else None
        codes = _codes(activity, frame["user_id"])
        order, step = np.argsort(codes, kind="stable"), max(1, _VALUES // max(1, len(self.schema)))
        for begin in range(0, len(order), step):
            rows = order[begin : begin + step]
            yield self._batch(activity, frame.iloc[rows].reset_index(drop=True), codes[rows], users)

    def _snapshots(self, activity: DailyActivity, apart: _Apart) -> pd.DataFrame:
        if self.rule is not None:
            parts = (
                [self.rule.rows(activity, day)[0] for day in self.rule.days]
                if len(activity.users)
                else []
            )
            return (
                pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(KEYS))
            )
        given = apart.frame(SNAPSHOT, self.snapshots)
        return Snapshots.from_frame(given).frame if len(given) else given

    def _batch(
        self,
        activity: DailyActivity,
        frame: pd.DataFrame,
        codes: np.ndarray,
        users: pd.DataFrame | None,
    ) -> pa.RecordBatch:
        X = compute.compute(
            activity, codes, day_numbers(frame["snapshot"]), self.features, threads=1
        )
        if users is not None:
            X = pd.concat([X, profile.attributes(users, frame["user_id"], whole=False)], axis=1)
        if self.then is not None:
            return _to_arrow(
                self.then(X.set_axis(pd.MultiIndex.from_frame(frame[list(KEYS)]))), self.schema
            )
        labels = frame.reindex(columns=list(self.labels)).astype(np.float64)
        return _to_arrow(pd.concat([frame[list(KEYS)], labels, X], axis=1), self.schema)


@dataclass(frozen=True)
class Days:
    """Batches of whole persons to their daily rows."""

    whole: Whole

    @property
    def schema(self) -> pa.Schema:
        """The columns of DailyActivity.frame."""
        user = (KEYS[0], pa.string() if self.whole.text_ids else pa.int64())
        return pa.schema(
            [
                user,
                ("day", pa.timestamp("us")),
                *((n, pa.int64()) for n in self.whole.nobody().sources),
            ]
        )

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One task."""
        activity = self.whole.activity(named(batches, self.whole.spec))
        for begin in range(0, len(activity.users), _PEOPLE):
            yield _to_arrow(
                activity.take(begin, min(begin + _PEOPLE, len(activity.users))).frame(), self.schema
            )


def _codes(activity: DailyActivity, ids: pd.Series) -> np.ndarray:
    """The place of each id among the users, -1 for a person without a row; unlike `Snapshots.keys` it takes a part that knows nobody."""
    if not len(activity.users):
        return np.full(len(ids), -1, np.int64)
    return np.asarray(activity.ids.get_indexer(pd.Index(ids)), np.int64)


def _to_arrow(frame: pd.DataFrame, into: pa.Schema) -> pa.RecordBatch:
    """The columns of a frame; numbers stay what they are bit for bit, a text that is missing is null."""
    return pa.RecordBatch.from_arrays([_column(frame[f.name], f.type) for f in into], schema=into)


def _column(column: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array(column.astype(object).where(column.notna(), None).to_numpy(), kind)
    values = column.to_numpy()
    return pa.array(
        values.astype("datetime64[us]")
        if pa.types.is_timestamp(kind)
        else values.astype(kind.to_pandas_dtype()),
        kind,
    )
