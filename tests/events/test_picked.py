"""Wanted columns of Parquet and Feather files: their own, inner ones, folders."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from support.files import TABLE, refusal, rows

from churnlab.errors import LogError
from churnlab.events.file_system import File
from churnlab.events.picked import Picker

NESTED = pa.table(
    {
        "who": pa.array([{"id": "ann", "x": 1}, {"id": "bob", "x": 2}]),
        "t": TABLE["t"],
        "params": pa.array(
            [
                [{"key": "page", "value": 1.5}, {"key": "event", "value": 7.0}],
                [{"key": "event", "value": 8.0}],
            ]
        ),
        "e": TABLE["e"],
    }
)
OPTIONS = {"user": "who.id", "amount": "params[page].value"}


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("memory", ["1GB", "1KB"])
def test_inner_columns(kind: str, memory: str) -> None:
    if kind == "parquet":
        pq.write_table(NESTED, "log.parquet")
    else:
        feather.write_feather(NESTED, "log.feather")
    want = [("ann", "2026-03-01", 1_500_000), ("bob", "2026-03-02", 0)]
    assert rows(f"log.{kind}", **OPTIONS, memory=memory) == want
    assert rows(f"log.{kind}", **OPTIONS, event_id="who.id") == want
    said = refusal(f"log.{kind}", **OPTIONS | {"user": "who.idd"})
    assert "has no column 'who.idd' (given as user=)" in said


def test_only_the_inner_column_is_read() -> None:
    picker = Picker(
        File("a", "a", 0), NESTED.schema, {"user": "who.id", "amount": "params[0].value"}
    )
    assert picker.read == ["who.id", "params"] and not picker.plain
    assert Picker(File("a", "a", 0), NESTED.schema, {"time": "t", "event": "e"}).plain


def test_a_log_whose_columns_are_all_folders() -> None:
    Path("u=ann/t=2026-03-01/e=x").mkdir(parents=True)
    pq.write_table(TABLE.select(["a"]), "u=ann/t=2026-03-01/e=x/log.parquet")
    assert rows("u=ann", amount=None)[0][:2] == ("ann", "2026-03-01")


def test_near_names_are_said() -> None:
    with pytest.raises(LogError, match="did you mean 'dt'"):
        Picker(File("f", "dt=1/f", 0), NESTED.schema, {"time": "dtt"})
