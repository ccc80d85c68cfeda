"""Columns inside others, of frames and tables."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.inner_columns import InnerColumns, outer_columns

ROWS = [
    {
        "who": {"id": "ann", "n": 1},
        "at": "2026-03-01",
        "e": "open",
        "p": [{"key": "k", "value": 2}],
    },
    {"who": {"id": "bob", "n": 2}, "at": "2026-03-02", "e": "open", "p": []},
    {
        "who": {"id": "bob", "n": 3},
        "at": "2026-03-02",
        "e": "open",
        "p": [{"key": "k", "value": 5}],
    },
]
OPTIONS = {"user": "who.id", "time": "at", "event": "e", "measures": ["who.n", "p.k"]}


def sums(log: cl.EventLog) -> list[float]:
    seen = log.daily().as_of()
    return [seen.total(m.column_name) / 1e6 for m in log.daily().measures]


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "arrow", "duckdb"])
def test_a_dotted_path_of_a_frame(kind: str) -> None:
    rows = pa.Table.from_pylist(ROWS)
    frame = {
        "pandas": lambda: pd.DataFrame(ROWS),
        "polars": lambda: pl.DataFrame(ROWS),
        "lazy": lambda: pl.LazyFrame(ROWS),
        "arrow": lambda: rows,
        "duckdb": lambda: duckdb.from_arrow(rows),
    }[kind]()
    log = cl.EventLog.from_frame(frame, **OPTIONS, timezone="UTC")
    assert list(log.daily().users) == ["ann", "bob"] and sums(log) == [6, 7]


def test_a_column_of_that_very_name_comes_first() -> None:
    frame = pd.DataFrame({"a.b": ["x"], "a": [{"b": "y"}], "at": ["2026-03-01"], "e": ["o"]})
    log = cl.EventLog.from_frame(frame, user="a.b", time="at", event="e", timezone="UTC")
    assert list(log.daily().users) == ["x"]


def test_chunks_and_slices_and_no_rows() -> None:
    table = pa.concat_tables([pa.Table.from_pylist(ROWS).slice(1), pa.Table.from_pylist(ROWS)])
    wanted = {"user": "who.id", "measures": "p.k"}
    inner = InnerColumns("the frame", table.schema, wanted)
    assert inner.outer == ["who", "p"]
    found = inner.table(table).to_pydict()
    assert found == {"who.id": ["bob", "bob", "ann", "bob", "bob"], "p.k": [None, 5, 2, None, 5]}
    assert inner.table(table.slice(0, 0)).schema.names == ["who.id", "p.k"]


@pytest.mark.parametrize("wrong", ["who.x", "at.x", "nobody", "nobody.x", "p.k.x", "who[0]"])
def test_a_path_that_leads_nowhere_is_named(wrong: str) -> None:
    schema = pa.Table.from_pylist(ROWS).schema
    with pytest.raises(LogError, match=r"the frame has no column .* \(given as amount=\)"):
        InnerColumns("the frame", schema, {"amount": wrong})


def test_a_column_there_twice_is_refused() -> None:
    with pytest.raises(LogError, match="there more than once"):
        outer_columns("the frame", ["a", "a"], {"user": "a"})
