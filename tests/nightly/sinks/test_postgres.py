"""A table of PostgreSQL as a sink: one transaction, the server may go at any moment of it."""

from __future__ import annotations

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import pytest
from support.databases import CANARY
from support.faults import FAULTS
from support.nightly import tonight
from support.postgres import Run, Server, pg, postgres, server  # noqa: F401

from churnlab.errors import ConfigError, SinkError
from churnlab.nightly.changes import COLUMNS
from churnlab.nightly.lists.contract import NAMES, schema
from churnlab.nightly.sinks.postgres import PostgresSink

QUOTED = ", ".join(f'"{name}"' for name in NAMES)


def rows(postgres: Run, as_of: str) -> list[tuple]:  # noqa: F811
    return postgres(
        f"select {QUOTED} from churn_list where as_of = '{as_of}' order by risk desc, user_id"
    )


def wanted(people: int, as_of: str) -> list[tuple]:
    return [tuple(row.values()) for row in tonight(people, as_of).table.to_pylist()]


@pg
def test_a_day_is_replaced_and_others_stay(postgres: Run) -> None:  # noqa: F811
    sink = PostgresSink("postgresql://")
    sink.check()
    for people, day in ((4, "2026-03-04"), (9, "2026-03-05"), (6, "2026-03-05"), (6, "2026-03-05")):
        assert sink.write(tonight(people, day)) == "postgresql:// table churn_list"
    assert rows(postgres, "2026-03-04") == wanted(4, "2026-03-04")
    assert rows(postgres, "2026-03-05") == wanted(6, "2026-03-05")


@pg
def test_a_table_of_the_first_schema_gets_the_new_columns(postgres: Run) -> None:  # noqa: F811
    sink = PostgresSink("postgresql://")
    sink.write(tonight(4, "2026-03-04"))
    for column in {*NAMES} - set(schema("string", 1).names):
        postgres(f'alter table churn_list drop column "{column}"')
    for _ in range(2):
        sink.write(tonight(6, "2026-03-05"))
    assert rows(postgres, "2026-03-05") == wanted(6, "2026-03-05")
    assert [row[:3] for row in rows(postgres, "2026-03-04")] == [
        row[:3] for row in wanted(4, "2026-03-04")
    ]


@pg
def test_the_changes_of_a_day_are_a_table_of_their_own(postgres: Run) -> None:  # noqa: F811
    sink = PostgresSink("postgresql://")
    told = "select user_id, as_of, change, reason, before, after from churn_list_changes"
    moved = ["ann", "2026-03-05", "moved", "tier", "high", "low"]
    came = ["bob", "2026-03-05", "enter", "new in the log", "", ""]
    for changes in ([moved, came], [came]):
        found = pd.DataFrame(changes, columns=list(COLUMNS))
        for _ in range(2):
            sink.write(replace(tonight(4, "2026-03-05"), changes=found))
        assert sorted(postgres(told)) == sorted(map(tuple, changes))
    sink.write(tonight(4, "2026-03-05"))
    assert postgres(told) == []


@pg
def test_a_table_in_a_schema_with_a_hard_name(postgres: Run) -> None:  # noqa: F811
    postgres("create schema other")
    PostgresSink("postgresql://", 'other.list "x"; --').write(tonight(4, user_id=[4, 3, 2, 1]))
    assert postgres('select count(*), max(user_id) from other."list ""x""; --"') == [(4, 4)]


@pg
def test_writers_of_a_day_take_turns(postgres: Run) -> None:  # noqa: F811
    PostgresSink("postgresql://").write(tonight(2))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: PostgresSink("postgresql://").write(tonight(n)), (5, 5, 7, 7)))
    assert len(rows(postgres, "2026-03-04")) in (5, 7)


@pg
def test_a_table_of_other_columns_keeps_its_rows(postgres: Run) -> None:  # noqa: F811
    postgres(
        "create table churn_list (user_id text, as_of text)",
        "insert into churn_list values ('a', '2026-03-04')",
    )
    with pytest.raises(
        SinkError, match="table churn_list cannot be written.*held before"
    ) as refused:
        PostgresSink("postgresql://").write(tonight(4))
    assert refused.value.exit_code == 7 and CANARY not in str(refused.value)
    assert postgres("select count(*) from churn_list") == [(1,)]


@pg
def test_a_server_that_stops_in_the_middle_has_rolled_back(postgres: Run, server: Server) -> None:  # noqa: F811
    """Stopped as by a power cut, at a random moment of the write; the second run has no gap."""
    sink, chance, refused = PostgresSink("postgresql://"), random.Random(0), 0
    sink.write(tonight(20_000))
    sink.write(tonight(50))
    began = time.monotonic()
    sink.write(tonight(20_000))
    lasts = time.monotonic() - began
    wished = 20 if FAULTS else 2
    for _ in range(10 * wished):
        sink.write(tonight(50))
        stop = threading.Timer(lasts * chance.uniform(0.05, 0.9), server.halt)
        stop.start()
        try:
            sink.write(tonight(20_000))
        except SinkError:
            refused += 1
        stop.join()
        server.resume()
        assert len(rows(postgres, "2026-03-04")) in (50, 20_000)
        sink.write(tonight(20_000))
        assert rows(postgres, "2026-03-04") == wanted(20_000, "2026-03-04")
        if refused == wished:
            break
    assert refused == wished


def test_a_server_that_does_not_answer_is_found_before_scoring() -> None:
    sink = PostgresSink("postgresql://127.0.0.1:1/shop?connect_timeout=2")
    with pytest.raises(SinkError, match="postgresql://127.0.0.1:1/shop table churn_list cannot"):
        sink.check()


def test_a_password_belongs_into_the_environment() -> None:
    with pytest.raises(ConfigError, match="holds a password or a token; take it out") as refused:
        PostgresSink(f"postgresql://me:{CANARY}@host/shop")
    assert CANARY not in str(refused.value)
    with pytest.raises(ConfigError, match="table is"):
        PostgresSink("postgresql://host/shop", " ")


def test_without_its_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[postgres\]"):
        PostgresSink("postgresql://").check()
