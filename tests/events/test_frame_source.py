"""Events from frames of every library."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from support.logs import (
    COLUMNS,
    LONG,
    SOUND,
    ordered,
    outcome,
)
from support.refusals import refused

import churnlab as cl
from churnlab.errors import LogError
from churnlab.events.frame_source import open_frame
from churnlab.events.spec import LogSpec

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


def test_a_frame_that_is_none_is_refused() -> None:
    refused("is list; give a dataframe", [1, 2])


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
    assert len(open_frame(table, spec.wanted()).tasks(spec, 4)) > 2
    one, four = (cl.EventLog.from_frame(table, **LONG, threads=t).daily() for t in (1, 4))
    assert one.digest == four.digest
    assert len(set(zip(four.codes.tolist(), four.day.tolist(), strict=True))) == len(four.day)
