"""Tables of a real PostgreSQL server: the same rows back, only the days asked for, no secret in any text."""

from __future__ import annotations

import gc
import sys
from datetime import UTC, date, timedelta

import pytest
from support.databases import (
    CANARY,
    DAY,
    HARD_NAMES,
    START_MICROS,
    check_threads,
    one_line,
    rows,
)
from support.logs import (
    START,
)
from support.postgres import Run, eventually, pg

from churnlab.errors import LogError
from churnlab.events.databases import open_database
from churnlab.events.postgres_table import PostgresTable

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


def test_postgres_without_its_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(LogError, match=r"pip install churnlab\[postgres\]") as error:
        PostgresTable("postgresql://", "events").schema()
    one_line(error)
