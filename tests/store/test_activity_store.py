"""The activity store: day by day it is what the raw log is, exactly; what it refuses leaves it as it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab as cl
from churnlab.dataset import compute
from churnlab.dataset.build import iter_datasets
from churnlab.demo import datasets
from churnlab.errors import ConfigError, HistoryError, LogError, StoreError
from churnlab.features.signals import cadence, lifecycle, push, sessions, social, spend
from churnlab.schema.days import day_number, day_numbers, day_text, to_timestamp
from churnlab.schema.measures import Measure
from churnlab.schema.roles import STANDARD_ROLES
from churnlab.store import manifest
from churnlab.store.activity_store import ActivityStore
from churnlab.store.manifest import _parsed

TASK = Path(__file__).parents[3] / "shared" / "tasks" / "complete_journey"
MEASURES = [
    Measure.sum("amount", "spent"),
    Measure.distinct("event", "kinds"),
    Measure.count("big", where=[("amount", ">", 20.0)]),
]
SHORT: dict[str, Any] = {"windows": (7, 14, 28), "changes": ((7, 14), (14, 14))}
FEATURES = cl.FeatureSet(
    (
        sessions.SessionShortening(**SHORT),
        push.PushOpenDecline(**SHORT),
        social.SocialDropOff(**SHORT),
        cadence.LoginIntervals(**SHORT),
        spend.SpendDecline(**SHORT),
        lifecycle.Tenure(),
    )
)


@cache
def community() -> datasets.Community:
    return datasets.make_community(users=80, days=60, seed=4)


def options(**more: Any) -> dict[str, Any]:
    return {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": datasets.ROLES,
        "timezone": "Asia/Shanghai",
        **more,
    }


@cache
def events(kind: str = "text") -> pd.DataFrame:
    """The community's events, by rising time; "int" ids, or times in "utc"."""
    frame = community().events
    if kind == "int":
        return frame.assign(user_id=frame["user_id"].str[1:].astype("int64") * 7919 % 100_003)
    if kind == "utc":
        return frame.assign(ts=frame["ts"].dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC"))
    return frame


def local_day(frame: pd.DataFrame, zone: str, column: str = "ts") -> np.ndarray:
    stamps = frame[column]
    stamps = stamps.dt.tz_convert(zone).dt.tz_localize(None) if stamps.dt.tz is not None else stamps
    return day_numbers(stamps.dt.normalize())


def by_day(frame: pd.DataFrame, zone: str) -> dict[int, pd.DataFrame]:
    return dict(iter(frame.groupby(local_day(frame, zone))))


def write_days(folder: Path, frame: pd.DataFrame, zone: str) -> str:
    folder.mkdir(exist_ok=True, parents=True)
    for day, part in by_day(frame, zone).items():
        part.to_parquet(folder / f"{day_text(day)}.parquet", index=False)
    return str(folder / "{day}.parquet")


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def fill(
    store: ActivityStore, days: Iterable[int], frames: dict[int, pd.DataFrame] | None = None
) -> ActivityStore:
    for day in days:
        store.append(day, None if frames is None else frames[day])
    store.store.verify()
    return store


def features(
    activity: cl.DailyActivity,
    days: Iterable[int],
    chosen: cl.FeatureSet = FEATURES,
    users: Any = None,
) -> pd.DataFrame:
    """Of everybody who ever had a row, known or not, on every day."""
    users = activity.users if users is None else users
    days = list(days)
    codes = np.asarray(pd.Index(activity.users).get_indexer(pd.Index(users)), np.int64)
    X = compute.compute(activity, np.repeat(codes, len(days)), np.tile(days, len(users)), chosen)
    return X.set_axis(pd.MultiIndex.from_product([users, days]))


def assert_same(store: ActivityStore, raw: cl.DailyActivity, days: Iterable[int]) -> None:
    """Rows, features to the byte, and datasets part by part."""
    mine, days = store.daily(), list(days)
    assert (mine.roles, mine.start, mine.end, mine.timezone, mine.has_money) == (
        raw.roles,
        raw.start,
        raw.end,
        raw.timezone,
        raw.has_money,
    )
    assert mine.digest == raw.digest and mine.users.dtype == raw.users.dtype == store.users.dtype
    one, other = (
        features(mine, days, cl.FeatureSet.default()),
        features(raw, days, cl.FeatureSet.default()),
    )
    assert list(one) == list(other) and one.to_numpy().tobytes() == other.to_numpy().tobytes()
    whole = cl.build_dataset(raw, cl.Snapshots.at(raw, days, active_within=20)).X.sort_index()
    parts = [part.X for part in iter_datasets(store, days, active_within=20, rows=17)]
    assert len(parts) > 1
    pd.testing.assert_frame_equal(pd.concat(parts).sort_index(), whole, check_exact=True)
    facts, raw_facts = mine.describe(), raw.describe()
    assert {k: facts[k] for k in raw_facts if k != "source"} == {
        k: v for k, v in raw_facts.items() if k != "source"
    }


# ── built day by day it is the raw log ──


@pytest.mark.parametrize("way", ["frames", "files", "pattern", "one file", "csv", "duckdb"])
@pytest.mark.parametrize("ids", ["text", "int"])
def test_a_store_built_day_by_day_is_the_raw_log(tmp_path: Path, way: str, ids: str) -> None:
    frame, how = events(ids), options(measures=MEASURES[:2] if way == "csv" else MEASURES)
    if way == "csv":
        frame = frame[frame["ts"] < "2026-01-20"].assign(user_id=frame["user_id"].astype(str))
    raw = cl.EventLog.from_frame(frame, **how).daily()
    frames, log = by_day(frame, "Asia/Shanghai"), None
    if way in ("files", "pattern"):
        log = write_days(tmp_path / "events", frame, "Asia/Shanghai")
        log = log if way == "files" else log.replace("{day}", "*")
    elif way == "one file":
        log = str(tmp_path / "events.parquet")
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), log, row_group_size=1_500)
    elif way == "csv":
        log = str(tmp_path / "events.csv")
        frame.to_csv(log, index=False)
    elif way == "duckdb":
        log = str(tmp_path / "events.duckdb")
        with duckdb.connect(log) as connection:
            connection.execute("create table clicks as select * from frame")
        how["table"] = "clicks"
    store = ActivityStore.create(tmp_path / "store", log=log, **how)
    fill(store, frames, None if log else frames)
    again = ActivityStore.open(tmp_path / "store", log, **how)
    assert_same(again, raw, [raw.start + 9, raw.end - 10, raw.end])


def test_ways_to_build_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    frame = events()
    frames = by_day(frame[frame["ts"] < "2026-01-16"], "Asia/Shanghai")
    stores = [
        ActivityStore.create(tmp_path / name, **options()) for name in ("up", "down", "mixed")
    ]
    fill(stores[0], frames, frames)
    fill(stores[1], reversed(frames), frames)
    mixed = random.Random(0).sample([*frames, *list(frames)[3:7]], len(frames) + 4)
    fill(stores[2], mixed, {d: f.sample(frac=1, random_state=d) for d, f in frames.items()})
    assert content(tmp_path / "up") == content(tmp_path / "down") == content(tmp_path / "mixed")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"])
def test_local_days_are_cut_from_utc_files_by_a_pattern(tmp_path: Path, zone: str) -> None:
    """New York and Lord Howe change their clocks in these days; files are of UTC days, so that a local day lies in two."""
    rng = np.random.default_rng(1)
    at = pd.Timestamp("2026-02-25", tz="UTC") + pd.to_timedelta(
        rng.integers(0, 45 * 86_400, 5_000), "s"
    )
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, 60, 5_000),
            "ts": at,
            "event": rng.choice(["open", "like", "purchase"], 5_000),
            "amount": rng.gamma(2, 10, 5_000).round(2),
        }
    ).sort_values("ts", ignore_index=True)
    how = options(timezone=zone, roles={"open": "open", "social": "like", "purchase": "purchase"})
    log = write_days(tmp_path / "events", frame, "UTC").replace("{day}", "*")
    raw = cl.EventLog.read(log, **how).daily()
    store = fill(
        ActivityStore.create(tmp_path / "store", log=log, **how), range(raw.start, raw.end)
    )
    assert_same(store, raw, [raw.start + 12, raw.end])
    with pytest.raises(StoreError, match=r"holds events of other days .* all files by a pattern"):
        ActivityStore.create(tmp_path / "other", log=log.replace("*", "{day}"), **how).append(
            "2026-03-03"
        )


def test_standard_roles_may_have_no_event_on_most_days(tmp_path: Path) -> None:
    rng, names = np.random.default_rng(2), ["open", "content", "blob"]
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(0, 30, 900),
            "ts": pd.Timestamp("2026-03-01")
            + pd.to_timedelta(rng.integers(0, 20 * 86_400, 900), "s"),
            "event": rng.choice(names, 900),
            "amount": 5.0,
        }
    ).sort_values("ts", ignore_index=True)
    frame.loc[frame.index[450], "event"] = "purchase"
    frame.loc[frame.index[500], "event"] = "push_sent"
    how = options(roles=None, timezone="UTC", receipts=["badge"])
    frame.loc[frame.index[880], "event"] = "badge"
    frames = by_day(frame, "UTC")
    store = ActivityStore.create(tmp_path / "store", **how)
    for i, day in enumerate(frames):
        store.append(day, frames[day])
        past = pd.concat(list(frames.values())[: i + 1])
        present = {*past["event"]} & {*STANDARD_ROLES}
        assert {*store.roles.names} == {*present, "badge", "other"}
    assert_same(store, cl.EventLog.from_frame(frame, **how).daily(), [store.start + 8, store.end])
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "all.parquet")
    early = ActivityStore.create(tmp_path / "early", log=tmp_path / "all.parquet", **how)
    early.append(store.start)
    assert "purchase" not in early.roles.names
    before, names_before = features(store.daily(), [store.end]), store.roles
    store.compact(3)
    after = ActivityStore.open(tmp_path / "store")
    assert after.roles == names_before and list(before) == list(
        features(after.daily(), [after.end], cl.FeatureSet((lifecycle.Tenure(),)))
    )[:0] + list(before)


def test_a_public_task_as_a_store(tmp_path: Path) -> None:
    if not TASK.exists():
        pytest.skip("../shared/tasks is not there")
    frame = pd.read_parquet(TASK / "events.parquet")
    frame = frame[(frame["ts"] >= "2017-01-01") & (frame["ts"] < "2017-02-15")]
    how: dict[str, Any] = {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "timezone": "UTC",
    }
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False),
        tmp_path / "events.parquet",
        row_group_size=20_000,
    )
    raw = cl.EventLog.from_frame(frame, **how).daily()
    store = fill(
        ActivityStore.create(tmp_path / "store", log=tmp_path / "events.parquet", **how),
        range(raw.start, raw.end),
    )
    assert_same(store, raw, [raw.start + 30, raw.end])


def test_people_come_in_ranges_and_jobs_may_run_later(tmp_path: Path) -> None:
    frames = by_day(events("int"), "Asia/Shanghai")
    store = fill(ActivityStore.create(tmp_path / "store", **options()), frames, frames)
    jobs = list(store.jobs(people=10))
    store.append(store.end - 1, frames[store.end - 1].head(50))
    parts = [job() for job in jobs]
    whole = cl.EventLog.from_frame(events("int"), **options()).daily()
    assert (
        len(parts) > 5 and np.concatenate([p.users for p in parts]).tolist() == whole.users.tolist()
    )
    assert (
        features(whole, [store.end]).to_numpy().tobytes()
        == np.concatenate([features(p, [store.end]).to_numpy() for p in parts]).tobytes()
    )


# ── a day again ──


@pytest.fixture
def store(tmp_path: Path) -> ActivityStore:
    """Six days, of a file each."""
    frame = events()
    log = write_days(tmp_path / "events", frame[frame["ts"] < "2026-01-09"], "Asia/Shanghai")
    made = ActivityStore.create(tmp_path / "store", log=log, **options())
    return fill(made, range(made_first := day_number("2026-01-01"), made_first + 6))


def test_the_same_day_again_changes_no_byte(store: ActivityStore) -> None:
    before = content(store.store.folder)
    for day in ("2026-01-03", "2026-01-06"):
        done = store.append(day)
        assert (
            done.replaced
            and done.changed == 0
            and done.late == {}
            and content(store.store.folder) == before
        )
        assert (
            store.append(
                day,
                pd.read_parquet(str(store.log).replace("{day}", day)).sample(
                    frac=1, random_state=1
                ),
            ).changed
            == 0
        )
        assert content(store.store.folder) == before


def test_a_day_with_other_events_takes_the_place_of_the_old_one(store: ActivityStore) -> None:
    frames = by_day(events(), "Asia/Shanghai")
    day = day_number("2026-01-03")
    people = frames[day]["user_id"].unique()
    gone, more = (
        people[:2],
        pd.DataFrame(
            {
                "user_id": ["new", people[2]],
                "ts": pd.Timestamp("2026-01-03 03:00"),
                "event": "unheard of",
                "amount": 1.0,
            }
        ),
    )
    frames[day] = pd.concat([frames[day][~frames[day]["user_id"].isin(gone)], more])
    done = store.append(day, frames[day])
    assert (done.replaced, done.changed, done.people) == (True, 4, len(people) - 1)
    assert done.counts["events"] == len(frames[day]) and done.to_dict()["day"] == "2026-01-03"
    raw = cl.EventLog.from_frame(pd.concat([frames[d] for d in store.days]), **options()).daily()
    assert_same(store, raw, [store.end])
    assert raw.total("n_other") == 2


def test_missing_and_empty_days(store: ActivityStore, tmp_path: Path) -> None:
    store.append("2026-01-08")
    for read in (
        store.daily,
        lambda: list(store.parts()),
        lambda: list(iter_datasets(store, [store.end])),
        lambda: store.compact(1),
    ):
        with pytest.raises(
            StoreError, match=r"lacks 1 day\(s\), the first is 2026-01-07; append them"
        ) as error:
            read()
        assert error.value.exit_code == 3
    nothing = events().head(0)
    before = content(store.store.folder)
    with pytest.raises(StoreError, match="holds no event on 2026-01-07; find out why"):
        store.append("2026-01-07", nothing)
    assert content(store.store.folder) == before
    done = store.append("2026-01-07", nothing, allow_empty=True)
    assert (done.rows, done.people, done.changed) == (0, 0, 0)
    raw = cl.EventLog.from_frame(
        pd.concat(
            [
                f
                for d, f in by_day(events(), "Asia/Shanghai").items()
                if d in store.days and d != done.day and day_text(d) != "2026-01-07"
            ]
        ),
        **options(),
    ).daily()
    assert_same(store, raw, [store.end])
    assert store.append("2026-01-07").changed == store.append("2026-01-07").people > 0


@pytest.mark.parametrize("ids", ["text", "int"])
@pytest.mark.parametrize(
    "kind", ["frame", "no row group", "no row", "all ignored", "csv", "one big file"]
)
def test_empty_days_do_not_settle_the_type_of_ids(tmp_path: Path, ids: str, kind: str) -> None:
    frames = by_day(events(ids), "Asia/Shanghai")
    first = min(frames)
    empty: Any = events(ids).head(0)
    path = tmp_path / ("empty.csv" if kind == "csv" else "empty.parquet")
    if kind == "no row group":
        pq.ParquetWriter(path, pa.Schema.from_pandas(empty, preserve_index=False)).close()
    elif kind == "all ignored":
        empty = frames[first].assign(
            event="heartbeat", ts=frames[first]["ts"] - pd.Timedelta(days=2)
        )
    elif kind == "csv":
        empty.to_csv(path, index=False)
    elif kind == "one big file":
        events(ids).to_parquet(path)
    else:
        empty.to_parquet(path)
    store = ActivityStore.create(tmp_path / "store", log=path, **options(ignore=["heartbeat"]))
    log = None if kind == "one big file" else empty if kind in ("frame", "all ignored") else path
    for day in (first - 2, first - 1) if kind != "all ignored" else (first - 2,):
        with pytest.raises(StoreError, match="holds no event on"):
            store.append(day, log)
        store.append(day, log, allow_empty=True)
    assert (
        store.describe()["events"] == 0
        and len(store.daily().users) == 0
        and list(store.parts()) == []
    )
    if kind == "all ignored":
        store.append(first - 1, events(ids).head(0), allow_empty=True)
    store.append(first, frames[first])
    store.append(first + 1, events(ids).head(0), allow_empty=True)
    store.append(first + 2, frames[first + 2])
    assert store.start == first - 2 and store.users.dtype == (np.int64 if ids == "int" else object)
    mine, raw = (
        store.daily(),
        cl.EventLog.from_frame(pd.concat([frames[first], frames[first + 2]]), **options()).daily(),
    )
    assert (
        mine.users.tolist() == raw.users.tolist()
        and mine.counts.tobytes() == raw.counts.tobytes()
        and mine.day.tolist() == raw.day.tolist()
    )
    with pytest.raises(
        StoreError,
        match=r"the ids of .* are .*, those of the store .*; read the log so that ids have one type",
    ):
        store.append(first + 1, frames[first + 1].assign(user_id="x" if ids == "int" else 5))
    store.compact(1)
    assert store.daily().carry is not None and len(store.daily().users) == len(raw.users)


# ── what is refused leaves the store as it was ──

Refusal = tuple[Callable[[ActivityStore, pd.DataFrame, Path], Any], type[Exception], str, int]


def _corrupt(store: ActivityStore, frame: pd.DataFrame, folder: Path) -> Any:
    path = folder / "events" / "2026-01-03.parquet"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return store.append("2026-01-03")


def _no_parquet(store: ActivityStore, frame: pd.DataFrame, folder: Path) -> Any:
    (folder / "events" / "2026-01-03.parquet").write_text("these are not the events")
    return store.append("2026-01-03")


REFUSED: dict[str, Refusal] = {
    "events of another day": (
        lambda s, f, _: s.append("2026-01-04", f),
        StoreError,
        r"given for 2026-01-04 and holds events of other days \(2026-01-03 to 2026-01-03\)",
        3,
    ),
    "too many bad ids": (
        lambda s, f, _: s.append(
            "2026-01-03", f.assign(user_id=f["user_id"].where(f.index % 20 > 0))
        ),
        LogError,
        "null, empty or a word for nothing",
        3,
    ),
    "a missing column": (
        lambda s, f, _: s.append("2026-01-03", f.drop(columns="amount")),
        LogError,
        "no column 'amount'",
        3,
    ),
    "ids of another type": (
        lambda s, f, _: s.append("2026-01-03", f.assign(user_id=1)),
        StoreError,
        "read the log so that ids have one type",
        3,
    ),
    "overflow": (
        lambda s, f, _: s.append(
            "2026-01-03", pd.concat([f.assign(amount=9.9e9, user_id="u", event="purchase")] * 30)
        ),
        LogError,
        "sums to more than",
        3,
    ),
    "a cut file": (_corrupt, LogError, "2026-01-03.parquet cannot be read", 3),
    "no Parquet": (_no_parquet, LogError, "2026-01-03.parquet cannot be read", 3),
    "no file": (
        lambda s, f, _: s.append("2026-02-03"),
        LogError,
        "no such file: .*2026-02-03.parquet",
        3,
    ),
    "no day": (lambda s, f, _: s.append("soon"), ConfigError, "is not a day", 2),
    "no column of the zone": (
        lambda s, f, _: s.append("2026-01-03", f.assign(ts="yesterday")),
        LogError,
        "is not a time",
        3,
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_leaves_the_store_as_it_was(
    store: ActivityStore, tmp_path: Path, kind: str
) -> None:
    act, error, says, code = REFUSED[kind]
    frame = pd.read_parquet(tmp_path / "events" / "2026-01-03.parquet")
    before, days = content(store.store.folder), store.days
    with pytest.raises(error, match=says) as raised:
        act(store, frame, tmp_path)
    assert raised.value.exit_code == code and "\n" not in str(raised.value)  # type: ignore[attr-defined]
    assert content(store.store.folder) == before and store.days == days
    ActivityStore.open(store.store.folder).daily()


def test_a_corrupt_page_of_a_log_that_we_wrote_is_noticed(
    store: ActivityStore, tmp_path: Path
) -> None:
    path = tmp_path / "events" / "2026-01-03.parquet"
    pq.write_table(
        pq.read_table(path),
        path,
        write_page_checksum=True,
        compression="none",
        use_dictionary=False,
    )
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)
    before = content(store.store.folder)
    with pytest.raises(LogError, match=r"2026-01-03.parquet cannot be read"):
        store.append("2026-01-03")
    assert content(store.store.folder) == before


CHANGED = [
    ("timezone", {"timezone": "UTC"}, "timezone was Asia/Shanghai .* and is UTC now"),
    (
        "roles",
        {"roles": {**datasets.ROLES, "social": ["like"]}},
        r"roles\.social was .*'comment'.* is \['like'\] now",
    ),
    (
        "a role less",
        {"roles": {k: v for k, v in datasets.ROLES.items() if k != "purchase"}},
        r"roles\.purchase was \['purchase'\] .* is None now",
    ),
    ("measures", {"measures": ["amount"]}, "measures was"),
    ("receipts", {"receipts": ["push_open"]}, "receipts was"),
    ("ignore", {"ignore": ["like"]}, "ignore was"),
    ("arrived", {"arrived": "ts"}, "arrived was None"),
    ("amount", {"amount": None}, "amount was amount"),
    ("user", {"user": "event"}, "user was user_id"),
]


@pytest.mark.parametrize(("more", "says"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_another_meaning_is_refused_and_the_key_named(
    store: ActivityStore, more: dict[str, Any], says: str
) -> None:
    before = content(store.store.folder)
    for use in (ActivityStore.create, ActivityStore.open):
        with pytest.raises(
            ConfigError, match=says + r".*; set it back, or build a new store in another folder"
        ) as error:
            use(store.store.folder, **options(**more))
        assert error.value.exit_code == 2 and "\n" not in str(error.value)
    assert content(store.store.folder) == before


def test_what_does_not_change_the_rows_may_change(store: ActivityStore) -> None:
    how = options(
        memory="64MB",
        threads=1,
        bad_ids=0.5,
        roles={k: list(v) for k, v in reversed(datasets.ROLES.items())},
        measures=(),
    )
    again = ActivityStore.create(store.store.folder, log=store.log, **how)
    assert (again.spec.memory, again.spec.threads, again.spec.bad_ids) == (2**26, 1, 0.5)
    before = content(store.store.folder)
    assert again.append("2026-01-03").changed == 0 and content(store.store.folder) == before


def test_a_store_without_a_day_takes_a_new_meaning(tmp_path: Path) -> None:
    ActivityStore.create(tmp_path / "store", **options(timezone="UTC"))
    made = ActivityStore.create(tmp_path / "store", **options())
    assert made.timezone == "Asia/Shanghai" == ActivityStore.open(tmp_path / "store").timezone
    for read in (
        made.daily,
        lambda: list(made.parts()),
        lambda: made.end,
        lambda: cl.Snapshots.at(made, ["2026-01-05"]),
        lambda: made.compact(3),
    ):
        with pytest.raises(StoreError, match="has no day yet; append one"):
            read()
    with pytest.raises(ConfigError, match="a log: give one to append, or its path to open"):
        made.append("2026-01-01")


def test_conditions_of_measures_are_kept(tmp_path: Path) -> None:
    measures = [
        Measure.count("a", where=[("event", "in", {"like", "comment"})]),
        Measure.count("b", where=[("amount", ">", np.float64(3))]),
    ]
    frames = by_day(events(), "Asia/Shanghai")
    how = options(measures=measures)
    store = fill(ActivityStore.create(tmp_path / "store", **how), list(frames)[:3], frames)
    fill(ActivityStore.open(tmp_path / "store"), list(frames)[3:20], frames)
    store.store.refresh()
    assert_same(
        store,
        cl.EventLog.from_frame(pd.concat(list(frames.values())[:20]), **how).daily(),
        [store.end],
    )
    with pytest.raises(
        ConfigError, match="a condition of a measure is .*datetime.*; give text, numbers"
    ):
        ActivityStore.create(
            tmp_path / "other",
            **options(measures=[Measure.count("c", where=[("ts", ">", datetime(2026, 1, 1))])]),
        )


def test_a_newer_store_is_refused(store: ActivityStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "SCHEMA_VERSION", 9)
    store.append("2026-01-03")
    monkeypatch.undo()
    _parsed.cache_clear()
    before = content(store.store.folder)
    for use in (
        lambda: ActivityStore.open(store.store.folder),
        lambda: ActivityStore.create(store.store.folder, **options()),
        lambda: store.append("2026-01-03"),
    ):
        with pytest.raises(StoreError, match="was written by a newer churnlab") as error:
            use()
        assert error.value.exit_code == 3 and content(store.store.folder) == before


def test_sums_over_days_past_64_bits_are_refused(tmp_path: Path) -> None:
    store = ActivityStore.create(tmp_path / "store", **options())

    def day(i: int, rows: int, money: float = 1e10) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "user_id": ["rich"] * rows + ["u"],
                "ts": pd.Timestamp("2026-01-01") + pd.Timedelta(days=i),
                "event": "purchase",
                "amount": money,
            }
        )

    for i in range(3):
        store.append(day_number("2026-01-01") + i, day(i, 320 if i < 2 else 250))
    assert store.daily().total("money") > 8e18
    store.append("2026-01-04", day(3, 20))
    for use in (store.daily, lambda: list(store.parts())):
        with pytest.raises(LogError, match="measure 'money' sums to more than"):
            use()
    store.append("2026-01-04", day(3, 1))
    store.compact(1)
    store.append("2026-01-05", day(4, 20))
    with pytest.raises(LogError, match="measure 'money' sums to more than"):
        store.daily()


def test_odd_events_are_counted_as_in_a_log(tmp_path: Path) -> None:
    """A million events of one person on a day, amounts that are none, null and negative, names never seen, time going backwards."""
    rng, n = np.random.default_rng(3), 1_000_000
    heavy = pd.DataFrame(
        {
            "user_id": "bot",
            "ts": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(np.sort(rng.integers(0, 86_400, n)), "s"),
            "event": "view_post",
            "amount": np.nan,
        }
    )
    odd = pd.DataFrame(
        {
            "user_id": ["a", "null", "b", "", "a"] + ["a"] * 40,
            "ts": pd.Timestamp("2026-01-01 12:00"),
            "event": "purchase",
            "amount": [1e308, 5, -7.5, 1, np.inf] + [-0.01] * 40,
        }
    )
    frame = pd.concat([heavy, odd, heavy.iloc[:5].assign(event="never seen")]).iloc[::-1]
    raw = cl.EventLog.from_frame(
        frame,
        **options(roles={k: v for k, v in datasets.ROLES.items() if k in ("purchase", "content")}),
    ).daily()
    store = ActivityStore.create(
        tmp_path / "store",
        **options(roles={k: v for k, v in datasets.ROLES.items() if k in ("purchase", "content")}),
    )
    done = store.append("2026-01-01", frame)
    assert (done.counts["bad_ids"], done.counts["bad_amounts"], done.counts["events"]) == (
        2,
        2,
        n + 5 + 43,
    )
    assert (
        store.daily().digest == raw.digest
        and raw.total("n_other") == 5
        and raw.counts.max() == n + 5
    )


# ── late events ──

NAMES = ["app_open", "read", "like", "liked", "push", "push_open", "buy", "heartbeat"]
ROLES = {
    "open": ["app_open", "push_open"],
    "content": ["read"],
    "social": ["like"],
    "social_received": ["liked"],
    "push_sent": ["push"],
    "push_opened": ["push_open"],
    "purchase": ["buy"],
}
START = datetime(2026, 3, 1)
LATE = {
    "user": "u",
    "time": "t",
    "event": "e",
    "amount": "a",
    "roles": ROLES,
    "ignore": ["heartbeat"],
    "measures": ["seconds"],
    "arrived": "arr",
}
Dated = tuple[oracle.Event, int, int]


def late_events(seed: int, days: int = 12) -> tuple[list[Dated], oracle.Meaning, pa.Table]:
    """Events with the local days on which they happened and arrived (own day where that is not known), and all as a table."""
    draw = random.Random(seed)
    meaning = oracle.Meaning(
        ROLES, set(), {"heartbeat"}, draw.choice(["UTC", "Asia/Shanghai", "America/New_York"])
    )
    aware, ids = (
        draw.random() < 0.5,
        draw.choice([["ann", "bob", "cat", "dan", "eve"], [3, 20, 100, 7, -5]]),
    )
    found, arrivals = [], []
    for i in range(draw.randint(30, 150)):
        at = START + timedelta(minutes=draw.randrange(days * 1440), seconds=draw.choice([0, 59]))
        at = at.replace(tzinfo=UTC) if aware else at
        delay = draw.choice(
            [None, 0, 0, 0, 1, 20, 1440, 1440 * draw.randint(0, 3), 1440 * draw.randint(2, 8), -500]
        )
        found.append(
            oracle.Event(
                draw.choice(ids),
                at,
                NAMES[i % len(NAMES)],
                draw.choice([None, 9.99, -3.5]),
                draw.choice([None, 61.0]),
            )
        )
        arrivals.append(None if delay is None else at + timedelta(minutes=delay))
    day = lambda e: (oracle.local(e, meaning.zone).date() - oracle.EPOCH).days  # noqa: E731
    came = [
        day(e) if a is None else max(day(e), day(oracle.Event(0, a, "")))
        for e, a in zip(found, arrivals, strict=True)
    ]
    kind = pa.timestamp("us", tz="UTC" if aware else None)
    table = pa.table(
        {
            "u": [e.user for e in found],
            "t": pa.array([e.at for e in found], kind),
            "e": [e.name for e in found],
            "a": pa.array([e.amount for e in found], pa.float64()),
            "seconds": pa.array([e.seconds for e in found], pa.float64()),
            "arr": pa.array(arrivals, kind),
        }
    )
    return [(e, day(e), c) for e, c in zip(found, came, strict=True)], meaning, table


def place_log(
    folder: Path, layout: str, found: list[Dated], table: pa.Table, tonight: int, begin: int
) -> str:
    """The log as it is on a night: what has arrived so far; "whole" as it will be in the end."""
    folder.mkdir(exist_ok=True)
    wanted: dict[str, list[int]] = {}
    for row, (_, day, came) in enumerate(found):
        key = {"one": "all", "whole": "all", "by day": day_text(day), "by arrival": day_text(came)}[
            layout
        ]
        if came <= tonight or layout == "whole":
            wanted.setdefault(key, []).append(row)
    if layout.startswith("by"):
        wanted = {day_text(d): [] for d in range(begin, tonight + 1)} | wanted
    for key, rows in wanted.items():
        pq.write_table(table.take(pa.array(rows, pa.int64())), folder / f"{key}.parquet")
    return str(folder / ("{day}.parquet" if layout.startswith("by") else "all.parquet"))


def told(found: list[Dated], meaning: oracle.Meaning, t: int, late_days: int) -> dict:
    """The oracle's daily rows of what a snapshot at t may see."""
    return oracle.daily(
        [e for e, day, came in found if day < t and came < t and came <= day + late_days], meaning
    )


def assert_told(
    activity: cl.DailyActivity,
    found: list[Dated],
    meaning: oracle.Meaning,
    days: Iterable[int],
    late_days: int,
) -> None:
    days = list(days)
    X = features(activity, days)
    declared = [f for _, f in FEATURES.features(compute.available(activity))]
    for t in days:
        rows = told(found, meaning, t, late_days)
        for user in activity.users:
            person = oracle.Person(rows.get(user, {}), t, activity.start)
            theirs = np.array([person.value(f.value) for f in declared])
            np.testing.assert_allclose(
                X.loc[(user, t)].to_numpy(), theirs, rtol=1e-12, atol=1e-12, err_msg=f"{user} {t}"
            )


@pytest.mark.parametrize("layout", ["one", "whole", "by day", "by arrival"])
@pytest.mark.parametrize("seed", range(6))
def test_updated_night_by_night_features_see_what_had_arrived(
    tmp_path: Path, layout: str, seed: int
) -> None:
    found, meaning, table = late_events(seed)
    late_days = random.Random(seed).choice([None, 0, 1, 5])
    how = {**LATE, "timezone": meaning.zone, "late_days": late_days}
    limit = 3 if late_days is None else late_days
    begin, end = min(d for _, d, _ in found), max(d for _, d, _ in found) + 1
    log = place_log(tmp_path / "log", layout, found, table, begin, begin)
    store = ActivityStore.create(tmp_path / "store", log=log, **how)
    counted = [(e, day, came) for e, day, came in found if e.name != "heartbeat"]
    for tonight in range(begin, end):
        place_log(tmp_path / "log", layout, found, table, tonight, begin)
        done = store.append(tonight, allow_empty=True)
        touched = {
            (e.user, day)
            for e, day, came in counted
            if came == tonight and tonight - limit <= day < tonight
        }
        assert sum(done.late.values()) == len(touched) and {*done.late} == {
            day_text(d) for _, d in touched
        }
        if layout == "by arrival":
            assert done.counts["too_late"] == sum(
                came == tonight and day < tonight - limit for _, day, came in counted
            )
    store.store.verify()
    raw = cl.EventLog.from_frame(table, **{**how, "late_days": limit}).daily()
    mine, cuts = store.daily(), range(begin + 1, end + 1)
    assert_told(mine, found, meaning, cuts, limit)
    assert (
        features(mine, cuts, users=raw.users).to_numpy().tobytes()
        == features(raw, cuts).to_numpy().tobytes()
    )
    assert mine.source["events"] == sum(
        came <= min(day + limit, end - 1) for _, day, came in counted
    )
    if layout == "whole":
        assert mine.source["too_late"] == raw.source["too_late"]
    before = content(tmp_path / "store")
    for day in random.Random(seed).sample(range(begin, end), 5):
        again = store.append(day, allow_empty=True)
        assert again.changed == 0 and again.late == {}
    assert_told(store.daily(), found, meaning, cuts, limit)
    if layout in ("whole", "by arrival"):
        assert content(tmp_path / "store") == before


@pytest.mark.parametrize("layout", ["whole", "by day", "by arrival"])
@pytest.mark.parametrize("seed", range(3))
def test_days_with_late_events_may_come_in_any_order(
    tmp_path: Path, layout: str, seed: int
) -> None:
    found, meaning, table = late_events(seed + 50)
    how = {**LATE, "timezone": meaning.zone}
    begin, end = min(d for _, d, _ in found), max(d for _, d, _ in found) + 1
    log = place_log(tmp_path / "log", layout, found, table, end, begin)
    stores = []
    for order in (range(begin, end), random.Random(seed).sample(range(begin, end), end - begin)):
        stores.append(ActivityStore.create(tmp_path / str(len(stores)), log=log, **how))
        for day in order:
            stores[-1].append(day, allow_empty=True)
    assert content(tmp_path / "0") == content(tmp_path / "1")
    assert_told(stores[1].daily(), found, meaning, range(begin + 1, end + 1), 3)


def test_late_events_without_a_file_or_with_a_frame(tmp_path: Path) -> None:
    found, meaning, table = late_events(1)
    begin = min(d for _, d, _ in found)
    log = place_log(tmp_path / "log", "by day", found, table, begin + 6, begin)
    store = ActivityStore.create(tmp_path / "store", log=log, **LATE, timezone=meaning.zone)
    for day in range(begin, begin + 5):
        store.append(day, allow_empty=True)
    Path(log.replace("{day}", day_text(begin + 3))).unlink()
    before = content(tmp_path / "store")
    with pytest.raises(LogError, match="no such file"):
        store.append(begin + 5, allow_empty=True)
    assert content(tmp_path / "store") == before
    mine = [i for i, (_, day, _) in enumerate(found) if day == begin + 5]
    assert store.append(begin + 5, table.take(mine), allow_empty=True).late == {}
    with pytest.raises(StoreError, match="the frame was given for .* holds events of other days"):
        store.append(begin + 5, table)


# ── compaction ──


@pytest.mark.parametrize("ids", ["text", "int"])
def test_a_compacted_store_gives_the_same_features(tmp_path: Path, ids: str) -> None:
    frame = events(ids)
    frames = by_day(frame, "Asia/Shanghai")
    first = min(frames)
    some = frame["user_id"].unique()
    frames = {
        d: f[
            ~(f["user_id"].isin(some[:10]) & (d >= first + 25))
            & ~(f["user_id"].isin(some[10:20]) & (d < first + 31))
        ]
        for d, f in frames.items()
    }
    frame = pd.concat(frames.values())
    raw = cl.EventLog.from_frame(frame, **options(measures=MEASURES)).daily()
    store = ActivityStore.create(tmp_path / "store", **options(measures=MEASURES))
    fill(store, list(frames)[:50], frames)
    kept, lookback = raw.end, 28
    for days in ([], list(frames)[50:56], list(frames)[56:]):
        fill(store, days, frames)
        before = content(tmp_path / "store")
        store.compact(lookback)
        assert content(tmp_path / "store") != before
        assert store.days[0] == store.end - lookback and store.start == raw.start
        store.compact(lookback)
        if days:
            store.append(days[-1], frames[days[-1]])
    mine, cuts = store.daily(), range(store.end, store.end + 3)
    one, other = features(mine, cuts, users=raw.users), features(raw, cuts)
    assert (
        mine.users.tolist() == raw.users.tolist()
        and one.to_numpy().tobytes() == other.to_numpy().tobytes()
    )
    assert {*some[:20]} <= {*mine.users} and (raw.day[raw.first[1:] - 1] < store.days[0]).any()
    parts = [p.X for p in iter_datasets(store, [store.end], 20, features=FEATURES, rows=13)]
    whole = cl.build_dataset(raw, cl.Snapshots.at(raw, [raw.end], 20), FEATURES).X
    pd.testing.assert_frame_equal(
        pd.concat(parts).sort_index(), whole.sort_index(), check_exact=True
    )
    pd.testing.assert_frame_equal(
        cl.build_dataset(store, cl.Snapshots.at(store, [store.end], 20), FEATURES).X,
        whole,
        check_exact=True,
    )
    facts, raw_facts = mine.describe(), raw.describe()
    assert {k: facts[k] for k in raw_facts if k not in ("source", "daily_rows")} == {
        k: v for k, v in raw_facts.items() if k not in ("source", "daily_rows")
    }
    assert store.roles == raw.roles and kept == store.end
    gaps = [
        int(raw.values("gap")[raw.first[i] : raw.first[i + 1]][-1]) for i in range(len(raw.users))
    ]
    rows = np.diff(mine.first)
    assert [
        int(mine.values("gap")[e - 1]) for e, n in zip(mine.first[1:], rows, strict=True) if n
    ] == [g for g, n in zip(gaps, rows, strict=True) if n]


def test_compacting_in_steps_and_at_once_gives_the_same_bytes(tmp_path: Path) -> None:
    frames = by_day(events(), "Asia/Shanghai")
    for name, steps in (("one", [10]), ("many", [50, 33, 32, 10]), ("late", [])):
        fill(ActivityStore.create(tmp_path / name, **options()), frames, frames)
        for lookback in steps:
            ActivityStore.open(tmp_path / name).compact(lookback)
    assert content(tmp_path / "one") == content(tmp_path / "many") != content(tmp_path / "late")


def test_what_folded_days_cannot_tell_is_refused(tmp_path: Path) -> None:
    frames = by_day(events(), "Asia/Shanghai")
    store = fill(ActivityStore.create(tmp_path / "store", **options()), frames, frames)
    store.compact(28)
    mine, t = store.daily(), store.end
    default = cl.FeatureSet.default()
    for chosen, cut, says in (
        (
            default,
            t,
            r"the feature '\w+__56?d' looks at single days that the store has folded away",
        ),
        (FEATURES, t - 1, r"the feature '\w+__(28d|14d_14d)' looks at single days"),
        (
            cl.FeatureSet((cadence.LoginIntervals(windows=(7,), changes=(), last=4),)),
            t,
            "the feature 'cadence__gap_last4_days__all' looks",
        ),
    ):
        for use in (
            lambda c=chosen, d=cut: features(mine, [d], c),
            lambda c=chosen, d=cut: list(iter_datasets(store, [d], 10, features=c)),
        ):
            with pytest.raises(
                ConfigError,
                match=says
                if chosen is not default
                else "looks at single days that the store has folded away",
            ) as error:
                use()
            assert error.value.exit_code == 2 and "\n" not in str(error.value)
    tenure = cl.FeatureSet((lifecycle.Tenure(),))
    assert len(list(iter_datasets(store, [t - 20], 8, features=tenure))) == 1
    kept = day_text(t - 28)
    for use in (
        lambda: list(iter_datasets(store, [t - 20], 9, features=tenure)),
        lambda: cl.Snapshots.at(store, [t - 40], 5),
        lambda: cl.Snapshots.at(store, [t - 28]),
        lambda: features(mine, [t - 29], tenure),
    ):
        with pytest.raises(
            HistoryError, match=f"cannot be computed at .* keeps days one by one from {kept} on"
        ):
            use()
    before = content(tmp_path / "store")
    with pytest.raises(StoreError, match="was folded into the carry") as error:
        store.append(t - 29, frames[t - 29])
    assert error.value.exit_code == 3 and content(tmp_path / "store") == before
    with pytest.raises(ConfigError, match=r"lookback is 0; give at least 1 day"):
        store.compact(0)
    with pytest.raises(HistoryError, match="no event before"):
        cl.Snapshots.at(store, [store.start], 5)


def test_a_sum_of_old_days_alone_is_refused_where_it_cuts_the_folded_ones(tmp_path: Path) -> None:
    """`[.., t - 14)` cannot be told from the carry once days after t - 14 are in it."""
    from collections.abc import Iterator
    from dataclasses import dataclass
    from typing import ClassVar

    from churnlab.features.expression import Sum

    @dataclass(frozen=True, kw_only=True)
    class Old(cl.FeatureBuilder):
        """What was long ago."""

        signal: ClassVar[str] = "old"

        def features(self, roles: frozenset[str]) -> Iterator[cl.Feature]:
            """One sum."""
            yield cl.Feature(
                "old__acts_sum__all", Sum("acts")[14, None], "acts", "{value:.0f} acts before"
            )

    frames, chosen = by_day(events(), "Asia/Shanghai"), cl.FeatureSet((Old(),))
    store = fill(ActivityStore.create(tmp_path / "store", **options()), frames, frames)
    before = features(store.daily(), [store.end], chosen)
    store.compact(14)
    pd.testing.assert_frame_equal(features(store.daily(), [store.end], chosen), before)
    store.compact(13)
    with pytest.raises(ConfigError, match="old__acts_sum__all"):
        features(store.daily(), [store.end], chosen)


@pytest.mark.parametrize("seed", range(3))
def test_compaction_after_late_events(tmp_path: Path, seed: int) -> None:
    found, meaning, table = late_events(seed + 80, days=44)
    begin, end = min(d for _, d, _ in found), max(d for _, d, _ in found) + 1
    log = place_log(tmp_path / "log", "whole", found, table, end, begin)
    store = ActivityStore.create(tmp_path / "store", log=log, **LATE, timezone=meaning.zone)
    for day in range(begin, end):
        store.append(day, allow_empty=True)
        if day in (begin + 36, begin + 38):
            store.compact(34)
    store.compact(34)
    before = end - 34
    with pytest.raises(ConfigError, match=r"lookback is 3; give at least 4 day"):
        store.compact(3)
    mine = store.daily()
    assert mine.carry.before == before and mine.carry.exact_from == before + 3
    assert_told(mine, found, meaning, [before + 28, end - 1, end], 3)
    with pytest.raises(HistoryError, match="features cannot be computed at"):
        features(mine, [before + 2], cl.FeatureSet((lifecycle.Tenure(),)))
    assert [p for p in store.parts(people=2)]


def test_the_names_of_the_readme(tmp_path: Path) -> None:
    """`Snapshots.at` and `build_dataset` take it."""
    frames = by_day(events(), "Asia/Shanghai")
    log = write_days(tmp_path / "events", events(), "Asia/Shanghai")
    ActivityStore.create(tmp_path / "store", log=log, **options())
    activity = cl.ActivityStore.open(tmp_path / "store", log=log)
    for day in list(frames)[:40]:
        done = activity.append(day_text(day))
    assert done.people == frames[day]["user_id"].nunique() and repr(activity).endswith(
        "40 days, 2026-01-01 to 2026-02-09)"
    )
    raw = cl.EventLog.from_frame(pd.concat([frames[d] for d in activity.days]), **options()).daily()
    targets = [cl.Churn(7), cl.LifetimeValue(7)]
    mine, theirs = (
        cl.build_dataset(a, cl.Snapshots.at(a, [raw.end - 7, raw.end - 9], targets=targets))
        for a in (activity, raw)
    )
    assert mine.digest == theirs.digest and list(mine.y("ltv")) == list(theirs.y("ltv"))
    parts = list(iter_datasets(activity, [raw.end - 7], targets=targets, rows=20))
    assert (
        sum(p.y("churned").sum() for p in parts)
        == mine.y("churned").xs(to_timestamp(raw.end - 7), level="snapshot").sum()
    )


@pytest.mark.parametrize("way", ["files", "one file", "csv", "duckdb"])
def test_repeated_event_ids_are_dropped_within_the_day(tmp_path: Path, way: str) -> None:
    frame = events()
    frame = frame[frame["ts"] < "2026-01-12"].assign(
        id=lambda f: [f"e{i // 3 if i % 5 else -i}" for i in range(len(f))]
    )
    frame = frame.assign(id=np.where(np.arange(len(frame)) % 4 == 0, None, frame["id"]))
    how, frames, log = (
        options(event_id="id"),
        by_day(frame, "Asia/Shanghai"),
        write_days(tmp_path / "events", frame, "Asia/Shanghai"),
    )
    if way == "one file":
        log = str(tmp_path / "events.parquet")
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), log, row_group_size=700)
    elif way == "csv":
        log = str(tmp_path / "events.csv")
        frame.to_csv(log, index=False)
    elif way == "duckdb":
        log, how["table"] = str(tmp_path / "events.duckdb"), "clicks"
        with duckdb.connect(log) as connection:
            connection.execute("create table clicks as select * from frame")
    store = fill(ActivityStore.create(tmp_path / "store", log=log, **how), frames)
    single = [f[f["id"].isna() | ~f.duplicated("id")] for f in frames.values()]
    raw = cl.EventLog.from_frame(pd.concat(single).drop(columns="id"), **options()).daily()
    assert store.daily().digest == raw.digest
    assert store.describe()["duplicates_dropped"] == len(frame) - sum(map(len, single)) > 50
