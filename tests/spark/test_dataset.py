"""Datasets on Spark are those of one machine to the bit, and nothing is collected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from support.spark import MARKS, TARGETS, TWELVE, check_same, flat, on_spark, options

import churnlab as cl
from churnlab.errors import FrameError
from churnlab.schema.measures import Measure
from churnlab.spark.activity import SparkActivity
from churnlab.spark.dataset import SparkDataset
from churnlab.spark.log import SparkLog
from churnlab.spark.snapshots import SparkSnapshots

pytestmark = MARKS


TASKS = Path(__file__).resolve().parents[3] / "shared" / "tasks"

JOURNEY = {
    "user": "user_id",
    "time": "ts",
    "event": "event",
    "amount": "amount",
    "timezone": "UTC",
    "receipts": ["campaign_received"],
    "roles": {"purchase": ["purchase"], "coupon": ["coupon_redeemed"]},
}


class Collected(AssertionError):
    pass


@pytest.fixture
def nothing_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever would bring rows to the driver fails."""
    from pyspark.sql.classic.dataframe import DataFrame

    def fail(*given: Any, **named: Any) -> Any:
        raise Collected

    for name in (
        "collect",
        "toPandas",
        "toArrow",
        "toLocalIterator",
        "take",
        "head",
        "first",
        "tail",
        "count",
        "foreach",
    ):
        monkeypatch.setattr(DataFrame, name, fail)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_the_community_has_the_same_features_whatever_the_parts(
    session: Any,
    community: cl.datasets.Community,
    tmp_path: Path,
    count: int,
    parts: Callable[[int], None],
) -> None:
    parts(count)
    local = community.log().daily()
    activity = cl.EventLog.from_frame(
        on_spark(session, community.events, tmp_path), **options(community)
    ).daily()
    assert (activity.parts, activity.start, activity.end, activity.roles) == (
        count,
        local.start,
        local.end,
        local.roles,
    )
    want = cl.build_dataset(
        local, cl.Snapshots.at(local, TWELVE, targets=TARGETS), users=community.users
    )
    got = cl.build_dataset(
        activity, cl.Snapshots.at(activity, TWELVE, targets=TARGETS), users=community.users
    )
    check_same(got.frame, flat(want))
    assert got.catalogue.equals(want.catalogue)
    assert got.skipped == want.skipped
    if count == 4:
        assert got.X.columns == ["user_id", "snapshot", *want.X.columns]
        assert got.labels.columns == ["user_id", "snapshot", "churned", "ltv"]
        check_same(got.y("ltv"), want.labels.reset_index()[["user_id", "snapshot", "ltv"]])
        check_same(
            cl.Snapshots.at(activity, TWELVE, targets=TARGETS).frame, want.labels.reset_index()
        )
        check_same(
            activity.frame(),
            local.frame().astype({n: np.int64 for n in local.columns}),
            ("user_id", "day"),
        )
        assert repr(got).startswith("SparkDataset(")
        assert repr(activity).endswith("2026-01-01 to 2026-06-19, 4 parts)")
        with pytest.raises(FrameError, match="no target 'ltw'"):
            got.y("ltw")


@pytest.mark.skipif(not TASKS.exists(), reason="../shared/tasks is not there")
def test_the_complete_journey_has_the_same_features(session: Any) -> None:
    folder = TASKS / "complete_journey"
    rows, users = (pd.read_parquet(folder / f"{n}.parquet") for n in ("snapshots", "users"))
    local = cl.EventLog.read(folder / "events.parquet", **JOURNEY)
    want = cl.build_dataset(
        local.daily(),
        cl.Snapshots.from_frame(rows.rename(columns={"cutoff": "snapshot"})),
        users=users,
    )
    assert want.X.shape == (16_103, want.X.shape[1])
    log = cl.EventLog.from_frame(session.read.parquet(f"file://{folder}/events.parquet"), **JOURNEY)
    mine = session.read.parquet(f"file://{folder}/snapshots.parquet").withColumnRenamed(
        "cutoff", "snapshot"
    )
    got = cl.build_dataset(
        log.daily(),
        cl.Snapshots.from_frame(mine),
        users=session.read.parquet(f"file://{folder}/users.parquet"),
    )
    check_same(got.frame, flat(want))
    counted = {k: local.describe()[k] for k in log.describe() if k not in ("source",)}
    assert counted == {k: v for k, v in log.describe().items() if k != "source"}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_moments_whole_ids_decimals_and_own_measures(
    session: Any, community: cl.datasets.Community, tmp_path: Path, zone: str
) -> None:
    rng = np.random.default_rng(0)
    events = community.events.sample(frac=0.4, random_state=0)
    n = len(events)
    table = pa.table(
        {
            "who id": events["user_id"].str[1:].astype("int32").to_numpy(),
            "a `when`": pa.array(events["ts"].to_numpy(), pa.timestamp("us", tz="UTC")),
            "what": events["event"].to_numpy(),
            "paid": pa.array(
                [None if v != v else Decimal(f"{v:.2f}") for v in events["amount"]],
                pa.decimal128(12, 2),
            ),
            "seconds": rng.exponential(30, n),
            "screen": rng.choice(["home", "shop", None], n),
            "id": rng.integers(0, n * 3 // 4, n),
            "came": pa.array(
                (events["ts"] + pd.to_timedelta(rng.integers(0, 9, n), "D")).to_numpy(),
                pa.timestamp("us", tz="UTC"),
            ),
        }
    )
    given: dict[str, Any] = {
        "user": "who id",
        "time": "a `when`",
        "event": "what",
        "amount": "paid",
        "roles": {"buy": ["purchase"], "open": ["app_open"]},
        "ignore": ["like"],
        "receipts": ["push_sent", "like_received"],
        "timezone": "America/New_York",
        "event_id": "id",
        "arrived": "came",
        "late_days": 5,
        "measures": [
            "seconds",
            Measure.distinct("screen"),
            Measure.count(
                "shop_opens", where=[("screen", "==", "shop"), ("what", "==", "app_open")]
            ),
        ],
    }
    session.conf.set("spark.sql.session.timeZone", zone)
    local, log = (
        cl.EventLog.from_frame(table, **given),
        cl.EventLog.from_frame(on_spark(session, table, tmp_path), **given),
    )
    days = ["2026-02-10", "2026-03-09"]
    want, got = (
        cl.build_dataset(
            a,
            cl.Snapshots.at(a, days, targets=[cl.Churn(14, lead=2), cl.TimeToChurn(14, 5, lead=2)]),
        )
        for a in (local.daily(), log.daily())
    )
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    check_same(got.frame, flat(want))
    counted = [about.describe() for about in (local, log)]
    for name in (
        "events",
        "ignored",
        "duplicates_dropped",
        "too_late",
        "bad_ids",
        "bad_measures",
        "first_day",
        "last_day",
    ):
        assert counted[0][name] == counted[1][name], name


def test_people_without_events_and_rows_that_are_set_aside(
    session: Any, community: cl.datasets.Community, tmp_path: Path, parts: Callable[[int], None]
) -> None:
    parts(9)  # more than there are people: most parts are empty
    events = community.events[
        community.events["user_id"].isin(community.users["user_id"][:5])
    ].copy()
    events["user_id"] = events["user_id"].where(np.arange(len(events)) % 150 > 0, "null")
    mine = pd.DataFrame(
        {
            "user_id": [*community.users["user_id"][:5], "a", "b"],
            "snapshot": [date(2026, 3, 1)] * 7,
            "ltv": [1.0, np.nan] * 3 + [2.0],
        }
    )
    given = options(community) | {"roles": {"open": ["app_open"]}, "bad_ids": 0.5}
    local, log = (
        cl.EventLog.from_frame(events, **given),
        cl.EventLog.from_frame(on_spark(session, events, tmp_path), **given),
    )
    users = community.users.assign(score=range(250), member=True)
    want = cl.build_dataset(local.daily(), cl.Snapshots.from_frame(mine), users=users)
    for snapshots in (
        cl.Snapshots.from_frame(mine),
        cl.Snapshots.from_frame(on_spark(session, mine, tmp_path)),
    ):
        check_same(cl.build_dataset(log.daily(), snapshots, users=users).frame, flat(want))
    assert log.describe()["bad_ids"] == local.counts["bad_ids"] > 0


def test_nothing_is_collected(
    session: Any, community: cl.datasets.Community, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    log = cl.EventLog.from_frame(
        on_spark(session, community.events, tmp_path), **options(community)
    )
    tracker = session.sparkContext.statusTracker()
    jobs = len(tracker.getJobIdsForGroup(None))
    assert isinstance(log, SparkLog)
    activity = log.daily()
    assert len(tracker.getJobIdsForGroup(None)) > jobs
    request.getfixturevalue("nothing_collected")
    jobs = len(tracker.getJobIdsForGroup(None))
    assert log.daily() is activity
    snapshots = cl.Snapshots.at(activity, TWELVE, targets=TARGETS)
    data = cl.build_dataset(activity, snapshots, users=community.users)
    assert (type(activity), type(snapshots), type(data)) == (
        SparkActivity,
        SparkSnapshots,
        SparkDataset,
    )
    for frame in (data.X, data.labels, snapshots.frame, activity.frame()):
        assert "MapInArrow" in frame._jdf.queryExecution().toString()
    assert len(tracker.getJobIdsForGroup(None)) == jobs
