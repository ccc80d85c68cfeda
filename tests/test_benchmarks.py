"""The benchmark gives every contender the same work: features agree to 1e-9, logs have their shape."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import events
import grid
import json_lines
import racing
import store
import table


@pytest.fixture(scope="module", params=["int", "string"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / f"{request.param}.parquet"
    events.write(events.Shape(30_000, request.param, seed=5), path)
    return path


def test_duckdb_and_polars_give_the_features_of_churnlab(log: Path) -> None:
    pytest.importorskip("polars", reason="polars is in the dev extra")
    import agreement

    assert len(agreement.ours(str(log))) > 50
    assert agreement.differences(str(log)) == []


def test_a_difference_is_found() -> None:
    pytest.importorskip("polars", reason="polars is in the dev extra")
    import agreement
    import pandas as pd

    mine = pd.DataFrame({"x": [1.0, np.nan], "y": [1.0, 2.0]}, index=[3, 4])
    assert agreement._between(mine, mine.copy()) == []
    assert agreement._between(mine, mine.assign(x=[1.0, 0.0])) == ["x differs for 1 people"]
    assert agreement._between(mine, mine.assign(y=[1.0, 2.0 + 1e-8])) == ["y differs for 1 people"]
    assert agreement._between(mine, mine.loc[[3]]) == ["other people or columns, (1, 2) for (2, 2)"]


def test_a_log_has_its_events_in_time_order(log: Path) -> None:
    found = pq.read_table(log)
    assert found.num_rows == 30_000
    times = found["ts"].cast("int64").to_numpy()
    assert (np.diff(times) >= 0).all()
    start = datetime.combine(events.START, datetime.min.time())
    assert pc.min(found["ts"]).as_py() >= start
    assert pc.max(found["ts"]).as_py() < start + timedelta(days=events.DAYS)
    assert set(found["event"].unique().to_pylist()) == set(events.NAMES)
    assert {len(str(u)) for u in found["user_id"].unique().to_pylist()} == {36} or log.stem == "int"


def test_a_log_has_peoples_shape(tmp_path: Path) -> None:
    events.write(events.Shape(400_000), tmp_path / "log.parquet")
    log = f"read_parquet('{tmp_path}/log.parquet')"
    found = duckdb.sql(f"""
        with people as (select user_id, count(*) as n from {log} group by user_id)
        select count(*), median(n), avg(n), max(n),
               (select count(*) filter ((amount is null) <> (event <> 'order')) from {log})
        from people""")
    people, middle, mean, most, odd = found.fetchall()[0]
    assert 1_200 < people <= 400_000 // 260
    assert middle < mean / 2
    assert most > 3_000
    assert odd == 0
    groups = pq.ParquetFile(tmp_path / "log.parquet").metadata
    sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert sizes == [events.ROW_GROUP] * 3 + [400_000 - 3 * events.ROW_GROUP]


def test_the_same_seed_gives_the_same_log(tmp_path: Path) -> None:
    for name in ("a", "b"):
        events.write(events.Shape(2_000), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_contender_answers_from_its_own_process(log: Path) -> None:
    setting = racing.Setting(log, threads=1, limit_mib=4_000)
    times = racing.race(["floor"], log, setting, repeats=2)["floor"]
    assert len(times.runs) == 2
    assert times.seconds is not None
    assert times.runs[0]["columns"] == 3
    assert times.runs[0]["peak_mib"] > 20


def test_a_contender_that_exceeds_the_memory_limit_is_ended_and_reported(log: Path) -> None:
    setting = racing.Setting(log, threads=1, limit_mib=5)
    times = racing.race(["floor"], log, setting, repeats=1)["floor"]
    assert times.seconds is None
    assert times.failed == "floor took more than 5 MiB"
    rows = table.of_race("int", {"floor": times}, {})
    assert [r.ok for r in rows] == [None]


def test_rows_say_whether_their_goal_is_reached() -> None:
    assert table.Row("x", 2.4, 2.5).ok is True
    assert table.Row("x", 14.0, 15, at_least=True).ok is False
    assert table.Row("x", None, 2.5).ok is None
    assert "| NO |" in table.markdown([table.Row("x", 3, 2.5)])
    ours = racing.Times([{"seconds": 2.0, "rows": 10, "columns": 3}])
    polars = racing.Times(failed="polars took more than 5 MiB")
    scaled = {"polars": {"seconds": 40.0, "events": 500}}
    row = table.of_race("int", {"churnlab": ours, "polars": polars}, scaled)[0]
    assert row.measured == 20
    assert row.note == "polars took more than 5 MiB; 40.0 s are scaled linearly from 500 events"


def test_daily_rows_are_sorted_and_distinct_and_have_about_the_number_of_people() -> None:
    rows = store.daily_rows(people=6_000, monthly=1_000)
    keys = rows["codes"] * 10**6 + rows["day"]
    assert (np.diff(keys) > 0).all()
    epoch = events.START.replace(1970, 1, 1)
    recent = rows["day"] >= (events.END - timedelta(days=30) - epoch).days
    assert 800 < len(np.unique(rows["codes"][recent])) < 1_200
    assert {v.dtype for v in rows.values()} == {np.dtype(np.int64)}
    assert all(len(v) == len(keys) for v in rows.values())


def test_the_update_is_measured_on_new_days(tmp_path: Path) -> None:
    seen: list[object] = []

    def make(pattern: str, _: Path) -> None:
        seen.append(pq.read_table(str(Path(pattern).parent)).num_rows)

    calls = store.Store(make=make, append=lambda file, _: seen.append(file.name))
    found = store.update_ratio(tmp_path, people=300, daily=40, events=3_000, repeats=2, store=calls)
    assert seen == [
        180 * 40 + 3 * 3_000,
        *(f"late-2026-{d}.parquet" for d in ("06-30", "07-01", "07-02")),
    ]
    assert len(found["append_seconds"]) == 2  # type: ignore[arg-type]
    assert store.update_ratio(tmp_path, 1, 1, 1, 1, store.Store()) == {"left_out": "no store yet"}


def test_both_readers_of_json_lines_read_every_event(tmp_path: Path) -> None:
    path = json_lines.write(3_000, tmp_path)
    assert json_lines.by_duckdb(path, 2) == json_lines.by_churnlab(path, 2, "1GB") == 3_000
    found = json_lines.measure(path, 2, "1GB", repeats=1)
    assert found["clock_ratio"] > 0 and {*found["seconds"]} == {"duckdb", "churnlab"}


def test_logs_of_the_grid_have_their_orders_and_forms(tmp_path: Path) -> None:
    shape = events.Shape(20_000, a_day=260, names="dictionary", amounts="half", seed=3)
    found = {}
    for order in ("time", "person", "none"):
        path = tmp_path / f"{order}.parquet"
        events.write(shape, path, events.File("zstd", 6_000, order))
        found[order] = pq.read_table(path)
        meta = pq.ParquetFile(path).metadata
        assert meta.num_row_groups == 4
        assert meta.row_group(0).column(0).compression == "ZSTD"
    by_person = found["time"].sort_by([("user_id", "ascending"), ("ts", "ascending")])
    assert found["person"]["user_id"].equals(by_person["user_id"])
    assert found["person"]["ts"].equals(by_person["ts"])
    assert not found["none"]["ts"].equals(found["time"]["ts"])
    assert pc.sum(found["none"]["user_id"]) == pc.sum(found["time"]["user_id"])
    assert str(found["none"].schema.field("event").type).startswith("dictionary")
    assert 0.4 < found["time"]["amount"].null_count / 20_000 < 0.6


def test_the_grid_covers_each_level_and_its_table_is_put_into_a_file(tmp_path: Path) -> None:
    options = {word for _, given in grid.LOGS.values() for word in given}
    assert {"zstd", "1_000_000", "dictionary", "260", "all", "half", "person", "none"} <= options
    logs = [
        {"log": name, "ratio": ratio, "rounds": [1, 3], "a_seconds": [4.0], "b_seconds": [2.0]}
        for name, ratio in (("usual", 2.0), ("zstd", 2.4), ("none", 3.0))
    ]
    about = {"cpu": "a cpu", "cores": 2, "memory_gib": 8, "threads": 2}
    sizes = [{"events": 30_000_000, "logs": logs}]
    told = grid.markdown({"machine": about, "rounds": 3, "sizes": sizes})
    assert "| zstd | 2.40, 1.00 to 3.00 | 4.00 / 2.00 |" in told
    assert "| **median** | **2.40** (goal ≤ 2.5) |" in told and "a cpu, 2 cores" in told
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{grid.BEGIN}old{grid.END}\nafter\n", encoding="utf-8")
    grid.rewrite(readme, told)
    assert readme.read_text(encoding="utf-8") == (f"before\n{grid.BEGIN}{told}{grid.END}\nafter\n")
