"""Updates: late events are taken in, days are replaced, and what is refused changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.activity_store import (
    FEATURES,
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
from churnlab.dataset import compute
from churnlab.demo import datasets
from churnlab.errors import ConfigError, HistoryError, LogError, StoreError
from churnlab.features.signals import lifecycle
from churnlab.schema.days import day_text
from churnlab.store.activity_store import ActivityStore


@pytest.fixture
def store(tmp_path: Path) -> ActivityStore:
    return six_days(tmp_path)


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
    "no Parquet": (_no_parquet, LogError, "2026-01-03.parquet holds CSV", 3),
    "no file": (
        lambda s, f, _: s.append("2026-02-03"),
        StoreError,
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
    before, days = content(store.folder.path), store.days
    with pytest.raises(error, match=says) as raised:
        act(store, frame, tmp_path)
    assert raised.value.exit_code == code and "\n" not in str(raised.value)  # type: ignore[attr-defined]
    assert content(store.folder.path) == before and store.days == days
    ActivityStore.open(store.folder.path).daily()


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
    before = content(store.folder.path)
    with pytest.raises(LogError, match=r"2026-01-03.parquet cannot be read"):
        store.append("2026-01-03")
    assert content(store.folder.path) == before


def test_odd_events_are_counted_as_in_a_log(tmp_path: Path) -> None:
    """A million events of one person on a day, amounts that are not numbers, null and negative ones, unknown names, time going backwards."""
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
    roles = {k: v for k, v in datasets.ROLES.items() if k in ("purchase", "content")}
    how = options(roles=roles, bad_amounts=0.1)
    raw = cl.EventLog.from_frame(
        frame,
        **how,
    ).daily()
    store = ActivityStore.create(
        tmp_path / "store",
        **how,
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

    def day(event: oracle.Event) -> int:
        return (oracle.local(event, meaning.zone).date() - oracle.EPOCH).days

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
    """The log as it is on a night: what has arrived so far; "whole" as it will be in the end.

    By day, later days without an event have no file.
    """
    folder.mkdir(exist_ok=True)
    wanted: dict[str, list[int]] = {}
    for row, (_, day, came) in enumerate(found):
        key = {"one": "all", "whole": "all", "by day": day_text(day), "by arrival": day_text(came)}[
            layout
        ]
        if came <= tonight or layout == "whole":
            wanted.setdefault(key, []).append(row)
    if layout.startswith("by"):
        wanted = {day_text(begin): []} | wanted
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
    store.folder.verify()
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
