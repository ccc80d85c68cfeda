"""Tables of a DuckDB file and of a real PostgreSQL server: the same rows back, only the days asked for, and no secret in any text."""

from __future__ import annotations

import gc
import glob
import os
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from churnlab.errors import LogError
from churnlab.events.database_table import without_secrets
from churnlab.events.databases import open_database
from churnlab.events.duckdb_table import DuckDBTable
from churnlab.events.postgres_table import PostgresTable

DAY = 86_400_000_000
CANARY = "canary-" + secrets.token_hex(8)
START = datetime(2026, 3, 1)
START_MICROS = int((START - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
HARD_NAMES = [
    'a"; drop table t; --',
    "o'clock",
    "select",
    "Größe 大",
    "line\nbreak",
    "dotted.name",
    "Upper",
    "100%",
    "{braces}",
]


def rows(
    source: Any, columns: list[str], time: str, low: int | None = None, high: int | None = None
) -> list[dict[str, Any]]:
    batches = list(source.batches(columns, time, low, high))
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


def one_line(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text
    assert CANARY not in "".join(traceback.format_exception(error.value))
    return text


# ---------------------------------------------------------------------------------------------------------------- DuckDB


def make_file(path: Path, *statements: str) -> Path:
    with closing(duckdb.connect(str(path))) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


EVENTS = """create table events as select i as id, 'user-' || i % 10 as user_id, timestamp '2026-03-01' + to_hours(i::int) as at,
    (i % 7)::decimal(10, 2) as amount from range(240) r(i)"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_file(
        tmp_path / "shop.duckdb",
        EVENTS,
        "create view recent as select * from events where id >= 100",
    )


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


def check_threads(count: Callable[[], int], expected: int) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(count())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_open_database_knows_its_own(shop: Path) -> None:
    assert (
        open_database("events/*.parquet", None) is None
        and open_database(Path("log.csv"), "t") is None
    )
    source = open_database(shop, "events", memory_limit="100MB", threads=1)
    assert source == DuckDBTable(str(shop), "events", memory_limit="100MB", threads=1)
    with pytest.raises(LogError, match="did you mean 'events'") as error:
        open_database(shop, "event")
    one_line(error)
    with pytest.raises(LogError, match="has no table '' .*there are: events, recent"):
        open_database(shop, None)


# ------------------------------------------------------------------------------------------------------------ PostgreSQL


class Server:
    """A PostgreSQL server of the tests' own, on a free loopback port, with a password."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="churnlab-postgres-"))
        self.owner: dict[str, Any] = (
            {"user": "postgres", "group": "postgres", "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
            env={"LC_ALL": "C", "PATH": os.defpath},
            **self.owner,
        )

    def start(self) -> None:
        password = self.folder / "password"
        password.write_text(CANARY)
        if self.owner:
            for path in (self.folder, password):
                shutil.chown(path, "postgres", "postgres")
        self.run(
            "initdb",
            "-U",
            "tester",
            f"--pwfile={password}",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        password.unlink()
        self.run(
            "pg_ctl",
            "-w",
            "-l",
            str(self.folder / "log"),
            "-o",
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' "
            "-c fsync=off -c timezone=Asia/Shanghai -c autovacuum=off",
            "start",
        )

    def stop(self) -> None:
        if (self.folder / "data" / "postmaster.pid").exists():
            self.run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "tester",
            "PGDATABASE": "postgres",
            "PGPASSWORD": CANARY,
            "PGTZ": "Asia/Kolkata",
        }


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("adbc_driver_postgresql.dbapi")
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [
        p for p in [shutil.which("initdb")] if p
    ]
    if not found:
        pytest.skip("PostgreSQL's server is not installed")
    server = Server(Path(found[-1]).parent)
    try:
        server.start()
        yield server
    finally:
        server.stop()


Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def postgres(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs statements as the owner, in a database that is empty again after the test."""
    from adbc_driver_postgresql import dbapi

    for name in [n for n in os.environ if n.startswith("PG")]:
        monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    options = {"adbc.postgresql.use_copy": "false"}  # explain is not to be copied

    def run(*statements: str) -> list[tuple[Any, ...]]:
        with (
            dbapi.connect("postgresql://", autocommit=True) as connection,
            connection.cursor(adbc_stmt_kwargs=options) as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
            return (
                cursor.fetchall()
                if statements[-1].lower().startswith(("select", "explain"))
                else []
            )

    yield run
    run("drop schema public cascade", "create schema public", "drop schema if exists other cascade")


def eventually(check: Callable[[], bool]) -> None:
    """A server's process counts and goes a moment after its client has gone."""
    for _ in range(200):
        if check():
            return
        time.sleep(0.05)
    raise AssertionError("did not come true in ten seconds")


pg = pytest.mark.xdist_group("postgres")
MANY = """create table events as select i as id, md5(cast(i as text)) as user_id, timestamp '2026-03-01' + i * interval '1 minute' as at,
    timestamptz '2026-03-01 00:00+00' + i * interval '1 minute' as zoned, cast(i % 100 as numeric(10, 2)) as amount
    from generate_series(0, 199999) i"""


@pg
def test_postgres_gives_the_same_rows_back(postgres: Run) -> None:
    postgres(
        """create domain money_like as numeric(10, 2)""",
        """create type mood as enum ('sad', 'glad')""",
        """create table events (t timestamp, z timestamptz, d date, i2 smallint, i4 integer, i8 bigint, r real, f double precision,
                n numeric(12, 3), dom money_like, m money, u uuid, v varchar(9), c char(3), x text, b boolean, e mood, j jsonb, a int[])""",
        """insert into events values ('2026-03-01 01:02:03.000004', '2026-03-01 01:02:03.000004+05:30', '2026-03-01', 1, 2, 3, 0.5, 0.25,
                1234.567, 9.99, '12.50', '00000000-0000-0000-0000-00000000000a', 'vé', 'c', 'x', true, 'glad', '{"k": 1}', '{1,2}')""",
        "insert into events (x) values (null)",
        "insert into events (x, n) values ('', 'NaN')",
    )
    source = PostgresTable("postgresql://", "events")
    schema = source.schema()
    assert schema.names == [
        "t",
        "z",
        "d",
        "i2",
        "i4",
        "i8",
        "r",
        "f",
        "n",
        "dom",
        "m",
        "u",
        "v",
        "c",
        "x",
        "b",
        "e",
        "j",
        "a",
    ]
    assert [str(k) for k in schema.types] == [
        "timestamp[us]",
        "timestamp[us, tz=UTC]",
        "date32[day]",
        "int16",
        "int32",
        "int64",
        "float",
        *["double"] * 4,
        *["string"] * 4,
        "bool",
        *["string"] * 3,
    ]
    first, nulls, last = rows(source, schema.names, "t")
    stamp = START + timedelta(hours=1, minutes=2, seconds=3, microseconds=4)
    assert first == {
        "t": stamp,
        "z": (stamp - timedelta(hours=5.5)).replace(tzinfo=UTC),
        "d": date(2026, 3, 1),
        "i2": 1,
        "i4": 2,
        "i8": 3,
        "r": 0.5,
        "f": 0.25,
        "n": 1234.567,
        "dom": 9.99,
        "m": 12.5,
        "u": "00000000-0000-0000-0000-00000000000a",
        "v": "vé",
        "c": "c",
        "x": "x",
        "b": True,
        "e": "glad",
        "j": '{"k": 1}',
        "a": "{1,2}",
    }
    assert set(nulls.values()) == {None} and last["x"] == "" and last["n"] != last["n"]
    assert next(iter(source.batches(schema.names, "t", None, None))).schema == schema


@pg
@pytest.mark.parametrize("column", ["t", "z", "d"])
def test_postgres_times_of_every_type_are_microseconds(postgres: Run, column: str) -> None:
    postgres(
        "create table e (t timestamp, z timestamptz, d date)",
        "insert into e values (null, null, null)",
        "insert into e select day, day at time zone 'UTC', day from generate_series(timestamp '2026-03-01', '2026-03-03', '1 day') day",
    )
    source = PostgresTable("postgresql://", "e")
    assert source.span(column) == (START_MICROS, START_MICROS + 2 * DAY)
    assert len(rows(source, [column], column, START_MICROS + 1, START_MICROS + 2 * DAY)) == 1
    assert len(rows(source, [column], column, START_MICROS, START_MICROS + DAY + 1)) == 2
    assert len(rows(source, [column], column)) == 4


@pg
def test_postgres_infinite_times_are_refused(postgres: Run) -> None:
    postgres(
        "create table e (t timestamp, z timestamptz, d date)",
        "insert into e values ('infinity', '-infinity', 'infinity')",
    )
    source = PostgresTable("postgresql://", "e")
    for column in ("t", "z", "d"):
        with pytest.raises(LogError, match="infinite in some rows; give finite times") as error:
            source.span(column)
        one_line(error)
    assert rows(source, ["t", "z", "d"], "t") == [{"t": None, "z": None, "d": None}]


@pg
def test_postgres_without_a_time_has_no_span(postgres: Run) -> None:
    postgres(
        "create table e (t timestamp, word text)",
        "insert into e values (null, '2026-03-01')",
        "create table nothing (t timestamp)",
    )
    source = PostgresTable("postgresql://", "e")
    assert (
        source.span("t") is None
        and source.span("word") is None
        and PostgresTable("postgresql://", "nothing").span("t") is None
    )
    assert rows(PostgresTable("postgresql://", "nothing"), ["t"], "t") == []
    with pytest.raises(LogError, match="is text; give a column of timestamps or dates") as error:
        rows(source, ["word"], "word", 0, 1)
    one_line(error)


@pg
@pytest.mark.parametrize("column", ["at", "zoned"])
def test_a_day_of_postgres_is_read_through_the_index(postgres: Run, column: str) -> None:
    postgres(MANY, f"create index by_time on events ({column})", "analyze events")
    source = PostgresTable("postgresql://", "events")
    day = (START_MICROS + DAY, START_MICROS + 2 * DAY)
    assert [r["id"] for r in rows(source, ["id"], column, *day)] == list(range(1440, 2880))
    read_so_far = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'by_time'"
    eventually(
        lambda: 1440 <= postgres(read_so_far)[0][0] <= 1445
    )  # the planner looks at the ends of an index
    with source._session() as read:
        plan = "\n".join(
            row[0] for row in postgres("explain " + source._statement(read, ["id"], column, *day))
        )
    assert (
        f"Index Cond: (({column} >= '2026-03-02" in plan
        or f'Index Cond: (("{column}" >= \'2026-03-02' in plan
    )
    assert source.span(column) == (START_MICROS, START_MICROS + 199_999 * 60_000_000)
    assert postgres(read_so_far)[0][0] <= 1470


@pg
def test_postgres_quotes_every_name(postgres: Run) -> None:
    quoted = ['"' + n.replace('"', '""') + '"' for n in HARD_NAMES]
    columns = ", ".join(f"{i} as {q}" for i, q in enumerate(quoted))
    postgres(
        "create schema other",
        *(f"create table {q} as select timestamp '2026-03-01' as t, {columns}" for q in quoted),
        "create view other.\"it's\" as select date '2026-03-01' as t",
    )
    for name in HARD_NAMES:
        assert rows(PostgresTable("postgresql://", name), HARD_NAMES, "t", START_MICROS, None) == [
            {n: i for i, n in enumerate(HARD_NAMES)}
        ]
        assert rows(PostgresTable("postgresql://", f"public.{name}"), [name], name) == [
            {name: HARD_NAMES.index(name)}
        ]
    assert rows(
        PostgresTable("postgresql://", "other.it's"), ["t"], "t", START_MICROS, START_MICROS + DAY
    ) == [{"t": date(2026, 3, 1)}]


@pg
def test_postgres_streams_in_several_batches_and_threads(postgres: Run) -> None:
    postgres(MANY)
    source = PostgresTable("postgresql://", "events")
    sizes = [b.num_rows for b in source.batches(["user_id", "at", "amount"], "at", None, None)]
    assert sum(sizes) == 200_000 and len(sizes) >= 3
    check_threads(
        lambda: sum(b.num_rows for b in source.batches(["id"], "at", START_MICROS, None)), 200_000
    )
    batches = PostgresTable("postgresql://", "events", batch_bytes=1 << 16).batches(
        ["user_id"], "at", None, None
    )
    assert next(batches).num_rows < 3_000
    del batches
    gc.collect()
    others = "select count(*) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null"
    eventually(lambda: postgres(others) == [(0,)])


@pg
def test_postgres_is_only_read(postgres: Run) -> None:
    postgres(
        "create function write() returns int language sql as 'create table written (i int); select 1'",
        "create view v as select write() as i, timestamp '2026-03-01' as t",
    )
    with pytest.raises(LogError, match="read-only transaction") as error:
        rows(PostgresTable("postgresql://", "v"), ["i"], "t")
    one_line(error)


@pg
def test_a_server_that_goes_away_midway_is_one_line(postgres: Run) -> None:
    postgres(MANY, "insert into events select e.* from events e, generate_series(1, 3)")
    batches = PostgresTable("postgresql://", "events", batch_bytes=1 << 18).batches(
        ["user_id", "at"], "at", None, None
    )
    next(batches)
    postgres(
        "select pg_terminate_backend(pid) from pg_stat_activity where query like 'COPY%' and pid <> pg_backend_pid()"
    )
    with pytest.raises(
        LogError,
        match="table 'events' of postgresql:// cannot be read: .*(server closed|terminating)",
    ) as error:
        list(batches)
    one_line(error)


@pg
def test_postgres_names_what_is_wrong(postgres: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres(
        "create table events as select timestamp '2026-03-01' as at, cast('1e400' as numeric) as huge, 1 as user_id",
        "create schema other",
        "create table other.clicks (i int)",
    )
    for table, says in [
        ("evnts", "did you mean 'events'"),
        ("other.click", "did you mean 'other.clicks'"),
        ("", "there are: events, other.clicks"),
        ("x\0y", "there are"),
    ]:
        with pytest.raises(LogError, match=f"has no table .*{says}") as error:
            open_database("postgresql://", table)
        one_line(error)
    source = open_database("postgres://127.0.0.1/postgres", "events")
    assert (
        isinstance(source, PostgresTable)
        and source.name == "table 'events' of postgres://127.0.0.1/postgres"
    )
    with pytest.raises(LogError, match="has no column 'usr_id' .*did you mean 'user_id'"):
        rows(source, ["usr_id"], "at")
    with pytest.raises(LogError, match="out of range for type double precision") as error:
        rows(source, ["huge"], "at")
    assert len(one_line(error)) < 600
    postgres("drop table events")
    with pytest.raises(LogError, match="has no table 'events'"):
        source.span("at")


@pg
def test_the_password_is_in_no_text(postgres: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres("create table events as select timestamp '2026-03-01' as at")
    source = PostgresTable("postgresql://tester@127.0.0.1/postgres?connect_timeout=5", "events")
    assert source.schema().names == ["at"]
    for text in (repr(source), str(source), source.name, f"{source!r}"):
        assert CANARY not in text and "tester" not in text and "connect_timeout" not in text
    monkeypatch.setenv("PGPASSWORD", CANARY + "-wrong")
    for address, says in [
        ("postgresql://", "password authentication failed"),
        ("postgresql://127.0.0.1:1/postgres", "refused"),
        ("postgresql://127.0.0.1/postgres?port=no", "invalid integer value"),
        ("postgresql://127.0.0.1/postgres?nonsense=1", "invalid URI query"),
    ]:
        with pytest.raises(LogError, match=f"{says}.* PGPASSWORD in the environment") as error:
            PostgresTable(address, "events").schema()
        one_line(error)
    monkeypatch.setenv("PGPASSWORD", CANARY)
    with monkeypatch.context() as patch:
        patch.setenv("PGDATABASE", CANARY)  # the server repeats this name in its message
        with pytest.raises(LogError, match=r'database "\*\*\*" does not exist') as error:
            PostgresTable("postgresql://", "events").schema()
        one_line(error)


@pytest.mark.parametrize(
    "shape",
    [
        "postgresql://u:{}@host/db",
        "postgresql://u:{}/x@host/db",
        "postgres://u:{}#@host",
        "postgresql://u:{}?@host",
        "postgresql://host/db?password={}",
        "postgresql://host/db?a=b&sslpassword={}",
        "postgresql://host?p%61ssword={}",
        "postgresql://u%3A{}%40host/db",
        "postgresql://u:{}\n@host/db",
        "postgresql://h/d?user=x&%20PASSWORD={}",
    ],
)
def test_a_password_in_the_address_is_refused(shape: str) -> None:
    address = shape.format(CANARY)
    for make in (
        lambda: PostgresTable(address, "events"),
        lambda: open_database(address, "events"),
    ):
        with pytest.raises(LogError, match="the address holds a password; .*PGPASSWORD") as error:
            make()
        assert CANARY not in one_line(error)


def test_an_address_that_is_none_is_not_repeated() -> None:
    with pytest.raises(LogError, match="the address is not a URI") as error:
        PostgresTable(f"host=x password={CANARY}", "events")
    assert CANARY not in one_line(error)


def test_an_address_with_a_port_a_user_and_parameters_is_fine() -> None:
    address = "postgresql://me@[::1]:5432,other:5433/shop?sslmode=require&passfile=x"
    assert (
        PostgresTable(address, "events").name
        == "table 'events' of postgresql://[::1]:5432,other:5433/shop"
    )


def test_secrets_are_masked_in_what_a_driver_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", CANARY)
    for text in (
        f"at {CANARY}!",
        f"conninfo password={CANARY}x host=h",
        f"PASSWORD = '{CANARY} y' z",
        f"postgresql://u:{CANARY}@h/d",
        f"?sslpassword={CANARY}&a=b",
    ):
        assert CANARY not in without_secrets(OSError(text))
        monkeypatch.delenv("PGPASSWORD", raising=False)
        assert CANARY not in without_secrets(OSError(text)) or text.startswith("at")


def test_postgres_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(LogError, match=r"pip install churnlab\[postgres\]") as error:
        PostgresTable("postgresql://", "events").schema()
    one_line(error)
