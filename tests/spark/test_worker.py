"""The jobs of a Spark task, without Spark: a log cut by person gives what the whole log gives, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import strategies
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import churnlab as cl
from churnlab.dataset.rule import Rule
from churnlab.errors import HistoryError
from churnlab.events import rollup
from churnlab.events.codes import Tables
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec
from churnlab.kernels.units import DAY_MICROS
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles
from churnlab.spark.batches import EVENT, SNAPSHOT, TAG, USER, travelling
from churnlab.spark.worker import (
    DailyRows,
    LogContext,
    SnapshotRows,
    SummariseEvents,
)

MEASURES = (
    Measure.sum("seconds"),
    Measure.count("likes", where=[("e", "==", "like")]),
    Measure.distinct("e"),
)


def spec_of(meaning: Any, arrived: bool) -> LogSpec:
    return LogSpec.of(
        user="u",
        time="t",
        event="e",
        amount="a",
        roles=meaning.roles,
        receipts=sorted(meaning.receipts),
        ignore=sorted(meaning.ignore),
        measures=MEASURES,
        timezone=meaning.zone,
        bad_ids=1.0,
        bad_amounts=1.0,
        bad_measures=1.0,
        arrived="arrived" if arrived else None,
        late_days=9 if arrived else None,
    )


def table_of(found: list[Any], late: list[int]) -> pa.Table:
    kind = pa.timestamp("us", tz="UTC" if found[0].at.tzinfo else None)
    at = pa.array([e.at for e in found], kind)
    arrived = pa.array(
        np.asarray(at.cast(pa.int64())) + np.resize(late, len(found)) * DAY_MICROS, pa.int64()
    ).cast(kind)
    return pa.table(
        {
            "u": [e.user for e in found],
            "t": at,
            "e": [e.name for e in found],
            "a": pa.array([e.amount for e in found], pa.float64()),
            "seconds": pa.array([e.seconds for e in found], pa.float64()),
            "arrived": arrived,
        }
    )


def cut(table: pa.Table, parts: int, size: int) -> list[list[pa.RecordBatch]]:
    """Whole persons by what their id leaves over, in small batches."""
    of = np.array(
        [
            sum(str(u).encode()) % parts if u is not None else 0
            for u in table.column("u").to_pylist()
        ],
        np.int64,
    )
    return [table.filter(pa.array(of == p)).to_batches(size) for p in range(parts)]


def context_of(
    table: pa.Table, spec: LogSpec, declared: Roles, facts: list[dict[str, Any]]
) -> LogContext:
    seen = declared.seen({n for f in facts for n in f["names"]}, standard=False)
    days = [day for f in facts for day in f["days"]]
    return LogContext(
        spec,
        declared,
        seen,
        min(days),
        max(days) + 1,
        pa.types.is_string(table.schema.field("u").type),
    )


def run(job: Any, parts: list[list[pa.RecordBatch]]) -> pd.DataFrame:
    batches = [b for part in parts for b in job(iter(part))]
    assert all(b.schema == job.schema for b in batches)
    return pa.Table.from_batches(batches, job.schema).to_pandas()


def same(got: pd.DataFrame, want: pd.DataFrame, keys: list[str]) -> None:
    got, want = (f.sort_values(keys).reset_index(drop=True) for f in (got, want))
    assert list(got.columns) == list(want.columns)
    assert len(got) == len(want)
    for name in want:
        if want[name].dtype == np.float64:
            assert np.array_equal(
                got[name].to_numpy(np.float64).view(np.int64), want[name].to_numpy().view(np.int64)
            ), name
        else:
            assert (
                got[name].astype(object).where(got[name].notna(), None).tolist()
                == want[name].astype(object).where(want[name].notna(), None).tolist()
            )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    log=strategies.logs(),
    parts=st.integers(1, 5),
    size=st.integers(1, 40),
    arrived=st.booleans(),
    late=st.lists(st.integers(0, 12), min_size=1),
)
def test_parts_by_person_are_the_whole(
    log: Any, parts: int, size: int, arrived: bool, late: list[int]
) -> None:
    found, meaning = log
    spec, table = spec_of(meaning, arrived), table_of(found, [0, *late])
    local = cl.EventLog.of(open_frame(table, spec.wanted()), spec)
    activity = local.daily()
    declared = Roles.declared(spec.roles, spec.receipts, spec.ignore)
    pieces = cut(table, parts, size)

    counted = [
        next(SummariseEvents(spec, declared)(iter(p))).to_pylist()[0]
        for p in (table.to_batches(size)[::2], table.to_batches(size)[1::2])
    ]
    for name in (
        "negative_amounts",
        "bad_measures",
        "bad_ids",
        "ignored",
        "too_late" if arrived else "bad_amounts",
    ):
        assert sum(f[name] for f in counted) == local.counts[name], name
    assert sum(f["events"] for f in counted) == local.describe()["events"]

    context = context_of(table, spec, declared, counted)
    assert (context.roles, context.start, context.end) == (
        activity.roles,
        activity.start,
        activity.end,
    )
    keys = ["user_id", "day", "acts", "receipts", "money"]
    same(
        run(DailyRows(context), pieces).astype({n: np.int64 for n in activity.columns}),
        activity.frame().astype({n: np.int64 for n in activity.columns}),
        keys,
    )

    day = (activity.start + activity.end) // 2 + 1
    rule = Rule.of(
        [day, day + 1],
        60,
        [cl.Churn(1), cl.LifetimeValue(1), cl.TimeToChurn(1, weeks=3)],
        "drop",
        None,
    )
    kept = tuple(
        d
        for d in rule.days
        if activity.start < d and rule.observed(activity.start, activity.end, d)
    )
    try:
        snapshots = cl.Snapshots.at(activity, kept, 60, rule.targets)
    except HistoryError:
        assume(False)
    data = cl.build_dataset(activity, snapshots)
    rows = SnapshotRows(
        context, cl.FeatureSet.default(), rule=replace(rule, days=kept), labels=rule.columns
    )
    got = run(rows, pieces)
    same(got, pd.concat([data.labels, data.X], axis=1).reset_index(), ["user_id", "snapshot"])


def test_snapshots_and_attributes_come_among_the_events() -> None:
    community = cl.datasets.make_community(users=60, days=60)
    spec = LogSpec.of(
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles=community.roles,
        timezone=community.timezone,
    )
    activity = cl.EventLog.of(open_frame(community.events, spec.wanted()), spec).daily()
    declared = Roles.declared(spec.roles, spec.receipts, spec.ignore)
    context = LogContext(spec, declared, activity.roles, activity.start, activity.end, True)
    users = [*community.users["user_id"], "nobody"]
    mine = pd.DataFrame(
        {
            "user_id": users,
            "snapshot": pd.Timestamp("2026-02-10"),
            "churned": [0.0, 1.0] * 30 + [np.nan],
        }
    )
    data = cl.build_dataset(
        activity, cl.Snapshots.from_frame(mine), users=community.users.assign(age=range(60))
    )

    given, static = (
        travelling(SNAPSHOT, ["snapshot", "churned"]),
        travelling(USER, ["channel", "age_band", "age"], ["channel", "age_band"]),
    )
    frames = {
        EVENT: community.events[spec.columns],
        SNAPSHOT: mine.rename(columns=given),
        USER: community.users.assign(age=np.arange(60.0)).rename(columns=static),
    }
    mixed = pd.concat(
        [f.assign(**{TAG: tag}) for tag, f in frames.items()], ignore_index=True
    ).sample(frac=1, random_state=0)
    of = mixed["user_id"].map(lambda u: sum(u.encode()) % 4)
    parts = [
        pa.Table.from_pandas(mixed[of == p], preserve_index=False).to_batches(500) for p in range(4)
    ]
    got = run(
        SnapshotRows(
            context,
            cl.FeatureSet.default(),
            snapshots=given,
            labels=("churned",),
            attributes=static,
        ),
        [*parts, []],
    )
    want = pd.concat([data.labels, data.X], axis=1).reset_index()
    same(got, want.astype({c: object for c in want if want[c].dtype == "category"}), ["user_id"])


def test_batches_are_joined_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(rollup, "BATCH", 2**20)

    def watched(source: Any, spec: LogSpec, tables: Tables) -> rollup.Rolled:
        sizes.extend(b.num_rows for t in source.tasks(spec, 1) for b in t.batches())
        return rollup.Rolled(tables)

    monkeypatch.setattr(rollup, "roll", watched)
    batch = pa.RecordBatch.from_pydict({"u": ["a"] * 10_000})
    LogContext(LogSpec.of(user="u", time="t", event="e"), Roles(), Roles(), 0, 1, True).activity(
        iter([batch] * 30)
    )
    assert len(sizes) <= 3
    assert sum(sizes) == 300_000
