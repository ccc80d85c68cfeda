"""Tables of a DuckDB file: the same rows back, and only the days asked for."""

from __future__ import annotations

import gc
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from support.databases import (
    DAY,
    HARD_NAMES,
    START_MICROS,
    check_threads,
    make_file,
    one_line,
    rows,
)
from support.logs import (
    START,
)

from churnlab.errors import LogError
from churnlab.events.duckdb_table import DuckDBTable


def test_duckdb_gives_the_same_rows_back(shop: Path) -> None:
    source = DuckDBTable(shop, "events")
    assert source.schema() == pa.schema(
        [
            ("id", pa.int64()),
            ("user_id", pa.string()),
            ("at", pa.timestamp("us")),
            ("amount", pa.decimal128(10, 2)),
        ]
    )
    assert source.span("at") == (START_MICROS, START_MICROS + 239 * DAY // 24)
    got = rows(source, ["user_id", "at", "id"], "at")
    assert got[0] == {"user_id": "user-0", "at": START, "id": 0} and len(got) == 240
    assert source.name == f"table 'events' of {shop}" and source.name in repr(source)


def test_duckdb_reads_one_day_and_the_filter_is_on_the_bare_column(shop: Path) -> None:
    source = DuckDBTable(shop, "events")
    day = (START_MICROS + DAY, START_MICROS + 2 * DAY)
    assert [r["id"] for r in rows(source, ["id"], "at", *day)] == list(range(24, 48))
    assert [r["id"] for r in rows(source, ["id"], "at", None, START_MICROS + 1)] == [0]
    assert [r["id"] for r in rows(source, ["id"], "at", day[0] + 9 * DAY - DAY // 24, None)] == [
        239
    ]
    with source._session() as read:
        plan = str(
            read("explain " + source._statement(read, ["id"], "at", *day))
            .read_all()
            .to_pylist()[0]["explain_value"]
        )
    assert "at>='2026-03-0200:00:00'::TIMESTAMP" in re.sub(r"[^\w<>=':-]", "", plan)


@pytest.mark.parametrize("table", ["recent", "main.recent"])
def test_duckdb_reads_views(shop: Path, table: str) -> None:
    assert [
        r["id"]
        for r in rows(DuckDBTable(shop, table), ["id"], "at", START_MICROS, START_MICROS + 5 * DAY)
    ] == list(range(100, 120))


def test_duckdb_quotes_every_name(tmp_path: Path) -> None:
    quoted = ['"' + n.replace('"', '""') + '"' for n in HARD_NAMES]
    columns = ", ".join(f"{i} as {q}" for i, q in enumerate(quoted))
    path = make_file(
        tmp_path / "hard.db",
        "create schema other",
        *(f"create table {q} as select timestamp '2026-03-01' as t, {columns}" for q in quoted),
        "create table other.\"it's\" as select date '2026-03-01' as t",
    )
    for name in HARD_NAMES:
        assert rows(DuckDBTable(path, name), HARD_NAMES, "t", START_MICROS, None) == [
            {n: i for i, n in enumerate(HARD_NAMES)}
        ]
        assert rows(DuckDBTable(path, f"main.{name}"), [name], name) == [
            {name: HARD_NAMES.index(name)}
        ]
    assert rows(DuckDBTable(path, "other.it's"), ["t"], "t", START_MICROS, START_MICROS + DAY) == [
        {"t": date(2026, 3, 1)}
    ]


@pytest.mark.parametrize(
    "kind", ["timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamptz", "date"]
)
def test_duckdb_times_of_every_type_are_microseconds(tmp_path: Path, kind: str) -> None:
    zone = "+00" if kind == "timestamptz" else ""
    path = make_file(
        tmp_path / "t.ddb",
        f"create table e as select '2026-03-0{{}}'::{kind} as t".format(f"1 00:00:00{zone}"),
        f"insert into e values ('2026-03-02 00:00:00{zone}'), ('2026-03-03 00:00:00{zone}'), (null)",
    )
    source = DuckDBTable(path, "e")
    assert source.span("t") == (START_MICROS, START_MICROS + 2 * DAY)
    assert source.schema().field("t").type == {
        "date": pa.date32(),
        "timestamptz": pa.timestamp("us", "UTC"),
    }.get(kind, pa.timestamp("us"))
    assert len(rows(source, ["t"], "t", START_MICROS + 1, START_MICROS + 2 * DAY)) == 1
    assert len(rows(source, ["t"], "t", START_MICROS, START_MICROS + DAY + 1)) == 2
    assert len(rows(source, ["t"], "t")) == 4


def test_the_last_nanoseconds_of_a_day_stay_in_it(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "t.db",
        "create table e as select '2026-03-01 23:59:59.999999999'::timestamp_ns as t",
    )
    assert rows(DuckDBTable(path, "e"), ["t"], "t", START_MICROS, START_MICROS + DAY) == [
        {"t": START + timedelta(days=1, microseconds=-1)}
    ]
    assert DuckDBTable(path, "e").span("t") == (START_MICROS + DAY - 1,) * 2


@pytest.mark.parametrize(
    "kind", ["timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamptz", "date"]
)
def test_duckdb_infinite_times_are_refused(tmp_path: Path, kind: str) -> None:
    path = make_file(
        tmp_path / "t.db",
        f"create table e as select 'infinity'::{kind} as t union all select '2026-03-01'::date::timestamp::{kind}",
    )
    with pytest.raises(LogError, match="infinite in some rows; give finite times") as error:
        DuckDBTable(path, "e").span("t")
    one_line(error)
    assert sum(r["t"] is None for r in rows(DuckDBTable(path, "e"), ["t"], "t")) == 1


def test_a_table_without_a_time_has_no_span(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "t.db",
        "create table e as select '2026-03-01' as word, 7 as number, null::timestamp as never",
        "create table empty (t timestamp)",
    )
    source = DuckDBTable(path, "e")
    assert (
        source.span("word") is None
        and source.span("number") is None
        and source.span("never") is None
    )
    assert (
        DuckDBTable(path, "empty").span("t") is None
        and rows(DuckDBTable(path, "empty"), ["t"], "t") == []
    )
    assert rows(source, ["word"], "word") == [{"word": "2026-03-01"}]
    with pytest.raises(
        LogError, match="column 'word' of .* is VARCHAR; give a column of timestamps or dates"
    ) as error:
        rows(source, ["word"], "word", 0, 1)
    one_line(error)


def test_duckdb_gives_ids_and_numbers_as_arrow_has_them(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "t.db",
        """create table e as select timestamp '2026-03-01' as t, '00000000-0000-0000-0000-000000000001'::uuid as u,
        'a'::enum('a', 'b') as e, null::varchar as n, 1.5::float as f, true as b, '{"a": 1}'::json as j, 3::utinyint as i""",
    )
    assert rows(DuckDBTable(path, "e"), ["u", "e", "n", "f", "b", "j", "i"], "t") == [
        {
            "u": "00000000-0000-0000-0000-000000000001",
            "e": "a",
            "n": None,
            "f": 1.5,
            "b": True,
            "j": '{"a": 1}',
            "i": 3,
        }
    ]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
def test_the_zone_of_the_host_does_not_matter(tmp_path: Path, zone: str) -> None:
    path = make_file(
        tmp_path / "t.db",
        "set TimeZone = 'Asia/Shanghai'",
        "create table e as select timestamptz '2026-03-08 03:30:00+00' as tz, "
        "timestamp '2026-03-08 03:30:00' as t, date '2026-03-08' as d",
    )
    script = textwrap.dedent(f"""
        from churnlab.events.duckdb_table import DuckDBTable
        s = DuckDBTable({str(path)!r}, "e")
        at = {int(datetime(2026, 3, 8, 3, 30, tzinfo=UTC).timestamp()) * 1_000_000}
        midnight = at // {DAY} * {DAY}
        assert s.span("tz") == s.span("t") == (at, at) and s.span("d") == (midnight, midnight)
        for time, low in (("tz", at), ("t", at), ("d", midnight)):
            assert [sum(b.num_rows for b in s.batches([time], time, low + k, low + k + 1)) for k in (-1, 0, 1)] == [0, 1, 0]
        print(next(iter(s.batches(["tz"], "tz", None, None))).schema.field("tz").type)""")
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "timestamp[us, tz=UTC]"


def test_duckdb_names_what_is_wrong(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "junk.duckdb").write_bytes(b"no database" * 1000)
    with closing(sqlite3.connect(tmp_path / "lite.db")) as connection:
        connection.execute("create table e (t)")
    for source, says in [
        (DuckDBTable(tmp_path / "lite.db", "e"), "check that it is a whole DuckDB file"),
        (DuckDBTable(tmp_path / "junk.duckdb", "e"), "junk.duckdb cannot be read"),
        (DuckDBTable(tmp_path / "gone.db", "e"), "no such file"),
        (DuckDBTable(shop, "evnts"), "has no table 'evnts' .*did you mean 'events'"),
        (DuckDBTable(shop, "x\0y"), "has no table"),
        (DuckDBTable(shop, "events", memory_limit="much"), "cannot be read"),
    ]:
        for call in (
            source.schema,
            lambda s=source: s.span("at"),
            lambda s=source: rows(s, ["id"], "at"),
        ):
            with pytest.raises(LogError, match=says) as error:
                call()
            one_line(error)
    with pytest.raises(LogError, match="has no column 'usr_id' .*did you mean 'user_id'"):
        rows(DuckDBTable(shop, "events"), ["usr_id"], "at")
    with pytest.raises(LogError, match=r"has no column 'att' \(given as time=\)"):
        DuckDBTable(shop, "events").span("att")


def test_a_truncated_duckdb_file_is_named(shop: Path) -> None:
    whole = shop.read_bytes()
    shop.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LogError, match=r"shop\.duckdb cannot be read") as error:
        rows(DuckDBTable(shop, "events"), ["id"], "at")
    one_line(error)


def test_a_duckdb_file_that_is_being_written_says_so(shop: Path) -> None:
    hold = f"import duckdb; c = duckdb.connect({str(shop)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
        try:
            with pytest.raises(
                LogError, match="let the process that writes it close it first, or read a copy"
            ) as error:
                DuckDBTable(shop, "events").schema()
            assert str(shop) in one_line(error)
        finally:
            writer.communicate("\n")
    with (
        closing(duckdb.connect(str(shop))),
        pytest.raises(LogError, match="close this process's other connection") as error,
    ):
        DuckDBTable(shop, "events").schema()
    one_line(error)


def test_a_view_over_other_files_is_read_only_where_allowed(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "t.db",
        f"copy (select timestamp '2026-03-01' as t) to '{tmp_path}/t.parquet'",
        f"create view v as select * from '{tmp_path}/t.parquet'",
    )
    with pytest.raises(LogError, match="external_access=True") as error:
        rows(DuckDBTable(path, "v"), ["t"], "t")
    one_line(error)
    assert rows(DuckDBTable(path, "v", external_access=True), ["t"], "t") == [{"t": START}]


def test_a_duckdb_file_is_not_changed_and_is_let_go(shop: Path) -> None:
    before = shop.read_bytes()
    source = DuckDBTable(shop, "events", threads=1)
    batches = source.batches(["id"], "at", None, None)
    assert next(batches).num_rows == 240
    del batches
    gc.collect()
    assert shop.read_bytes() == before
    with closing(duckdb.connect(str(shop))) as connection:  # would be refused beside an open reader
        connection.execute("drop view recent")


def test_many_rows_come_in_several_batches_and_in_several_threads(tmp_path: Path) -> None:
    path = make_file(
        tmp_path / "big.db",
        "create table e as select i, timestamp '2026-03-01' + to_seconds(i) as t from range(400000) r(i)",
    )
    source = DuckDBTable(path, "e", memory_limit="200MB", threads=2)
    assert len(list(source.batches(["i"], "t", None, None))) >= 3
    check_threads(
        lambda: sum(b.num_rows for b in source.batches(["i"], "t", START_MICROS, None)), 400_000
    )
