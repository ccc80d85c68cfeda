"""Events from tables of databases, a range of days at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.databases import (
    make_duckdb,
)
from support.logs import (
    COLUMNS,
    LONG,
    SMALLER,
    check_set_back,
    ordered,
    outcome,
)
from support.postgres import Run, pg

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events import sources
from churnlab.events.postgres_table import PostgresTable
from churnlab.events.spec import LogSpec
from churnlab.schema.days import day_number


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ["time", "user", "shuffled"])
def test_a_table_of_duckdb(order: str, threads: int, tmp_path: Path) -> None:
    path = make_duckdb(tmp_path / "log.duckdb", ordered(SMALLER, order))
    want = outcome(cl.EventLog.from_frame(SMALLER, **COLUMNS))
    assert outcome(cl.EventLog.read(path, **COLUMNS, table="events", threads=threads)) == want


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
            path,
            user="u",
            time="t",
            event="e",
            timezone="UTC",
            table="events",
            threads=threads,
            since=None,
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
