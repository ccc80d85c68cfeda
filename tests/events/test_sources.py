"""The same events from frames, files and tables of databases; sources that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support.databases import (
    make_duckdb,
)
from support.logs import (
    COLUMNS,
    SMALLER,
    SOUND,
    ordered,
    outcome,
    put,
)
from support.postgres import Run, pg
from support.refusals import refused

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events import sources
from churnlab.events.postgres_table import PostgresTable
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_number

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_frames_of_every_library(order: str) -> None:
    table = ordered(SOUND, order)
    frame = table.to_pandas()
    frames = {
        "pandas": frame,
        "categories": frame.astype({"u": "category", "e": "category", "p": "category"}),
        "objects": frame.astype({"u": object, "e": object}),
        "polars": pl.from_arrow(table),
        "lazy": pl.from_arrow(table).lazy(),
        "duckdb": duckdb.sql("select * from frame"),
        "polars categories": pl.from_arrow(table).with_columns(
            pl.col("u", "e").cast(pl.Categorical)
        ),
        "record batches": pa.RecordBatchReader.from_batches(table.schema, table.to_batches(100)),
    }
    for name, given in frames.items():
        assert outcome(cl.EventLog.from_frame(given, **COLUMNS)) == WANT, name


def test_a_slice_of_a_table_is_read_from_where_it_begins() -> None:
    for begin in (1, 7, 64, 65):
        some = SOUND.slice(begin, 900)
        copy = pa.Table.from_pylist(some.to_pylist(), some.schema)
        assert outcome(cl.EventLog.from_frame(some, **COLUMNS)) == outcome(
            cl.EventLog.from_frame(copy, **COLUMNS)
        )


def test_a_pandas_column_of_mixed_objects_is_refused_in_one_line() -> None:
    frame = pd.DataFrame({"u": [1, "a", 2], "t": pd.Timestamp("2026-01-01"), "e": "x"})
    with pytest.raises(
        LogError, match="the frame cannot be read: .*column u with type object"
    ) as caught:
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC")
    assert "\n" not in str(caught.value)


def test_two_columns_of_one_name_are_refused_in_one_line() -> None:
    twice = pa.Table.from_arrays(
        [SMALLER["u"], SMALLER["t"], SMALLER["e"], SMALLER["e"]], names=["u", "t", "e", "e"]
    )
    for given in (twice, twice.to_pandas()):
        with pytest.raises(
            LogError,
            match="column 'e' of the frame is there more than once; give one column of that name",
        ):
            cl.EventLog.from_frame(given, user="u", time="t", event="e")


def test_a_frame_that_is_none_is_refused() -> None:
    refused("is list; give a dataframe", [1, 2])


def test_a_misspelt_column_lists_near_names(frame: pd.DataFrame) -> None:
    refused(r"no column 'usr_id' \(given as user=\): did you mean 'user_id'", frame, user="usr_id")


LONG = {
    "user": "u",
    "time": "t",
    "event": "e",
    "timezone": "America/St_Johns",
    "ignore": "heartbeat",
    "bad_ids": 0.2,
}


@pytest.mark.parametrize("kind", ["us", "ns", "s"])
def test_a_long_frame_is_cut_at_days_but_not_where_the_clock_is_set_back_over_midnight(
    kind: str,
) -> None:
    rng = np.random.default_rng(0)
    begin = np.datetime64("2010-11-05T12:00:00", "us")
    times = np.sort(begin + rng.integers(0, 4 * 86_400, 1_000_000).astype("timedelta64[s]"))
    table = pa.table(
        {
            "u": rng.integers(0, 50, len(times)),
            "t": pa.array(times, pa.timestamp("us", "UTC")).cast(pa.timestamp(kind, "UTC")),
            "e": pa.array(["x"] * len(times)),
        }
    )
    spec = LogSpec.of(**LONG)
    assert len(sources.open_frame(table, spec.wanted()).tasks(spec, 4)) > 2
    one, four = (cl.EventLog.from_frame(table, **LONG, threads=t).daily() for t in (1, 4))
    assert one.digest == four.digest
    assert len(set(zip(four.codes.tolist(), four.day.tolist(), strict=True))) == len(four.day)


def test_no_such_file() -> None:
    refused("no such file: 'gone.parquet'", path="gone.parquet")


def test_a_pattern_that_matches_nothing() -> None:
    refused(r"no file matches the pattern 'gone/\*.parquet'", path="gone/*.parquet")


def test_a_truncated_parquet_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_parquet(tmp_path / "b.parquet")
    data = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(data[: len(data) // 2])
    refused(r"b\.parquet cannot be read", path="*.parquet")


@pytest.mark.parametrize(
    "column, values, match",
    [
        (
            "u",
            pa.array([1] * 3),
            "column 'u' of .* and another type in others; give one type of id",
        ),
        ("t", pa.array([datetime(2026, 3, 1)] * 3), "has a time zone in some parts"),
        ("e", None, r"1\.parquet has no column 'e' \(given as event=\)"),
        ("a", pa.array(["much"] * 3), None),
        ("t", pa.array(["2026-03-01 10:00Z"] * 3), None),
    ],
)
def test_files_that_differ_in_types_are_read_or_refused_in_one_line(
    column: str, values: pa.Array | None, match: str | None, tmp_path: Path
) -> None:
    table = pa.table(
        {
            "u": ["a", "b", "c"],
            "t": pa.array([datetime(2026, 3, 1)] * 3, pa.timestamp("us", "UTC")),
            "e": ["x"] * 3,
            "a": [1.0] * 3,
        }
    )
    for order in (0, 1):
        pq.write_table(table, tmp_path / f"{1 - order if values is not None else 0}.parquet")
        pq.write_table(
            put(table, column, values) if values is not None else table.drop_columns([column]),
            tmp_path / f"{order if values is not None else 1}.parquet",
        )
        options = {
            "user": "u",
            "time": "t",
            "event": "e",
            "amount": "a",
            "roles": {},
            "timezone": "UTC",
        }
        if match is None:
            assert cl.EventLog.read(tmp_path / "*.parquet", **options).describe()["events"] == 6
            continue
        with pytest.raises(LogError, match=match) as caught:
            cl.EventLog.read(tmp_path / "*.parquet", **options)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layout", ["one", "gz", "tsv", "files", "quoted"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_csv(layout: str, order: str, tmp_path: Path) -> None:
    frame = ordered(SOUND, order).to_pandas()
    if layout == "files":
        for i in range(4):
            frame.iloc[i * 900 : (i + 1) * 900].to_csv(tmp_path / f"{i}.csv", index=False)
        path = "*.csv"
    else:
        path = {"one": "log.csv", "gz": "log.csv.gz", "tsv": "log.tsv", "quoted": "log.csv"}[layout]
        frame.to_csv(
            tmp_path / path,
            index=False,
            sep="\t" if layout == "tsv" else ",",
            quoting=1 if layout == "quoted" else 0,
        )
    assert outcome(cl.EventLog.read(tmp_path / path, **COLUMNS)) == WANT


def test_csv_fields_that_are_empty() -> None:
    lines = [
        "u,t,e,a",
        "a,2026-03-01 10:00,x,",
        ",2026-03-01 10:00,x,5",
        "null,2026-03-01 10:00,x,5",
        'a,2026-03-01 11:00,x,"1e3"',
        "b,2026-03-02,x,much",
    ]
    Path("log.csv").write_text("\n".join(lines))
    log = cl.EventLog.read(
        "log.csv", user="u", time="t", event="e", amount="a", roles={}, timezone="UTC", bad_ids=0.5
    )
    assert (
        log.counts["bad_ids"] == 2
        and log.counts["bad_amounts"] == 1
        and log.daily().frame()["money"].tolist() == [10**9, 0]
    )
    Path("log.csv").write_text("u,t,e\na,2026-03-01 10:00,x\na,,x\n")
    with pytest.raises(LogError, match="column 't' of .* is not a time in 1 of 2 rows"):
        cl.EventLog.read("log.csv", user="u", time="t", event="e", timezone="UTC")


def test_a_csv_with_a_broken_row(frame: pd.DataFrame, tmp_path: Path) -> None:
    text = frame.to_csv(index=False).splitlines()
    text[200] = text[200] + ",one,two,three"
    (tmp_path / "log.csv").write_text("\n".join(text))
    refused(r"log\.csv cannot be read.*", path="log.csv")


def test_csv_files_with_different_headers(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "1.csv", index=False)
    frame[["ts", "user_id", "event", "amount"]].to_csv(tmp_path / "2.csv", index=False)
    refused(r"2\.csv has another header line than .*1\.csv", path="?.csv")


def test_a_range_of_days_counts_what_is_in_it_alone(tmp_path: Path) -> None:
    pq.write_table(SMALLER, tmp_path / "log.parquet", row_group_size=250)
    SMALLER.to_pandas().to_csv(tmp_path / "log.csv", index=False)
    make_duckdb(tmp_path / "log.duckdb", SMALLER)
    first = day_number("2026-03-05")
    days = (
        pc.local_timestamp(SMALLER["t"].cast(pa.timestamp("us", "America/New_York")))
        .cast(pa.date32())
        .cast(pa.int32())
        .to_numpy()
    )
    inside = (days >= first) & (days < first + 4)
    want = outcome(cl.EventLog.from_frame(SMALLER.filter(pa.array(inside)), **COLUMNS))
    spec = LogSpec.of(**COLUMNS, threads=4, table="events")
    spec = LogSpec(**{**vars(spec), "days": (first, first + 4)})
    paths = [
        sources.open_path(tmp_path / name, spec)
        for name in ("log.parquet", "log.duckdb", "log.csv")
    ]
    for source in (*paths, sources.open_frame(SMALLER, spec.wanted())):
        assert outcome(cl.EventLog.of(source, spec)) == want, source.name


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
def test_a_table_of_duckdb(order: str, threads: int, tmp_path: Path) -> None:
    path = make_duckdb(tmp_path / "log.duckdb", ordered(SMALLER, order))
    want = outcome(cl.EventLog.from_frame(SMALLER, **COLUMNS))
    assert outcome(cl.EventLog.read(path, **COLUMNS, table="events", threads=threads)) == want


@pytest.fixture
def set_back() -> pa.Table:
    """An event every ten minutes of the days around a night when the clock was set back over midnight, one minute after it."""
    times = [datetime(2010, 11, 4, tzinfo=UTC) + timedelta(minutes=10 * i) for i in range(6 * 144)]
    n = np.arange(len(times))
    return pa.table(
        {
            "u": pa.array(np.where(n % 11 == 3, None, "a")),
            "t": pa.array(times, pa.timestamp("us", "UTC")),
            "e": pa.array(np.where(n % 3 == 0, "heartbeat", "x")),
        }
    )


def check_set_back(read: Callable[[dict[str, Any]], cl.EventLog], table: pa.Table) -> None:
    want = outcome(cl.EventLog.from_frame(table, **LONG, threads=1))
    for threads in (1, 4):
        assert outcome(read({**LONG, "threads": threads})) == want


def test_duckdb_loses_no_event_of_an_hour_that_comes_twice(
    set_back: pa.Table, tmp_path: Path
) -> None:
    path = make_duckdb(tmp_path / "log.duckdb", set_back)
    check_set_back(lambda options: cl.EventLog.read(path, **options, table="events"), set_back)
    first = day_number("2010-11-06")
    for day in range(first - 1, first + 3):  # as the store's update reads it
        spec = LogSpec(**{**vars(LogSpec.of(**LONG, table="events")), "days": (day, day + 1)})
        log = cl.EventLog.of(sources.open_path(path, spec), spec)
        got, whole = log.daily(), cl.EventLog.from_frame(set_back, **LONG).daily()
        assert (
            got.day.tolist() == [day]
            and got.counts[0].tolist() == whole.counts[whole.day == day][0].tolist()
        )
        there = (
            pc.local_timestamp(set_back["t"].cast(pa.timestamp("us", LONG["timezone"])))
            .cast(pa.date32())
            .cast(pa.int32())
            .to_numpy()
        )
        assert log.counts["bad_ids"] == int((there == day)[3::11].sum())


def test_parquet_loses_no_event_of_an_hour_that_comes_twice(
    set_back: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(set_back, tmp_path / "log.parquet", row_group_size=6)
    check_set_back(lambda options: cl.EventLog.read(tmp_path / "log.parquet", **options), set_back)


@pytest.mark.parametrize(
    "kind", ["TIMESTAMPTZ", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_S", "DATE", "VARCHAR"]
)
def test_duckdb_does_not_hide_null_times(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "log.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(
            f"create table events as select 'a' as u, cast(timestamp '2026-03-01' + to_days(i::int) as {kind}) as t, 'x' as e "
            "from range(9) r(i)"
        )
        connection.execute("insert into events values ('a', null, 'x')")
    with pytest.raises(
        LogError,
        match="column 't' of table 'events' of .* is (null or empty|not a time) in 1 of 10 rows",
    ):
        cl.EventLog.read(path, user="u", time="t", event="e", timezone="UTC", table="events")


def test_duckdb_does_not_lose_the_last_nanosecond_before_1970(tmp_path: Path) -> None:
    path = tmp_path / "log.duckdb"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(
            "create table events as select 'a' as u, make_timestamp_ns(i * 86400000000000 - 1) as t, 'x' as e "
            "from range(-20, 20) r(i)"
        )
    for threads in (1, 4):
        log = cl.EventLog.read(
            path, user="u", time="t", event="e", timezone="UTC", table="events", threads=threads
        )
        assert log.daily().day.tolist() == list(range(-21, 19))


@pytest.fixture
def filled(postgres: Run) -> Callable[[pa.Table], None]:
    def fill(table: pa.Table) -> None:
        from adbc_driver_postgresql import dbapi

        with dbapi.connect("postgresql://") as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("events", table, mode="create")
            connection.commit()

    return fill


@pg
def test_a_table_of_postgres(filled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(ordered(SMALLER, "shuffled"))
    want = outcome(cl.EventLog.from_frame(SMALLER, **COLUMNS))
    asked = []
    table = PostgresTable
    batches = table.batches
    monkeypatch.setattr(
        table,
        "batches",
        lambda self, columns, time, low, high: (
            asked.append((low, high)) or batches(self, columns, time, low, high)
        ),
    )
    for threads in (1, 4):
        assert (
            outcome(cl.EventLog.read("postgresql://", **COLUMNS, table="events", threads=threads))
            == want
        )
    assert len(asked) >= 20 and all(low < high for low, high in asked)
    assert (
        outcome(
            cl.EventLog.read("postgresql://", **COLUMNS, table="events", threads=1, memory="20KB")
        )
        == want
    )


@pg
def test_postgres_loses_no_event_of_an_hour_that_comes_twice(
    filled: Any, set_back: pa.Table
) -> None:
    filled(set_back)
    check_set_back(
        lambda options: cl.EventLog.read("postgresql://", **options, table="events"), set_back
    )


@pg
def test_postgres_does_not_hide_null_times(filled: Any, postgres: Run) -> None:
    filled(SMALLER)
    postgres("update events set t = null where n = 7")
    with pytest.raises(
        LogError, match="column 't' of table 'events' of postgresql:// is null or empty in"
    ):
        cl.EventLog.read("postgresql://", **COLUMNS, table="events")
