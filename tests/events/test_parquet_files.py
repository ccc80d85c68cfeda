"""Events from Parquet files; files that differ or are damaged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.logs import (
    check_set_back,
    put,
)
from support.refusals import refused

import churnlab as cl
from churnlab.errors import LogError


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
            "column 'u' is text in .*0.parquet and a whole number in .*1.parquet|column 'u' is a whole number in .*0.parquet and text in .*1.parquet",
        ),
        (
            "t",
            pa.array([datetime(2026, 3, 1)] * 3),
            "column 't' is a time with(out)? .* zone in .*0.parquet and a time with(out)? .* zone in .*1.parquet",
        ),
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
            "bad_amounts": 1,
            "roles": {},
            "timezone": "UTC",
        }
        if match is None:
            assert cl.EventLog.read(tmp_path / "*.parquet", **options).describe()["events"] == 6
            continue
        with pytest.raises(LogError, match=match) as caught:
            cl.EventLog.read(tmp_path / "*.parquet", **options)
        assert "\n" not in str(caught.value)


def test_parquet_loses_no_event_of_an_hour_that_comes_twice(
    set_back: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(set_back, tmp_path / "log.parquet", row_group_size=6)
    check_set_back(lambda options: cl.EventLog.read(tmp_path / "log.parquet", **options), set_back)
