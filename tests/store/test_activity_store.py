"""The activity store is the raw log, exactly, day by day and after compaction."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.activity_store import (
    FEATURES,
    MEASURES,
    assert_same,
    by_day,
    content,
    events,
    features,
    fill,
    options,
    six_days,
    write_days,
)

import churnlab as cl
from churnlab.dataset.build import iter_datasets
from churnlab.errors import ConfigError, HistoryError, LogError, StoreError
from churnlab.features.facts import with_facts
from churnlab.features.signals import cadence, lifecycle
from churnlab.schema.days import day_number, day_text, to_timestamp
from churnlab.schema.roles import STANDARD_ROLES
from churnlab.store import manifest
from churnlab.store.activity_store import ActivityStore
from churnlab.store.manifest import parse_manifest

TASK = Path(__file__).parents[3] / "shared" / "tasks" / "complete_journey"


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


@pytest.fixture
def store(tmp_path: Path) -> ActivityStore:
    return six_days(tmp_path)


def test_the_same_day_again_changes_no_byte(store: ActivityStore) -> None:
    before = content(store.folder.path)
    for day in ("2026-01-03", "2026-01-06"):
        done = store.append(day)
        assert (
            done.replaced
            and done.changed == 0
            and done.late == {}
            and content(store.folder.path) == before
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
        assert content(store.folder.path) == before


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
    before = content(store.folder.path)
    with pytest.raises(StoreError, match="holds no event on 2026-01-07; find out why"):
        store.append("2026-01-07", nothing)
    assert content(store.folder.path) == before
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
    assert store.start == first - 2 and store.text_ids == (ids != "int")
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


def test_a_newer_store_is_refused(store: ActivityStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "SCHEMA_VERSION", 9)
    store.append("2026-01-03")
    monkeypatch.undo()
    parse_manifest.cache_clear()
    before = content(store.folder.path)
    for use in (
        lambda: ActivityStore.open(store.folder.path),
        lambda: ActivityStore.create(store.folder.path, **options()),
        lambda: store.append("2026-01-03"),
    ):
        with pytest.raises(StoreError, match="was written by a newer churnlab") as error:
            use()
        assert error.value.exit_code == 3 and content(store.folder.path) == before


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


@pytest.mark.parametrize("ids", ["text", "int"])
def test_a_compacted_store_gives_the_same_features(tmp_path: Path, ids: str) -> None:
    frame, told = events(ids), with_facts(FEATURES)
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
    parts = [p.X for p in iter_datasets(store, [store.end], 20, features=told, rows=13)]
    whole = cl.build_dataset(raw, cl.Snapshots.at(raw, [raw.end], 20), told).X
    pd.testing.assert_frame_equal(
        pd.concat(parts).sort_index(), whole.sort_index(), check_exact=True
    )
    pd.testing.assert_frame_equal(
        cl.build_dataset(store, cl.Snapshots.at(store, [store.end], 20), told).X,
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
