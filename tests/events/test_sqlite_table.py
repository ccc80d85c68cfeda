"""Tables of SQLite: a type for each cell, and none for a column."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from support.databases import HARD_NAMES, check_threads, one_line, rows
from support.lakes import make_sqlite

import churnlab as cl
from churnlab.errors import ConfigError, LogError
from churnlab.events.sqlite_table import SqliteTable, is_sqlite

COLUMNS = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}


def make(path: Path, cells: list[tuple[object, ...]], names: str = "u, t, e, a") -> SqliteTable:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"create table events ({names})")
        marks = ", ".join("?" * len(cells[0]))
        connection.executemany(f"insert into events values ({marks})", cells)
        connection.execute("create view recent as select * from events limit 1")
    return SqliteTable(path, "events")


def read_one(source: SqliteTable, column: str) -> list[object]:
    return [row[column] for row in rows(source, [column], column)]


@pytest.mark.parametrize(
    "cells, kind, want",
    [
        ([1, 2, None], pa.int64(), [1, 2, None]),
        ([2**60, -1], pa.int64(), [2**60, -1]),
        ([1, 0.1 + 0.2, None], pa.float64(), [1.0, 0.1 + 0.2, None]),
        (["a", None, ""], pa.string(), ["a", None, ""]),
        ([7, "7", 7.5, "x", None], pa.string(), ["7", "7", "7.5", "x", None]),
        ([0.1 + 0.2, "n/a"], pa.string(), ["0.30000000000000004", "n/a"]),
        ([None, None], pa.string(), [None, None]),
    ],
)
def test_mixed_cells_are_read_as_one_type(
    tmp_path: Path, cells: list[object], kind: pa.DataType, want: list[object]
) -> None:
    source = make(tmp_path / "a.db", [(cell, "b", "c", "d") for cell in cells])
    assert source.schema().field("u").type == kind
    assert read_one(source, "u") == want
    assert {type(v) for v in read_one(source, "u")} == {type(v) for v in want}


def test_the_type_does_not_hang_on_the_first_rows(tmp_path: Path) -> None:
    cells = [(None, "2026-03-01", "x", None)] * 70_000 + [("ann", "2026-03-01", "x", 1.5)]
    source = make(tmp_path / "a.db", cells)
    assert read_one(source, "u")[-1] == "ann" and read_one(source, "a")[-2:] == [None, 1.5]


def test_blobs_are_refused_where_they_are_wanted(tmp_path: Path) -> None:
    source = make(tmp_path / "a.db", [("u", "t", "e", b"\0\1"), ("u", "t", "e", 1)])
    assert read_one(source, "u") == ["u", "u"]
    with pytest.raises(LogError, match="'a' of table 'events' .* a blob in some rows; give") as e:
        rows(source, ["a"], "t")
    one_line(e)


def test_text_that_is_no_utf8_is_one_line(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("create table events (u)")
        connection.execute("insert into events values (cast(x'ff41' as text))")
    with pytest.raises(LogError, match="cannot be read") as error:
        rows(SqliteTable(tmp_path / "a.db", "events"), ["u"], "u")
    one_line(error)


def test_views_hard_names_and_threads(tmp_path: Path) -> None:
    source = make(tmp_path / "a b?#%.db", [("u", "t", "e", 1)] * 9)
    assert len(rows(SqliteTable(source.path, "recent"), ["u"], "t")) == 1
    check_threads(lambda: len(rows(source, ["u", "e"], "t")), 9)
    hard = pa.table({name: [i] for i, name in enumerate(HARD_NAMES) if '"' not in name})
    path = make_sqlite(tmp_path / "hard.db", hard)
    want = hard.to_pylist()
    assert rows(SqliteTable(path, "events"), hard.column_names, "select") == want


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    source = make(tmp_path / "a.db", [("u", "t", "e", 1)])
    with pytest.raises(LogError, match="has no table 'event' .*did you mean 'events'"):
        SqliteTable(source.path, "event").schema()
    with pytest.raises(LogError, match="has no column 'nr'"):
        rows(source, ["nr"], "t")
    with pytest.raises(LogError, match="no such file; give the path of a SQLite file"):
        SqliteTable(tmp_path / "no.db", "events").schema()
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(source.path.read_bytes()[:4000] + b"x" * 4192)
    with pytest.raises(LogError, match="cannot be read") as error:
        SqliteTable(damaged, "events").schema()
    one_line(error)


def test_the_file_is_not_written(tmp_path: Path) -> None:
    source = make(tmp_path / "a.db", [("u", "2026-03-01", "e", 1)])
    before = source.path.read_bytes()
    cl.EventLog.read(source.path, table="events", **COLUMNS)
    assert source.path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.db"]


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_sqlite", None)
    with pytest.raises(ConfigError, match=r"pip install churnlab\[sqlite\]$"):
        SqliteTable("a.db", "events").schema()


def test_the_first_bytes_tell(tmp_path: Path) -> None:
    assert is_sqlite(make(tmp_path / "events.parquet", [(1, 2, 3, 4)]).path)
    (tmp_path / "b.db").write_bytes(b"")
    assert not is_sqlite(tmp_path / "b.db")
