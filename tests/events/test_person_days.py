"""Events that lie together by person: the same bytes as in any other order, read without piles."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.logs import COLUMNS, EVERY_TIME, TABLE, in_batches_of, ordered, outcome, tall
from support.zones import TURNS

import churnlab as cl
from churnlab.activity import blocks
from churnlab.activity import rows as rows_module
from churnlab.events import parquet_files, person_days, rollup
from churnlab.events.person_days import PersonDays
from churnlab.events.piles import Piles
from churnlab.kernels.rollup import PersonRoll, Slice
from churnlab.schema.measures import Measure

SUMS = {**COLUMNS, "measures": [Measure.sum("n")]}
PLAIN: dict[str, Any] = {"user": "u", "time": "t", "event": "e", "timezone": "UTC", **EVERY_TIME}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many tasks were rolled up by person, and how many events went to piles."""
    found = {"tasks": 0, "piled": 0}
    finish, add = PersonDays.finish, Piles.add

    def finished(days: PersonDays, counts: Any) -> None:
        finish(days, counts)
        found["tasks"] += 1

    def piled(piles: Piles, events: Slice, *changes: np.ndarray) -> None:
        found["piled"] += len(events)
        add(piles, events, *changes)

    monkeypatch.setattr(PersonDays, "finish", finished)
    monkeypatch.setattr(Piles, "add", piled)
    return found


def read(table: pa.Table, folder: Path, group: int, options: dict[str, Any]) -> cl.EventLog:
    pq.write_table(table, folder / "log.parquet", row_group_size=group)
    return cl.EventLog.read(folder / "log.parquet", **options)


def numbered(table: pa.Table) -> pa.Table:
    """The table with whole numbers for ids, some below zero."""
    ids = [None if u in (None, "null") else int(u) - 100 for u in table["u"].to_pylist()]
    return table.set_column(0, "u", pa.array(ids, pa.int64()))


@pytest.mark.parametrize("rows", [5, 8192])
@pytest.mark.parametrize("batch", [7, 131_072])
@pytest.mark.parametrize("group", [50, 700])
@pytest.mark.parametrize("form", [lambda t: t, numbered], ids=["text", "numbers"])
def test_a_log_by_person_gives_the_bytes_of_a_log_by_time(
    form: Callable[[pa.Table], pa.Table],
    group: int,
    batch: int,
    rows: int,
    told: dict[str, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = form(TABLE)
    want = outcome(cl.EventLog.from_frame(table, **SUMS, threads=1))
    told["piled"] = 0
    in_batches_of(batch, monkeypatch)
    monkeypatch.setattr(PersonRoll, "ROWS", rows)
    monkeypatch.setattr(person_days, "_MOST", 3 * rows)
    by_person = ordered(table, "user")
    for threads in (1, 3):
        assert outcome(read(by_person, tmp_path, group, {**SUMS, "threads": threads})) == want
    assert told["tasks"] > 4 and 0 < told["piled"] < len(table)


def test_a_day_of_a_person_may_end_one_task_and_begin_the_next(
    told: dict[str, int], tmp_path: Path
) -> None:
    minutes = np.sort(np.random.default_rng(0).integers(0, 3 * 1440, 900))
    times = np.datetime64("2026-03-01", "us") + minutes.astype("timedelta64[m]")
    users = np.repeat(np.arange(3), 300)
    table = tall(users, np.concatenate([times[i::3] for i in range(3)]), ["x"] * 900)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    assert outcome(read(table, tmp_path, 70, {**PLAIN, "threads": 2})) == want
    assert told["tasks"] == 8


ODD = {
    "one person": "aaaaaaaaaa",
    "two people": "aaaabbbbbb",
    "the first again": "abaccdeefg",
    "one of the middle again": "abcbdeefgg",
    "the last again": "abccbeefgg",
    "in the next row group again": "bbcababdee",
    "not by the alphabet": "baadcgfehh",
    "shared, in between": "acbbbceegg",
    "shared, in between, later": "abbcceccgg",
}


def odd(kind: str) -> pa.Table:
    """Each person has two events a day, from the same day on."""
    users = list(ODD[kind])
    earlier = [users[:i].count(user) for i, user in enumerate(users)]
    return tall(users, [datetime(2026, 3, 1 + k // 2, 12, k) for k in earlier], ["x"] * len(users))


@pytest.mark.parametrize("group", [3, 5])
@pytest.mark.parametrize("kind", ODD)
def test_people_who_come_again_lose_no_event(kind: str, group: int, tmp_path: Path) -> None:
    table = odd(kind)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    for threads in (1, 2):
        assert outcome(read(table, tmp_path, group, {**PLAIN, "threads": threads})) == want


def test_time_that_falls_within_a_person_is_put_in_order(
    told: dict[str, int], tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    times = np.datetime64("2026-03-01", "us") + rng.integers(0, 9000, 400).astype("timedelta64[m]")
    table = tall(np.repeat(np.arange(100), 4), times, ["x"] * 400)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    assert outcome(read(table, tmp_path, 40, PLAIN)) == want
    assert told["piled"] >= 400


def test_a_person_with_more_events_than_memory_goes_to_the_piles(
    told: dict[str, int], tmp_path: Path
) -> None:
    minutes = np.arange(60_000)
    users = np.where(minutes < 500, 0, np.where(minutes < 59_000, 1, 2))
    times = np.datetime64("2026-03-01", "us") + minutes.astype("timedelta64[m]")
    table = tall(np.concatenate([users, [3] * 60_000]), np.tile(times, 2), ["x"] * 120_000)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    small = {**PLAIN, "threads": 1, "memory": "4MB"}
    assert outcome(read(table, tmp_path, 30_000, small)) == want
    assert told["piled"] > 100_000


def test_days_on_disk_that_are_asked_for_alone(tmp_path: Path) -> None:
    options = {**SUMS, "since": "2026-03-01", "until": "2026-03-20"}
    want = outcome(cl.EventLog.from_frame(TABLE, **options))
    assert outcome(read(ordered(TABLE, "user"), tmp_path, 200, options)) == want


@pytest.mark.parametrize("options", [COLUMNS, {**SUMS, "arrived": "t"}], ids=["distinct", "late"])
def test_rows_that_are_not_sums_of_one_version_go_to_the_piles(
    options: dict[str, Any], told: dict[str, int], tmp_path: Path
) -> None:
    want = outcome(cl.EventLog.from_frame(TABLE, **options))
    assert outcome(read(ordered(TABLE, "user"), tmp_path, 200, options)) == want
    assert told["tasks"] == 0


def test_money_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    users = np.repeat(np.arange(6), 2000)
    times = np.datetime64("2026-03-01", "us") + np.arange(12_000).astype("timedelta64[s]")
    table = tall(users, times, ["purchase"] * 12_000, a=np.full(12_000, 9e9))
    with pytest.raises(cl.errors.LogError, match="money"):
        read(table, tmp_path, 1000, {**PLAIN, "amount": "a", "roles": {"purchase": ["purchase"]}})


@st.composite
def around_turns(draw: st.DrawFn) -> tuple[str, list[oracle.Event]]:
    zone_name = draw(st.sampled_from(sorted(TURNS)))
    turn = draw(st.sampled_from(TURNS[zone_name]))
    minutes = st.one_of(st.integers(-4000, 4000), st.integers(-100, 100).map(lambda q: q * 15))
    found = [
        oracle.Event(
            draw(st.sampled_from("abcdefg")),
            (turn + timedelta(minutes=draw(minutes))).replace(tzinfo=UTC),
            draw(st.sampled_from([f"n{i:02d}" for i in range(70)])),
        )
        for _ in range(draw(st.integers(4, 40)))
    ]
    return zone_name, found


@settings(max_examples=150)
@given(around_turns(), st.sampled_from([2, 5]), st.sampled_from([1, 3, 1000]))
def test_any_zone_batch_and_names(
    tmp_path_factory: pytest.TempPathFactory, made: tuple, group: int, batch: int
) -> None:
    zone_name, found = made
    found = sorted(found, key=lambda e: (e.user, e.at))
    names = sorted({e.name for e in found})
    options = {**PLAIN, "timezone": zone_name, "roles": {"social": names[:2]}}
    table = tall([e.user for e in found], [0] * len(found), [e.name for e in found])
    times = pa.array([e.at for e in found], pa.timestamp("us", "UTC"))
    table = table.set_column(1, "t", times)
    with pytest.MonkeyPatch.context() as patch:
        in_batches_of(batch, patch)
        patch.setattr(PersonRoll, "ROWS", 3)
        got = outcome(read(table, tmp_path_factory.mktemp("log"), group, options))
    assert got == outcome(cl.EventLog.from_frame(table.sort_by("t"), **options, threads=1))


@pytest.mark.parametrize(
    "kind", ["one of the middle again", "the last again", "shared, in between"]
)
def test_people_who_do_not_lie_together_are_read_again_on_piles(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[bool] = []
    run = rollup._Rolling.run

    def noted(rolling: Any) -> Any:
        tried.append(rolling.by_person)
        return run(rolling)

    monkeypatch.setattr(rollup._Rolling, "run", noted)
    read(odd(kind), tmp_path, 5, {**PLAIN, "threads": 1})
    assert tried == [True, False]


def test_statistics_that_are_wrong_cost_no_event(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parquet_files, "by_person", lambda groups, most: [[g] for g in groups])
    table = tall(list("abcdeacdfg"), ["2026-03-01T12"] * 10, ["x"] * 10)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    assert outcome(read(table, tmp_path, 5, PLAIN)) == want


@pytest.mark.parametrize("threads", [1, 3])
def test_files_by_person_that_interleave_lose_no_event(threads: int, tmp_path: Path) -> None:
    ids = [[f"{5 * k + i:03d}" for k in range(4) for i in some] for some in ([0, 1, 4, 5], [2, 3])]
    tables = [tall(users, ["2026-03-01T12"] * len(users), ["x"] * len(users)) for users in ids]
    for i, table in enumerate(tables):
        pq.write_table(table, tmp_path / f"{i}.parquet", row_group_size=2)
    want = outcome(cl.EventLog.from_frame(pa.concat_tables(tables), **PLAIN))
    assert outcome(cl.EventLog.read(tmp_path, **PLAIN, threads=threads)) == want


def test_nested_ids_of_two_types_are_refused_in_one_line(tmp_path: Path) -> None:
    for i, ids in enumerate((["a", "b", "e", "f"], [1, 2, 3, 4])):
        table = tall([{"id": v} for v in ids], ["2026-03-01"] * 4, ["x"] * 4)
        pq.write_table(table, tmp_path / f"{i}.parquet", row_group_size=2)
    with pytest.raises(cl.errors.LogError, match="give one type of id") as caught:
        cl.EventLog.read(tmp_path, **{**PLAIN, "user": "u.id"})
    assert "\n" not in str(caught.value)


def test_a_column_named_like_a_nested_one_is_not_taken_for_it(tmp_path: Path) -> None:
    users = [1, 2, 3, 4, 3, 4, 5, 6]
    table = tall(users, ["2026-03-01T12"] * 8, ["x"] * 8).rename_columns(["u.id", "t", "e"])
    table = table.append_column("u", pa.array([{"id": i} for i in range(8)]))
    options = {**PLAIN, "user": "u.id"}
    want = outcome(cl.EventLog.from_frame(table, **options))
    assert outcome(read(table, tmp_path, 4, options)) == want


def test_rows_that_became_blocks_are_let_go_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most: list[int] = []
    made = person_days._Rows.__init__

    def noted(rows: Any, *given: Any) -> None:
        made(rows, *given)
        alive.add(rows)
        most.append(len(alive))

    monkeypatch.setattr(person_days._Rows, "__init__", noted)
    gc.disable()
    try:
        read(ordered(TABLE, "user"), tmp_path, 100, {**SUMS, "threads": 1})
        assert len(most) > 4 and max(most) == 2 and not len(alive)
    finally:
        gc.enable()


def test_the_first_try_is_gone_when_the_second_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    found: list[int] = []
    made = rollup._Rolling.__init__

    def noted(rolling: Any, *given: Any, **more: Any) -> None:
        found.append(len(alive))
        made(rolling, *given, **more)
        alive.add(rolling)

    monkeypatch.setattr(rollup._Rolling, "__init__", noted)
    read(odd("the last again"), tmp_path, 5, {**PLAIN, "threads": 1})
    assert found == [0, 0]


def test_days_far_apart_and_people_far_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(person_days, "PIECE_BITS", 2)
    monkeypatch.setattr(rows_module, "PIECE_BITS", 2)
    monkeypatch.setattr(blocks, "PIECE_BITS", 2)
    users = np.repeat(np.arange(40), 3)
    days = ["0101-02-03T04", "1975-03-01T12", "2026-03-01T12"] * 40
    table = tall(users, days, ["x"] * 120)
    want = outcome(cl.EventLog.from_frame(table, **PLAIN))
    log = read(table, tmp_path, 30, {**PLAIN, "threads": 1})
    assert outcome(log) == want
    assert max(block.first for block in log.activity.rows.blocks) > 5
    assert max(len(b.starts) for b in log.activity.rows.blocks if b.first) < 5
