"""Batches keep their rows on the way: joined, separated by tag, and turned back into Arrow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churnlab.events.source import BATCH
from churnlab.events.spec import LogSpec
from churnlab.spark.batches import (
    EVENT,
    SNAPSHOT,
    TAG,
    USER,
    Separated,
    is_text,
    larger,
    named,
    to_arrow,
    travelling,
)

SPEC = LogSpec.of(user="who id", time="a `when`", event="what.is")


def test_travelling_names_suit_spark_and_come_back() -> None:
    names = travelling(EVENT, SPEC.columns)
    assert all(name.replace("_", "").isalnum() for name in names.values())
    batch = pa.RecordBatch.from_pydict({name: [1] for name in [*names.values(), TAG]})
    (back,) = named(iter([batch]), SPEC)
    assert back.schema.names == [*SPEC.columns, TAG]
    tags = [set(travelling(tag, ["a", "b"]).values()) for tag in (EVENT, SNAPSHOT, USER)]
    assert len(set.union(*tags)) == 6
    assert [is_text(n) for n in travelling(USER, ["a", "b"], texts=["b"]).values()] == [False, True]


@pytest.mark.parametrize("size", [0, 1, 10_000, BATCH, BATCH + 1])
def test_small_batches_are_joined_and_keep_their_order(size: int) -> None:
    total = 3 * BATCH // 2
    values = np.arange(total)
    cuts = range(0, total, size) if size > 1 else [0]
    batches = [pa.RecordBatch.from_pydict({"x": values[i : i + (size or 1)]}) for i in cuts]
    joined = list(larger(iter([pa.RecordBatch.from_pydict({"x": values[:0]}), *batches])))
    rows = np.concatenate([b.column("x").to_numpy() for b in joined])
    assert rows.tolist() == np.concatenate([b.column("x").to_numpy() for b in batches]).tolist()
    assert all(b.num_rows >= BATCH for b in joined[:-1])
    assert list(larger(iter([]))) == []


def test_rows_of_other_frames_are_kept_apart_from_the_events() -> None:
    columns = travelling(SNAPSHOT, ["snapshot"])
    texts = travelling(USER, ["channel"], ["channel"])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pydict(
            {
                "u": ["ann", "bob", "ann"],
                TAG: [EVENT, SNAPSHOT, USER],
                columns["snapshot"]: [None, 7.0, None],
                texts["channel"]: [None, None, "ads"],
            }
        )

    separated = Separated("u")
    assert [b.column("u").to_pylist() for b in separated.events(batches())] == [["ann"]]
    snapshots, users = separated.frame(SNAPSHOT, columns), separated.frame(USER, texts)
    assert snapshots.to_dict("list") == {"user_id": ["bob"], "snapshot": [7.0]}
    assert users.to_dict("list") == {"user_id": ["ann"], "channel": ["ads"]}
    nothing = Separated("u").frame(USER, texts)
    assert len(nothing) == 0 and list(nothing) == ["user_id", "channel"]
    plain = pa.RecordBatch.from_pydict({"u": ["eve"]})
    assert list(Separated("u").events(iter([plain]))) == [plain]


def test_numbers_keep_their_bits_and_missing_texts_are_null() -> None:
    schema = pa.schema(
        {"x": pa.float64(), "n": pa.int64(), "t": pa.string(), "at": pa.timestamp("us")}
    )
    values = np.array([0.1 + 0.2, np.nan, -0.0])
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-03-01"] * 3),
            "t": ["a", None, np.nan],
            "x": values,
            "n": [1, 2, 2**62],
        }
    )
    batch = to_arrow(frame, schema)
    assert batch.schema == schema and batch.column("t").to_pylist() == ["a", None, None]
    assert batch.column("x").to_numpy().tobytes() == values.tobytes()
    assert batch.column("n").to_pylist() == [1, 2, 2**62]
