"""The engine on Spark, in local mode: the numbers of one machine to the bit, nothing collected, errors in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.config.inputs import open_log
from churnlab.config.tables import Config
from churnlab.demo.run import COMMUNITY
from churnlab.errors import ConfigError, FrameError, HistoryError, LogError, OutputError
from churnlab.nightly import scoring
from churnlab.nightly.score import score
from churnlab.schema.measures import Measure
from churnlab.spark.frames import SparkActivity, SparkDataset, SparkLog, SparkSnapshots
from churnlab.spark.session import spark_session, write_whole

pytest.importorskip("pyspark", reason="pyspark is not installed (pip install churnlab[spark])")
pytestmark = [
    pytest.mark.skipif(
        shutil.which("java") is None and "JAVA_HOME" not in os.environ,
        reason="no Java on this machine",
    ),
    pytest.mark.xdist_group("spark"),
    # November 2026: pyspark 4.3 does not know pandas 3 yet; these calls of it touch no pandas.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]
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
TWELVE = [date(2026, 2, d) for d in range(10, 22)]
TARGETS = [cl.Churn(horizon=30), cl.LifetimeValue(horizon=20)]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.log.level": "OFF",
        "spark.sql.warehouse.dir": str(folder),
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}",
    }
    before = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():  # as above
        warnings.filterwarnings(
            "ignore", "PySpark does not yet fully support pandas", FutureWarning
        )
        builder = SparkSession.builder.master("local[2]").appName("churnlab tests")
        for name, value in settings.items():
            builder = builder.config(name, value)
        made = builder.getOrCreate()
    yield made
    made.stop()
    os.environ.pop("PYSPARK_PYTHON")
    if before is not None:
        os.environ["PYSPARK_PYTHON"] = before


@pytest.fixture(scope="module")
def community() -> cl.datasets.Community:
    return cl.datasets.make_community(users=250, days=170, seed=2)


@pytest.fixture
def parts(session: Any) -> Iterator[Callable[[int], None]]:
    yield lambda n: session.conf.set("spark.sql.shuffle.partitions", str(n))
    session.conf.set("spark.sql.shuffle.partitions", "3")


def options(community: cl.datasets.Community) -> dict[str, Any]:
    return {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": community.roles,
        "timezone": community.timezone,
    }


def on_spark(session: Any, frame: pd.DataFrame | pa.Table, folder: Path) -> Any:
    """A frame as Spark reads it from a file, so that times without a zone have none there either."""
    table = (
        pa.Table.from_pandas(frame, preserve_index=False)
        if isinstance(frame, pd.DataFrame)
        else frame
    )
    pq.write_table(table, folder / f"{len(list(folder.iterdir()))}.parquet")
    return session.read.parquet(f"file://{folder}/{len(list(folder.iterdir())) - 1}.parquet")


def pulled(frame: Any, keys: tuple[str, ...] = ("user_id", "snapshot")) -> pd.DataFrame:
    return frame.toArrow().to_pandas().sort_values(list(keys)).reset_index(drop=True)


def check_same(
    got: Any, want: pd.DataFrame, keys: tuple[str, ...] = ("user_id", "snapshot")
) -> None:
    """Equal names, order of columns, rows, and every float to its last bit."""
    got, want = pulled(got, keys), want.sort_values(list(keys)).reset_index(drop=True)
    assert list(got.columns) == list(want.columns)
    assert len(got) == len(want)
    for name in want:
        if want[name].dtype == np.float64:
            assert np.array_equal(
                got[name].to_numpy().view(np.int64), want[name].to_numpy().view(np.int64)
            ), name
        else:
            plain = [
                f[name].astype(object).where(f[name].notna(), None).tolist() for f in (got, want)
            ]
            assert plain[0] == plain[1], name


def flat(data: cl.Dataset) -> pd.DataFrame:
    return pd.concat([data.labels, data.X], axis=1).reset_index()


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


def test_whom_the_log_does_not_know_and_what_is_set_aside(
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


def test_memory_decides_on_more_parts(
    session: Any, community: cl.datasets.Community, tmp_path: Path
) -> None:
    frame = on_spark(session, community.events, tmp_path)
    activity = cl.EventLog.from_frame(frame, **options(community), memory=1_000_000).daily()
    assert activity.parts == -(-len(community.events) * 128 // 1_000_000) > 3


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


@pytest.fixture(scope="module")
def trained(community: cl.datasets.Community, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run whose configuration asks for Spark."""
    folder = tmp_path_factory.mktemp("job")
    roles = "\n".join(f"{role} = {json.dumps(names)}" for role, names in community.roles.items())
    community.events.to_parquet(folder / "events.parquet", index=False)
    community.users.to_parquet(folder / "users.parquet", index=False)
    community.events.to_csv(folder / "events.csv", index=False, sep=";")
    text = COMMUNITY.format(roles=roles)
    (folder / "local.toml").write_text(text)
    (folder / "spark.toml").write_text('engine = "spark"\n' + text)
    (folder / "csv.toml").write_text(
        'engine = "spark"\n' + text.replace("events.parquet", "events.csv")
    )
    cl.train(Config.read(folder / "local.toml"))
    return folder


def test_the_list_is_the_same(
    session: Any, trained: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setitem(scoring.ROWS_WITH_REASONS, "blend", 40)
    want = score(Config.read(trained / "local.toml"), "2026-06-10")
    assert len(want.frame) > 40
    config = Config.read(trained / "spark.toml")
    log = open_log(config)
    log.daily()
    with monkeypatch.context() as patch:
        from pyspark.sql.classic.dataframe import DataFrame

        patch.setattr(DataFrame, "collect", lambda self: pytest.fail("collected"))
        patch.setattr(DataFrame, "toArrow", lambda self: pytest.fail("collected"))
        got = cl.score(config, "2026-06-10", log=log)
        told = got.write(trained / "lists").to_dict()
    assert told == {
        "as_of": "2026-06-10",
        "people": len(want.frame),
        "without_reasons": len(want.frame) - 40,
        "run_id": want.run_id,
        "list_parquet": f"{trained}/lists/risk_list_2026-06-10.parquet",
    }
    written = pd.concat(
        [pd.read_parquet(f) for f in sorted(Path(str(told["list_parquet"])).glob("*.parquet"))],
        ignore_index=True,
    )
    pd.testing.assert_frame_equal(written, want.frame, check_exact=True, check_dtype=False)
    assert np.array_equal(
        written["risk"].to_numpy().view(np.int64), want.frame["risk"].to_numpy().view(np.int64)
    )
    assert {p.name for p in (trained / "lists").iterdir()} == {"risk_list_2026-06-10.parquet"}


def test_the_command_line_scores_and_writes_features_from_csv_on_spark(
    session: Any, trained: Path, community: cl.datasets.Community
) -> None:
    done = CliRunner().invoke(
        app,
        [
            "features",
            "--config",
            str(trained / "csv.toml"),
            "--as-of",
            "2026-04-01",
            "--out",
            str(trained / "X"),
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    local = community.log().daily()
    within = Config.read(trained / "local.toml").snapshots.active_within
    want = cl.build_dataset(
        local, cl.Snapshots.at(local, ["2026-04-01"], within), users=community.users
    )
    assert json.loads(done.stdout) == {
        "rows": len(want.X),
        "columns": want.X.shape[1],
        "written": str(trained / "X"),
    }
    check_same(session.read.parquet(f"file://{trained}/X"), want.X.reset_index())
    for command, code, text in (
        (["score", "--as-of", "2027-01-01"], 5, "the log ends on"),
        (["train"], 2, "trained on one machine"),
    ):
        done = CliRunner().invoke(app, [*command, "--config", str(trained / "spark.toml")])
        assert done.exit_code == code, done.output
        assert text in done.stderr


def test_a_list_of_nobody_is_not_written(
    session: Any, trained: Path, community: cl.datasets.Community, tmp_path: Path
) -> None:
    early = community.events[community.events["ts"] < "2026-01-20"]
    last = community.events.iloc[[-1]].assign(
        event="push_sent"
    )  # no act: nobody is active on that day
    log = cl.EventLog.from_frame(
        on_spark(session, pd.concat([early, last], ignore_index=True), tmp_path),
        **options(community) | {"roles": None},
    )
    config = Config.read(trained / "spark.toml")
    with pytest.raises(ConfigError, match="roles was"):
        cl.score(config, "2026-06-22", log=log)
    every = [
        last.assign(event=e, ts=pd.Timestamp("2026-01-02"))
        for names in community.roles.values()
        for e in names
    ]
    everything = pd.concat([early, last, *every], ignore_index=True)
    log = cl.EventLog.from_frame(on_spark(session, everything, tmp_path), **options(community))
    with pytest.raises(HistoryError, match="nobody was active"):
        cl.score(config, "2026-06-22", log=log).write(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_line(session: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        write_whole(session.range(3), str(tmp_path / "file" / "X"))
    assert write_whole(session.range(3), str(tmp_path / "X")) == 3
    assert write_whole(session.range(4), str(tmp_path / "X")) == 4
    assert {p.name for p in tmp_path.iterdir()} == {"file", "X"}
    assert write_whole(session.range(5), f"file://{tmp_path}/Y") == 5


def small(session: Any, folder: Path, **columns: Any) -> Any:
    table = {
        "u": ["a", "b", "c"],
        "t": pa.array([0, 1, 2], pa.timestamp("us", tz="UTC")),
        "e": ["open", "open", "purchase"],
        "a": [1.0, 2.0, 3.0],
    }
    return on_spark(session, pa.table(table | columns), folder)


@pytest.mark.parametrize(
    ("columns", "given", "error", "text"),
    [
        ({"u": [None, "", "c"]}, {}, LogError, "null, empty or a word for nothing in 2 of 3 rows"),
        ({}, {"roles": {"buy": ["purchases"]}}, LogError, "did you mean 'purchase'"),
        ({}, {"user": "w"}, LogError, "has no column 'w'"),
        ({"u": [1.5, 2.5, 3.5]}, {}, LogError, "double; give text or whole numbers"),
        ({"t": pa.array([0, 1, 2], pa.timestamp("us"))}, {}, LogError, "has no time zone"),
        (
            {"t": pa.array([0, None, 2], pa.timestamp("us", tz="UTC"))},
            {},
            LogError,
            "is null or empty in 1 of",
        ),
        (
            {"t": ["2026-01-01", "2026-01-01 10:00", "then"]},
            {"timezone": "UTC"},
            LogError,
            "the first 'then'",
        ),
        (
            {"a": ["one", "2", "3"]},
            {"measures": [Measure.sum("a", where=[("e", "<", 3)])]},
            LogError,
            "cannot be compared by < 3",
        ),
        ({}, {"ignore": ["open", "purchase"]}, LogError, "all 3 rows of the frame are ignored"),
        (
            {"u": [], "t": pa.array([], pa.timestamp("us", tz="UTC")), "e": [], "a": []},
            {},
            LogError,
            "null; give text|holds no event",
        ),
    ],
)
def test_a_log_that_cannot_be_used_is_one_line(
    session: Any,
    tmp_path: Path,
    columns: dict[str, Any],
    given: dict[str, Any],
    error: type,
    text: str,
) -> None:
    with pytest.raises(error, match=text) as found:
        cl.EventLog.from_frame(
            small(session, tmp_path, **columns),
            **{"user": "u", "time": "t", "event": "e", "amount": "a"} | given,
        ).daily()
    assert "\n" not in str(found.value)


def test_zones_in_one_part_only(session: Any, tmp_path: Path) -> None:
    frame = small(session, tmp_path, t=["2026-01-01 10:00:00"] * 3).unionByName(
        small(session, tmp_path, t=["2026-01-01 10:00:00Z"] * 3)
    )
    with pytest.raises(LogError, match="time zone in some parts and none in others"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC").daily()


def test_snapshots_and_users_that_cannot_be_used(session: Any, tmp_path: Path) -> None:
    activity = cl.EventLog.from_frame(
        small(session, tmp_path), user="u", time="t", event="e"
    ).daily()
    with pytest.raises(FrameError, match=r"lacks 1 column\(s\): 'snapshot'"):
        cl.Snapshots.from_frame(small(session, tmp_path).withColumnRenamed("u", "user_id"))
    rows = pd.DataFrame(
        {"user_id": ["a", "a"], "snapshot": pd.to_datetime(["1970-01-02", "1970-01-02"])}
    )
    doubled = cl.build_dataset(activity, cl.Snapshots.from_frame(on_spark(session, rows, tmp_path)))
    with pytest.raises(FrameError, match="holds 1 duplicate keys"):
        doubled.write(str(tmp_path / "X"))
    snapshots = cl.Snapshots.from_frame(rows.iloc[:1])
    for users, error, text in (
        (
            pd.DataFrame({"user_id": ["a"], "born": [date(1990, 1, 1)]}),
            FrameError,
            "'born' is a date",
        ),
        (pd.DataFrame({"user": ["a"]}), FrameError, "lacks 1 column"),
    ):
        with pytest.raises(error, match=text):
            cl.build_dataset(activity, snapshots, users=users)
    with pytest.raises(LogError, match="'user_id' of the snapshots is long"):
        cl.build_dataset(activity, cl.Snapshots.from_frame(rows.iloc[:1].assign(user_id=7)))
    with pytest.raises(HistoryError, match="no event before 1970-01-01"):
        cl.Snapshots.at(activity, ["1970-01-01"])
    with pytest.raises(HistoryError, match="needs a longer log"):
        cl.Snapshots.at(activity, ["1970-01-02"], targets=[cl.Churn(30)])
    with pytest.raises(ConfigError, match="without amounts"):
        cl.Snapshots.at(activity, ["1970-01-02"], targets=[cl.LifetimeValue(1)])
    with pytest.raises(ConfigError, match="unknown role 'quit'"):
        cl.Snapshots.at(activity, ["1970-01-02"], terminal="quit")
    with pytest.raises(HistoryError, match="nobody was active"):
        cl.Snapshots.at(activity, ["1970-01-02"], targets=[cl.Churn(1)], unobserved="drop")


def test_an_engine_that_does_not_exist() -> None:
    table = {"path": "x.parquet", "user": "u", "time": "t", "event": "e"}
    with pytest.raises(ConfigError, match="unknown engine 'sparks': did you mean 'spark'"):
        Config.of({"log": table, "engine": "sparks"}, Path())


def test_without_pyspark_or_java_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[spark\]"):
        spark_session()
    code = "from churnlab.engines import spark\ntry:\n    spark.session()\nexcept ValueError as error:\n    print(error)"
    nowhere = {k: v for k, v in os.environ.items() if k not in ("JAVA_HOME", "SPARK_HOME")} | {
        "PATH": str(tmp_path / "bin")
    }
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "env", "dirname", "rm", "cat", "ls", "sed", "uname"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [sys.executable, "-c", code], env=nowhere, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "Spark finds no Java; install Java 17 or newer and set JAVA_HOME"
