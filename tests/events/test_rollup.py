"""Order, threads, batches and time going backwards change no byte of a log."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NAMES, ROLES, to_log
from support.daily_rows import check_rows
from support.logs import (
    COLUMNS,
    EVERY_TIME,
    START,
    TABLE,
    in_batches_of,
    ordered,
    outcome,
    small,
    tall,
)
from support.zones import TURNS

import churnlab as cl
from churnlab.events import rollup
from churnlab.events.piles import Piles


@pytest.mark.parametrize("batch", [7, 1000, 131_072])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_batches_and_order_change_no_byte(
    threads: int, order: str, batch: int, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(batch, monkeypatch)
    assert (
        outcome(cl.EventLog.from_frame(ordered(TABLE, order), **COLUMNS, threads=threads))
        == expected
    )


@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_batches_of_one_event(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    some = TABLE.slice(0, 700)
    whole = outcome(cl.EventLog.from_frame(some, **COLUMNS, threads=1))
    in_batches_of(1, monkeypatch)
    assert outcome(cl.EventLog.from_frame(ordered(some, order), **COLUMNS)) == whole


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_time_that_goes_backwards_is_put_in_order(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(batch, monkeypatch)
    times = [START + timedelta(minutes=m) for m in (0, 10, 20, 5, 4000, 3990, 15)]
    back, sound = (small(pa.array(t, pa.timestamp("us"))) for t in (times, sorted(times)))
    assert outcome(back) == outcome(sound)


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
        in_batches_of(batch, patch)
        patch.setattr(
            Piles,
            "add",
            lambda *_: pytest.fail("events in the order of time were sorted"),
        )
        check_rows(to_log(found, meaning).daily(), oracle.daily(found, meaning), meaning)


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
    assert list(activity.users) == sorted(set(users)) and len(activity.rows.pieces()) == 3
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


def test_a_log_from_1600_to_9999_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "_RUNS", 16)
    days = np.random.default_rng(0).permutation(
        np.linspace(-130_000, 2_900_000, 400).astype(np.int32)
    )
    activity = small(pa.array(days).cast(pa.date32()), **EVERY_TIME).daily()
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
    options = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Kolkata"}
    if layout == "groups":
        pq.write_table(table, tmp_path / "log.parquet", row_group_size=500)
        log = cl.EventLog.read(tmp_path / "log.parquet", **options)
    else:
        log = cl.EventLog.from_frame(table, **options)
    without = cl.EventLog.from_frame(table.slice(1, len(TABLE)), **options).daily()
    assert log.counts["bad_times"] == 2
    assert (log.daily().start, log.daily().end) == (without.start, without.end)
    assert int(log.daily().values("acts").sum()) == len(TABLE)
