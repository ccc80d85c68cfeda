"""The streaming rollup: order, threads, batches, files and memory change no byte; odd days, many names, many people and ties do neither."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NAMES, ROLES, to_log
from test_oracle import check_rows

import churnlab as cl
from churnlab.dataset import compute
from churnlab.errors import ConfigError, LogError
from churnlab.events import rollup, sources
from churnlab.events.on_disk import Disk
from churnlab.events.spec import LogSpec
from churnlab.kernels.units import DAY_MICROS
from churnlab.schema.days import day_number, day_text
from churnlab.schema.measures import Measure
from churnlab.schema.zones import day_settled, instant, zone_changes

COLUMNS = {
    "user": "u",
    "time": "t",
    "event": "e",
    "amount": "a",
    "timezone": "America/New_York",
    "ignore": ["heartbeat"],
    "measures": [
        Measure.sum("n"),
        Measure.distinct("p"),
        Measure.count("ios", where=[("p", "==", "ios")]),
    ],
}
FEATURES = cl.FeatureSet.default()
START = datetime(2026, 3, 1)


def table_of(rows: int = 6000, people: int = 300, days: int = 40, seed: int = 0) -> pa.Table:
    """Events in the order of time; with ties, ids and amounts that are none, ignored events."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, days * 86_400, rows) // 40 * 40)
    users = np.array([f"{i:036d}" for i in rng.zipf(1.4, rows) % people], object)
    users[rng.random(rows) < 0.003] = None
    users[rng.random(rows) < 0.002] = "null"
    amounts = np.where(rng.random(rows) < 0.5, rng.gamma(2, 5, rows).round(2), np.nan)
    amounts[rng.random(rows) < 0.01] = np.inf
    times = np.datetime64("2026-02-20", "us") + seconds.astype("timedelta64[s]")
    return pa.table(
        {
            "u": pa.array(users, pa.string()),
            "t": pa.array(times.astype("datetime64[us]"), pa.timestamp("us", "UTC")),
            "e": pa.array(
                rng.choice(
                    ["open", "purchase", "social", "push_sent", "push_opened", "heartbeat"], rows
                )
            ),
            "a": pa.array(amounts, from_pandas=True),
            "n": pa.array(rng.integers(-5, 50, rows)),
            "p": pa.array(
                rng.choice(np.array(["ios", "android", None], object), rows), pa.string()
            ),
        }
    )


def ordered(table: pa.Table, how: str) -> pa.Table:
    if how == "user":
        return table.sort_by([("u", "ascending"), ("t", "ascending")])
    rng = np.random.default_rng(5)
    return table if how == "time" else table.take(rng.permutation(len(table)))


def outcome(log: cl.EventLog) -> tuple[str, dict[str, Any], str]:
    """All that a log says, but its name: the digest, the counts and the bytes of the features on three days of everybody."""
    activity = log.daily()
    days = np.repeat([activity.start + 5, activity.end - 9, activity.end], len(activity.users))
    X = compute.compute(activity, np.tile(np.arange(len(activity.users)), 3), days, FEATURES)
    about = {k: v for k, v in activity.describe().items() if k != "source"}
    return (
        activity.digest,
        about | {"names": log.names},
        hashlib.sha256(X.to_numpy().tobytes()).hexdigest(),
    )


TABLE = table_of()
ACTIVITY = cl.EventLog.from_frame(TABLE, **COLUMNS).daily()


@pytest.fixture(scope="module")
def expected() -> tuple[str, dict[str, Any], str]:
    found = outcome(cl.EventLog.from_frame(TABLE, **COLUMNS, threads=1))
    assert (
        found[1]["bad_ids"] > 10
        and found[1]["ignored"] > 100
        and found[1]["bad_amounts"] > 10
        and found[1]["duplicates"] >= 1
    )
    return found


@pytest.mark.parametrize("batch", [7, 1000, 131_072])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_batches_and_order_change_no_byte(
    threads: int, order: str, batch: int, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sources, rollup):
        monkeypatch.setattr(module, "BATCH", batch)
    assert (
        outcome(cl.EventLog.from_frame(ordered(TABLE, order), **COLUMNS, threads=threads))
        == expected
    )


@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_batches_of_one_event(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    some = TABLE.slice(0, 700)
    whole = outcome(cl.EventLog.from_frame(some, **COLUMNS, threads=1))
    for module in (sources, rollup):
        monkeypatch.setattr(module, "BATCH", 1)
    assert outcome(cl.EventLog.from_frame(ordered(some, order), **COLUMNS)) == whole


def one_file(table: pa.Table, folder: Path, **options: Any) -> None:
    pq.write_table(table, folder / "log.parquet", **options)


def files_out_of_order(table: pa.Table, folder: Path) -> None:
    for i, begin in enumerate(range(0, len(table), 1100)):
        pq.write_table(
            table.slice(begin, 1100), folder / f"{(7 * i) % 11:02d}.parquet", row_group_size=150
        )


def interleaved(table: pa.Table, folder: Path) -> None:
    """Every day in every file and in many row groups, files ordered by time within themselves."""
    for i in range(3):
        pq.write_table(
            table.take(np.arange(i, len(table), 3)), folder / f"{i}.parquet", row_group_size=97
        )


def other_columns_and_types(table: pa.Table, folder: Path) -> None:
    """Files whose columns stand in another order, and whose texts are of other types."""
    half = len(table) // 2
    pq.write_table(table.slice(0, half), folder / "1.parquet")
    rest = (
        table.slice(half)
        .select(table.column_names[::-1])
        .append_column("more", pa.array(np.arange(len(table) - half)))
    )
    kinds = pa.schema(
        [
            f.with_type(pa.dictionary(pa.int16(), pa.large_string())) if f.name in "pe" else f
            for f in rest.schema
        ]
    )
    pq.write_table(rest.cast(kinds), folder / "2.parquet", row_group_size=333)


LAYOUTS: dict[str, Callable[[pa.Table, Path], None]] = {
    "one row group": one_file,
    "row groups of 7": lambda t, f: one_file(t, f, row_group_size=7),
    "row groups of 500": lambda t, f: one_file(t, f, row_group_size=500),
    "no statistics": lambda t, f: one_file(t, f, row_group_size=500, write_statistics=False),
    "no dictionaries, old pages": lambda t, f: one_file(
        t, f, use_dictionary=False, data_page_version="1.0", compression="zstd"
    ),
    "files out of order": files_out_of_order,
    "interleaved": interleaved,
    "other columns and types": other_columns_and_types,
}


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_and_row_groups_change_no_byte(
    layout: str, order: str, threads: int, expected: tuple, tmp_path: Path
) -> None:
    LAYOUTS[layout](ordered(TABLE, order), tmp_path)
    assert outcome(cl.EventLog.read(tmp_path / "*.parquet", **COLUMNS, threads=threads)) == expected


def test_row_groups_that_reach_into_two_parts_are_counted_once(
    tmp_path: Path, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(TABLE, tmp_path / "log.parquet", row_group_size=700)
    parts = sources.open_files(tmp_path / "log.parquet").tasks(LogSpec.of(**COLUMNS), 4)
    assert len(parts) > 4 and sum(b.num_rows for p in parts for b in p.batches()) > len(TABLE)
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=4)) == expected


def test_null_times_are_refused_whatever_the_layout(tmp_path: Path) -> None:
    for group in (700, 10_000):
        for statistics in (True, False):
            times = TABLE.column("t").to_pylist()
            times[3000] = None
            broken = TABLE.set_column(1, "t", pa.array(times, pa.timestamp("us", "UTC")))
            one_file(broken, tmp_path, row_group_size=group, write_statistics=statistics)
            with pytest.raises(
                LogError, match=r"column 't' of .* is null or empty in 1 of [\d,]+ rows"
            ):
                cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS)


def test_null_times_of_ignored_events_are_ignored_whatever_the_layout(tmp_path: Path) -> None:
    names = TABLE.column("e").to_pylist()
    times = [
        None if n == "heartbeat" else t
        for n, t in zip(names, TABLE.column("t").to_pylist(), strict=True)
    ]
    broken = TABLE.set_column(1, "t", pa.array(times, pa.timestamp("us", "UTC")))
    found = []
    for group in (700, 10_000):
        one_file(broken, tmp_path, row_group_size=group)
        found.append(outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, threads=4)))
    assert found[0] == found[1] == outcome(cl.EventLog.from_frame(broken, **COLUMNS))


# ------------------------------------------------------------------------------------------------------- larger than memory


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Which logs went over the disk; the folders for that are all gone at the end."""
    folder, went, by_person = tmp_path / "temporary", [], Disk.by_person
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(
        Disk,
        "by_person",
        lambda disk, source: went.append(source.name) or by_person(disk, source),
    )
    yield went
    assert list(folder.iterdir()) == []


BIG = table_of(rows=20_000, people=900)


@pytest.mark.parametrize("memory", ["1MB", "50KB"])  # the latter holds less than one person
@pytest.mark.parametrize("source", ["parquet", "parquet by user", "csv", "frame", "pandas"])
def test_what_does_not_fit_into_memory_goes_over_the_disk(
    source: str, memory: str, disk: list[str], tmp_path: Path
) -> None:
    shuffled, path = (
        ordered(BIG, "user" if "by user" in source else "shuffled"),
        str(tmp_path / "log"),
    )
    big = outcome(cl.EventLog.from_frame(BIG, **COLUMNS))
    assert disk == []
    if source.startswith("parquet"):
        pq.write_table(shuffled, path + ".parquet", row_group_size=3000)
        log = cl.EventLog.read(path + ".parquet", **COLUMNS, memory=memory)
    elif source == "csv":
        shuffled.to_pandas().to_csv(path + ".csv", index=False)
        log = cl.EventLog.read(path + ".csv", **COLUMNS, memory=memory)
    else:
        log = cl.EventLog.from_frame(
            shuffled if source == "frame" else shuffled.to_pandas(), **COLUMNS, memory=memory
        )
    assert len(disk) == 1
    assert outcome(log) == big


def test_what_is_ordered_by_time_streams_in_any_memory(disk: list[str], tmp_path: Path) -> None:
    pq.write_table(BIG, tmp_path / "log.parquet", row_group_size=3000)
    assert outcome(cl.EventLog.read(tmp_path / "log.parquet", **COLUMNS, memory=1000)) == outcome(
        cl.EventLog.from_frame(BIG, **COLUMNS)
    )
    assert disk == []


def test_an_error_on_the_way_over_the_disk_is_one_line_and_leaves_nothing(
    disk: list[str], tmp_path: Path
) -> None:
    shuffled = ordered(BIG, "shuffled").to_pandas()
    shuffled["e"] = shuffled["e"].where(shuffled.index != 15_000, None)
    with pytest.raises(LogError, match=r"column 'e' of .* is null or empty in 1 of") as caught:
        cl.EventLog.from_frame(shuffled, **COLUMNS, memory="1MB")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("memory", ["1GB", "1MB"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
@pytest.mark.parametrize("source", ["frame", "files"])
def test_repeated_event_ids_are_dropped_across_days_and_files(
    source: str, order: str, memory: str, tmp_path: Path, disk: list[str]
) -> None:
    ids = pa.array([None if i % 50 == 0 else f"id-{i}" for i in range(len(BIG))])
    once = BIG.append_column("id", ids)
    again = once.take(
        np.random.default_rng(1).choice(
            np.flatnonzero(np.arange(len(BIG)) % 50), 3000, replace=False
        )
    )
    later = again.set_column(
        1,
        "t",
        pa.array(np.asarray(again.column("t").cast(pa.int64())) + 3 * DAY_MICROS).cast(
            pa.timestamp("us", "UTC")
        ),
    )
    both = ordered(pa.concat_tables([once, again.slice(0, 1000), later.slice(1000)]), order)
    want = outcome(cl.EventLog.from_frame(once, **COLUMNS))
    if source == "frame":
        log = cl.EventLog.from_frame(both, **COLUMNS, event_id="id", memory=memory)
    else:
        for i in range(3):
            pq.write_table(
                both.take(np.arange(i, len(both), 3)), tmp_path / f"{i}.parquet", row_group_size=900
            )
        log = cl.EventLog.read(tmp_path / "*.parquet", **COLUMNS, event_id="id", memory=memory)
    got = outcome(log)
    assert (
        log.counts["duplicates_dropped"]
        == got[1]["duplicates_dropped"]
        == log.counts["duplicates"]
        == 3000
    )
    assert got[0] == want[0] and got[2] == want[2] and got[1]["events"] == want[1]["events"]


@pytest.mark.parametrize("nothing", [None, ""])
def test_events_without_an_event_id_are_all_kept(nothing: str | None) -> None:
    ids = pa.array([nothing if i % 3 else f"id{i % 60}" for i in range(len(TABLE))])
    log = cl.EventLog.from_frame(TABLE.append_column("id", ids), **COLUMNS, event_id="id")
    assert log.counts["duplicates_dropped"] == len(TABLE) // 3 - 20
    numbers = pa.array([None if i % 3 else i % 60 for i in range(len(TABLE))])
    assert outcome(
        cl.EventLog.from_frame(TABLE.append_column("id", numbers), **COLUMNS, event_id="id")
    ) == outcome(log)


def test_repeated_event_ids_of_a_range_of_days_in_files_of_other_types(tmp_path: Path) -> None:
    table = BIG.append_column("id", pa.array(np.arange(len(BIG)) // 2))
    other_columns_and_types(table, tmp_path)
    first = day_number("2026-03-05")
    spec = LogSpec(**{**vars(LogSpec.of(**COLUMNS, event_id="id")), "days": (first, first + 20)})
    want = cl.EventLog.of(sources.open_frame(table, spec.wanted()), spec)
    got = cl.EventLog.of(sources.open_files(tmp_path / "*.parquet"), spec)
    assert want.counts["duplicates_dropped"] > 2000 and outcome(got) == outcome(want)


# ------------------------------------------------------------------------------------------------------------------- zones

TURNS = {
    "America/New_York": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4), datetime(2026, 10, 3)],
    "America/Havana": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "America/St_Johns": [datetime(2010, 11, 7), datetime(2010, 3, 14)],
    "Africa/Casablanca": [datetime(2026, 2, 15), datetime(2026, 3, 22)],
    "Pacific/Apia": [datetime(2011, 12, 30)],
    "Pacific/Kwajalein": [datetime(1993, 8, 21)],
    "Asia/Kolkata": [datetime(1945, 10, 14)],
    "Europe/Dublin": [datetime(1971, 10, 31)],
    "America/Santiago": [datetime(2026, 4, 5), datetime(2026, 9, 6)],
    "Africa/Monrovia": [datetime(1972, 1, 7)],
}


@st.composite
def around_turns(draw: st.DrawFn) -> tuple[list[oracle.Event], oracle.Meaning]:
    zone_name = draw(st.sampled_from(sorted(TURNS)))
    turn = draw(st.sampled_from(TURNS[zone_name]))
    minutes = st.one_of(
        st.integers(-3 * 1440, 3 * 1440), st.integers(-26 * 4, 26 * 4).map(lambda q: q * 15)
    )
    found = [
        oracle.Event(
            draw(st.sampled_from(["ann", "bob"])),
            (
                turn + timedelta(minutes=draw(minutes), seconds=draw(st.sampled_from([0, 1, 59])))
            ).replace(tzinfo=UTC),
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from([None, 1.0])),
        )
        for _ in range(draw(st.integers(1, 30)))
    ]
    found += [
        oracle.Event("ann", found[0].at, name)
        for name in NAMES
        if name not in {e.name for e in found}
    ]
    return sorted(found, key=lambda e: e.at), oracle.Meaning(
        ROLES, {"badge"}, {"heartbeat"}, zone_name
    )


@settings(max_examples=200)
@given(around_turns(), st.sampled_from([1, 2, 5, 1000]))
def test_days_around_a_turn_of_the_clock_equal_the_oracle(made: tuple, batch: int) -> None:
    found, meaning = made
    with pytest.MonkeyPatch.context() as patch:
        for module in (sources, rollup):
            patch.setattr(module, "BATCH", batch)
        patch.setattr(
            rollup._Roller,
            "_collect",
            lambda *_: pytest.fail("events in the order of time were sorted"),
        )
        check_rows(to_log(found, meaning).daily(), oracle.daily(found, meaning), meaning)


def test_a_day_that_comes_back_after_midnight_is_still_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    minutes = sorted({*range(0, 300, 7), 149, 150, 151, 209, 210})
    found = [
        oracle.Event("ann", datetime(2010, 11, 7, tzinfo=UTC) + timedelta(minutes=m), "read")
        for m in minutes
    ]
    meaning = oracle.Meaning({"content": ["read"]}, set(), set(), "America/St_Johns")
    table = pa.table(
        {
            "u": ["ann"] * len(found),
            "t": pa.array([e.at for e in found], pa.timestamp("us", "UTC")),
            "e": ["read"] * len(found),
        }
    )
    monkeypatch.setattr(
        rollup._Roller,
        "_collect",
        lambda *_: pytest.fail("events in the order of time were sorted"),
    )
    for batch in (1, 1000):
        monkeypatch.setattr(sources, "BATCH", batch)
        activity = cl.EventLog.from_frame(
            table, user="u", time="t", event="e", roles=meaning.roles, timezone=meaning.zone
        ).daily()
        rows = oracle.daily(found, meaning)["ann"]
        assert activity.day.tolist() == list(rows)
        for name in ("acts", "sessions", "session_micros", "night", "evening"):
            assert activity.values(name).tolist() == [r[name] for r in rows.values()], name


@settings(max_examples=400)
@given(
    st.sampled_from(
        [
            *TURNS,
            "Asia/Shanghai",
            "Asia/Gaza",
            "America/Sao_Paulo",
            "Atlantic/Azores",
            "Antarctica/Troll",
            "Europe/Lisbon",
        ]
    ),
    st.one_of(
        st.datetimes(datetime(1900, 1, 1), datetime(2090, 1, 1)),
        st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
        st.sampled_from([t for turns in TURNS.values() for t in turns]),
    ),
    st.integers(-2000, 2000),
)
def test_turns_and_instants_equal_zoneinfo(zone_name: str, near: datetime, minutes: int) -> None:
    at = min(
        max(near + timedelta(minutes=minutes), datetime(3, 1, 1)), datetime(9997, 1, 1)
    ).replace(tzinfo=UTC)
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    moments, shifts = zone_changes(zone_name, micros, micros)
    there = at.astimezone(ZoneInfo(zone_name))
    assert int(
        shifts[np.searchsorted(moments, micros, side="right") - 1]
    ) == there.utcoffset() // timedelta(microseconds=1)
    check_instants(zone_name, (there.date() - oracle.EPOCH).days)


def check_instants(zone_name: str, day: int) -> None:
    """Before `instant` no clock shows the day or a later one, from `settled` on none shows an earlier one."""

    def shown(micros: int) -> int:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        return (at.astimezone(ZoneInfo(zone_name)).date() - oracle.EPOCH).days

    begin, settled = instant(day, zone_name), day_settled(day, zone_name)
    hours = range(0, 49 * 4)
    assert (
        begin <= settled
        and shown(begin) >= day
        and shown(settled) >= day
        and shown(begin - 1) < day
    )
    assert all(
        shown(begin - 1 - h * 900_000_000) < day and shown(settled + h * 900_000_000) >= day
        for h in hours
    )
    assert begin == settled or shown(settled - 1) < day


def test_a_zone_is_known_at_the_ends_of_the_calendar() -> None:
    for zone_name in ("America/New_York", "Asia/Tokyo", "Pacific/Apia"):
        for micros in (-(2**62), -(2**56), 2**58, 2**62):
            assert len(zone_changes(zone_name, micros, micros)[0]) >= 1
        assert instant(day_number("9999-12-31"), zone_name) < day_settled(
            day_number("9999-12-31") + 1, zone_name
        )


# --------------------------------------------------------------------------------------------------------------- many of it


def tall(users: Any, times: Any, names: Any, **more: Any) -> pa.Table:
    return pa.table(
        {"u": users, "t": pa.array(np.asarray(times, "datetime64[us]")), "e": names, **more}
    )


def test_more_event_names_than_bits() -> None:
    rng = np.random.default_rng(0)
    found = [
        oracle.Event(
            f"u{rng.integers(5)}", START + timedelta(minutes=int(m)), f"name{rng.integers(200):03d}"
        )
        for m in np.sort(rng.integers(0, 4000, 3000))
    ]
    meaning = oracle.Meaning(
        {"social": [f"name{i:03d}" for i in range(150, 180)]}, {"name003"}, set(), "UTC"
    )
    columns = pa.table(
        {
            "u": [e.user for e in found],
            "t": pa.array([e.at for e in found], pa.timestamp("us")),
            "e": [e.name for e in found],
        }
    )
    rows = oracle.daily(found, meaning)
    for table in (columns, ordered(columns.rename_columns(["u", "t", "e"]), "shuffled")):
        activity = cl.EventLog.from_frame(
            table,
            user="u",
            time="t",
            event="e",
            roles=meaning.roles,
            receipts=["name003"],
            timezone="UTC",
        ).daily()
        keys = [
            (activity.users[c], int(d)) for c, d in zip(activity.codes, activity.day, strict=True)
        ]
        assert keys == [(u, d) for u in sorted(rows) for d in sorted(rows[u])]
        for name in (
            "acts",
            "names",
            "steps",
            "sessions",
            "n_social",
            "receipts",
            "session_micros",
        ):
            assert activity.values(name).tolist() == [rows[u][d][name] for u, d in keys], name
    assert activity.values("names").max() > 64


@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_more_people_than_an_index_or_a_piece_holds(kind: str) -> None:
    rng = np.random.default_rng(1)
    who = np.concatenate([rng.permutation(20_000), rng.integers(0, 20_000, 30_000)]) * 7919 - 10**6
    times = np.datetime64("2026-03-01") + np.sort(rng.integers(0, 3 * 86_400, len(who))).astype(
        "timedelta64[s]"
    )
    users = who if kind == "numbers" else np.char.add("user-", who.astype(str)).astype(object)
    table = tall(users, times, np.where(rng.random(len(who)) < 0.5, "open", "social"))
    log = cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone="UTC")
    activity = log.daily()
    plain = pd.DataFrame(
        {"u": users, "d": times.astype("datetime64[D]"), "s": np.asarray(table["e"]) == "social"}
    )
    want = plain.groupby(["u", "d"], sort=True)["s"].agg(["size", "sum"])
    assert list(activity.users) == sorted(set(users)) and len(activity.rows.pieces()) == 2
    frame = activity.frame().set_index(["user_id", "day"])
    assert frame.index.equals(want.index.set_names(["user_id", "day"]))
    assert (frame["acts"].to_numpy() == want["size"]).all() and (
        frame["n_social"].to_numpy() == want["sum"]
    ).all()
    assert outcome(
        cl.EventLog.from_frame(
            ordered(table, "shuffled"), user="u", time="t", event="e", timezone="UTC", threads=2
        )
    ) == outcome(log)


@pytest.mark.parametrize("events", [255, 256, 65_536, 1_000_000])
def test_a_day_with_very_many_events_of_one_person(events: int) -> None:
    at = np.datetime64("2026-03-02") + np.sort(
        np.random.default_rng(0).integers(0, 86_400, events)
    ).astype("timedelta64[s]")
    times = np.concatenate(
        [[np.datetime64("2026-03-01T10:00:00")], at, [np.datetime64("2026-03-03T10:00:00")] * 2]
    )
    users = np.array([1, *[2] * events, 1, 2], np.int64)
    table = tall(users, times, np.where(np.arange(len(users)) % 2, "x", "y"), a=np.ones(len(users)))
    activity = cl.EventLog.from_frame(
        table, user="u", time="t", event="e", amount="a", roles={}, timezone="UTC"
    ).daily()
    assert activity.values("acts").tolist() == [1, 1, events, 1]
    assert activity.values("money").tolist() == [10**6, 10**6, events * 10**6, 10**6]
    for part in ("night", "morning", "afternoon", "evening"):
        low = ("night", "morning", "afternoon", "evening").index(part) * 6
        assert (
            activity.values(part)[2]
            == ((at.astype("datetime64[h]").astype(np.int64) % 24 // 6) == low // 6).sum()
        )


@settings(max_examples=40)
@given(st.integers(1, 900), st.integers(0, 2**31), st.booleans())
def test_cells_over_very_long_histories_equal_the_oracle(rows: int, seed: int, wide: bool) -> None:
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(2500, rows, replace=False))
    found = [
        oracle.Event(
            "ann",
            START + timedelta(days=int(d), hours=9),
            "buy" if rng.random() < 0.3 else "read",
            1.0,
        )
        for d in days
    ]
    found += [
        oracle.Event("bob", START + timedelta(days=int(d), hours=9), "like", None)
        for d in days[:: max(1, rows // 3)]
    ]
    found += [
        oracle.Event("ann", START + timedelta(days=int(days[0]), hours=9, seconds=i % 3000), "read")
        for i in range(300 if wide else 0)
    ]
    found += [
        oracle.Event("cat", START + timedelta(days=int(days[0]), hours=9), name)
        for name in NAMES
        if name not in ("heartbeat", "badge")
    ]
    meaning = oracle.Meaning(ROLES, set(), set(), "UTC")
    table = tall(
        [e.user for e in found],
        [e.at for e in found],
        [e.name for e in found],
        a=pa.array([e.amount for e in found], pa.float64()),
        seconds=pa.nulls(len(found), pa.float64()),
    )
    activity = cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        roles=ROLES,
        measures=["seconds"],
        timezone="UTC",
    ).daily()
    first = int(activity.start)
    ts = [first + int(o) for o in rng.choice(2700, 3, replace=False)]
    X = compute.compute(activity, np.repeat([0, 1, 2], 3), np.tile(ts, 3), FEATURES)
    rows_of = oracle.daily(found, meaning)
    for i, user in enumerate(["ann"] * 3 + ["bob"] * 3 + ["cat"] * 3):
        person = oracle.Person(rows_of[user], ts[i % 3], first)
        want = np.array(
            [person.value(f.value) for _, f in FEATURES.features(compute.available(activity))]
        )
        np.testing.assert_allclose(X.iloc[i].to_numpy(), want, rtol=1e-12, atol=1e-12)


# ------------------------------------------------------------------------------------------------- what cannot be, or hardly


def small(times: Any, amounts: Any = None, names: Any = None) -> cl.EventLog:
    n = len(times)
    table = pa.table(
        {
            "u": ["ann"] * n,
            "t": times,
            "e": names or ["open"] * n,
            "a": pa.array(amounts or [1.0] * n, pa.float64()),
        }
    )
    return cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        roles={},
        timezone="UTC",
        measures=[Measure.sum("a", name="size")],
    )


def test_amounts_that_are_none_and_amounts_that_are_large() -> None:
    day = pa.array([START] * 9, pa.timestamp("us"))
    log = small(
        day, [1e308, float("nan"), float("inf"), float("-inf"), -5.5, 1e10, -1e10, 1.1e10, None]
    )
    assert log.counts["bad_amounts"] == 5 and log.counts["bad_measures"] == 5
    assert (
        log.daily().values("money").tolist()
        == [-5_500_000]
        == log.daily().values("m_size").tolist()
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("days", [1, 40])
def test_sums_beyond_64_bits_are_refused_and_those_below_are_exact(sign: int, days: int) -> None:
    def log(events: int) -> cl.EventLog:
        times = START + np.arange(events) % days * timedelta(days=1)
        return small(pa.array(sorted(times), pa.timestamp("us")), [sign * 1e10] * events)

    fits = log(880).daily()
    assert (
        int(fits.values("money").sum()) == int(fits.values("m_size").sum()) == sign * 880 * 10**16
    )
    for events in (901, 923, 1845, 2000, 5000):  # 2**63 is 922 of them, 2**64 is 1845
        with pytest.raises(LogError, match="sums to more than 9e12"):
            log(events)


def test_sums_of_both_signs_are_exact_or_refused() -> None:
    times = pa.array([START] * 800, pa.timestamp("us"))
    assert small(times, [1e10, -1e10] * 400).daily().values("money").tolist() == [0]


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_time_that_goes_backwards_is_put_in_order(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sources, rollup):
        monkeypatch.setattr(module, "BATCH", batch)
    times = [START + timedelta(minutes=m) for m in (0, 10, 20, 5, 4000, 3990, 15)]
    back, sound = (small(pa.array(t, pa.timestamp("us"))) for t in (times, sorted(times)))
    assert outcome(back) == outcome(sound)


@pytest.mark.parametrize("zone_name", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("kind", ["s", "ms", "us"])
def test_every_day_of_the_calendar_is_exact_and_others_are_refused(
    kind: str, zone_name: str
) -> None:
    def log(*values: int) -> cl.EventLog:
        table = pa.table(
            {
                "u": ["ann"] * len(values),
                "t": pa.array(values, pa.int64()).cast(pa.timestamp(kind, tz="UTC")),
                "e": ["x"] * len(values),
            }
        )
        return cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone=zone_name)

    step = {"s": 1, "ms": 1000, "us": 10**6}[kind]
    for at in (
        datetime(1, 1, 2, 12),
        datetime(1600, 2, 29, 12),
        datetime(1969, 12, 31, 12),
        datetime(9999, 12, 30, 12),
    ):
        day = (at.date() - oracle.EPOCH).days
        got = log((day * 86_400 + 43_200) * step).daily()
        assert got.day.tolist() == [day] and got.frame()["day"].iloc[0].year == at.year
    for far in (-(2**63), -62_135_596_801 * step, 253_402_300_800 * step, 2**62, 2**63 - 1):
        with pytest.raises(
            LogError, match="column 't' of the frame holds times outside the years 1 to 9999"
        ) as caught:
            log(far, 0)
        assert "\n" not in str(caught.value)


def test_nanoseconds_are_rounded_down_before_1970_too() -> None:
    times = pa.array([-1, -1000, -1001, 0, 999], pa.int64()).cast(pa.timestamp("ns"))
    assert small(times).daily().frame().set_index("day")["acts"].to_dict() == {
        pd.Timestamp("1969-12-31"): 3,
        pd.Timestamp("1970-01-01"): 2,
    }


def test_a_log_from_1600_to_9999_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "_RUNS", 16)
    days = np.random.default_rng(0).permutation(
        np.linspace(-130_000, 2_900_000, 400).astype(np.int32)
    )
    activity = small(pa.array(days).cast(pa.date32())).daily()
    assert activity.day.tolist() == sorted(days.tolist())
    data = cl.build_dataset(
        activity, cl.Snapshots.at(activity, ["9900-01-01"], active_within=10**5)
    )
    assert len(data.X) == 1


@pytest.mark.parametrize("layout", ["frame", "groups"])
def test_one_day_of_garbage_far_away_does_not_stop_the_rest(layout: str, tmp_path: Path) -> None:
    times = np.concatenate(
        [
            [np.datetime64("1970-01-01T00:00:00", "us")],
            np.asarray(TABLE["t"]).astype("datetime64[us]"),
            [np.datetime64("9999-12-31", "us")],
        ]
    )
    table = tall(["x"] * len(times), times, ["open"] * len(times))
    if layout == "groups":
        pq.write_table(table, tmp_path / "log.parquet", row_group_size=500)
        activity = cl.EventLog.read(
            tmp_path / "log.parquet", user="u", time="t", event="e", timezone="Asia/Kolkata"
        ).daily()
    else:
        activity = cl.EventLog.from_frame(
            table, user="u", time="t", event="e", timezone="Asia/Kolkata"
        ).daily()
    assert day_text(activity.start) == "1970-01-01" and activity.end == day_number("9999-12-31") + 1
    assert int(activity.values("acts").sum()) == len(TABLE) + 2


@pytest.mark.parametrize("far", [2**62, -(2**62), 2**63 - 1, -(2**63)])
@pytest.mark.parametrize("kind", ["ms", "us"])
def test_a_file_whose_statistics_no_calendar_shows_is_refused_in_one_line(
    kind: str, far: int, tmp_path: Path
) -> None:
    values = [
        *(np.asarray(TABLE["t"].cast(pa.int64()))[:60] // (1000 if kind == "ms" else 1)).tolist(),
        far,
    ]
    table = pa.table(
        {
            "u": ["ann"] * 61,
            "t": pa.array(values, pa.int64()).cast(pa.timestamp(kind, tz="UTC")),
            "e": ["x"] * 61,
        }
    )
    one_file(table, tmp_path, row_group_size=20)
    with pytest.raises(
        LogError, match=r"column 't' of .*log.parquet holds times outside the years 1 to 9999"
    ) as caught:
        cl.EventLog.read(
            tmp_path / "log.parquet",
            user="u",
            time="t",
            event="e",
            timezone="America/New_York",
            threads=4,
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("threads", 0),
        ("threads", -1),
        ("memory", 0),
        ("memory", -5),
        ("memory", "much"),
        ("bad_ids", 2.0),
        ("bad_ids", -0.1),
        ("late_days", -1),
    ],
)
def test_settings_that_mean_nothing_are_refused_in_one_line(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*; give a") as caught:
        cl.EventLog.from_frame(TABLE, **{**COLUMNS, name: value})
    assert "\n" not in str(caught.value)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 400), st.booleans())
def test_many_snapshots_in_any_order_are_what_each_is_alone(
    seed: int, count: int, strangers: bool
) -> None:
    rng = np.random.default_rng(seed)
    codes, days = (
        rng.integers(-1 if strangers else 0, len(ACTIVITY.users), count),
        rng.integers(ACTIVITY.start - 3, ACTIVITY.end + 60, count),
    )
    got = compute.compute(ACTIVITY, codes, days, FEATURES).to_numpy()
    for i in rng.integers(0, count, 3):
        alone = compute.compute(ACTIVITY, codes[i : i + 1], days[i : i + 1], FEATURES).to_numpy()
        assert got[i].tobytes() == alone[0].tobytes()
    order = rng.permutation(count)
    assert (
        compute.compute(ACTIVITY, codes[order], days[order], FEATURES, threads=1)
        .to_numpy()
        .tobytes()
        == got[order].tobytes()
    )


# ---------------------------------------------------------------------------------------------------------------------- ids


NOTHING = [
    None,
    "",
    "null",
    "NULL",
    "None",
    "nan",
    "undefined",
    "00000000-0000-0000-0000-000000000000",
]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_ids_that_are_none_are_set_aside_and_counted(kind: pa.DataType) -> None:
    users = pa.array([*NOTHING, "a", "b", "null ", "Nobody"] * 20).cast(kind)
    table = pa.table(
        {
            "u": users,
            "t": pa.array([START] * len(users), pa.timestamp("us")),
            "e": ["x"] * len(users),
        }
    )
    options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    log = cl.EventLog.from_frame(table, **options, bad_ids=0.7)
    assert (
        log.counts["bad_ids"] == 160
        and list(log.daily().users) == ["Nobody", "a", "b", "null "]
        and log.describe()["events"] == 80
    )
    for share in (0.01, 0.66):
        with pytest.raises(
            LogError,
            match=rf"null, empty or a word for nothing in 160 of 240 rows, more than the share {share}",
        ):
            cl.EventLog.from_frame(table, **options, bad_ids=share)


@pytest.mark.parametrize(
    "users",
    [pa.nulls(5), pa.nulls(5, pa.string()), pa.nulls(5, pa.int64()), pa.array(["null"] * 5)],
)
def test_a_log_without_any_id_is_refused(users: pa.Array) -> None:
    table = pa.table({"u": users, "t": pa.array([START] * 5, pa.timestamp("us")), "e": ["x"] * 5})
    with pytest.raises(LogError, match="in 5 of 5 rows"):
        cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone="UTC", bad_ids=1.0)


def test_a_file_without_any_id_does_not_say_of_which_type_ids_are(tmp_path: Path) -> None:
    for i, users in enumerate([pa.nulls(1), pa.array([5, 6] * 100)]):
        pq.write_table(
            pa.table(
                {
                    "u": users,
                    "t": pa.array([START] * len(users), pa.timestamp("us")),
                    "e": ["x"] * len(users),
                }
            ),
            tmp_path / f"{i}.parquet",
        )
    log = cl.EventLog.read(tmp_path / "*.parquet", user="u", time="t", event="e", timezone="UTC")
    assert log.daily().users.tolist() == [5, 6] and log.counts["bad_ids"] == 1


@pytest.mark.parametrize("nothing", [None, ""])
def test_events_without_a_name_are_refused_but_not_those_without_an_id(nothing: str | None) -> None:
    table = pa.table(
        {
            "u": ["a", None, "b"] * 2,
            "t": pa.array([START] * 6, pa.timestamp("us")),
            "e": ["x", nothing, "y"] * 2,
        }
    )
    assert cl.EventLog.from_frame(
        table, user="u", time="t", event="e", timezone="UTC", bad_ids=0.5
    ).names == ("x", "y")
    for kind in (pa.string(), pa.dictionary(pa.int32(), pa.string())):
        broken = table.set_column(0, "u", pa.array(["a"] * 6)).cast(
            pa.schema([("u", pa.string()), table.schema.field("t"), ("e", kind)])
        )
        with pytest.raises(
            LogError, match="column 'e' of the frame is null or empty in 2 of 6 rows"
        ):
            cl.EventLog.from_frame(broken, user="u", time="t", event="e", timezone="UTC")


# --------------------------------------------------------------------------------------------------------------- duplicates


@settings(max_examples=80)
@given(st.data(), st.sampled_from([1, 3, 1000]), st.booleans())
def test_duplicates_are_those_that_pandas_finds(
    data: st.DataObject, batch: int, in_order: bool
) -> None:
    names = [f"n{i}" for i in range(data.draw(st.sampled_from([3, 80, 300])))]
    alike = [
        n for n in ("n0", "n1", "n64", "n65", "n128", "n192", "n256") if n in names
    ]  # whose numbers differ in one bit
    row = st.tuples(
        st.sampled_from([1, 2]),
        st.integers(0, 1),
        st.sampled_from(alike),
        st.sampled_from([0.0, 1e-6, 2e-6, 4e-6, -5.0, 1e10, None]),
    )
    drawn = data.draw(st.lists(row, min_size=data.draw(st.sampled_from([1, 20])), max_size=60))
    rows = [(7, 0, n, 0.0) for n in names] + (
        sorted(drawn, key=lambda r: r[1]) if in_order else drawn
    )  # every name has its number
    table = tall(
        [r[0] for r in rows],
        [START + timedelta(minutes=r[1]) for r in rows],
        [r[2] for r in rows],
        a=pa.array([r[3] for r in rows], pa.float64()),
    )
    with pytest.MonkeyPatch.context() as patch:
        for module in (sources, rollup):
            patch.setattr(module, "BATCH", batch)
        log = cl.EventLog.from_frame(
            table, user="u", time="t", event="e", amount="a", timezone="UTC", roles={}
        )
    plain = table.to_pandas().assign(a=[oracle.micros(r[3]) for r in rows])
    assert log.counts["duplicates"] == int(plain.duplicated().sum())


def test_one_temporary_folder_a_log_and_none_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cl.EventLog.from_frame(TABLE, **COLUMNS)
    assert os.listdir(tmp_path) == []
