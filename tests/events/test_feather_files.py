"""Feather files and Arrow streams."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pytest
from support.files import OPTIONS, TABLE, WANT, refusal, rows, write
from support.logs import COLUMNS, SMALLER, ordered, outcome

import churnlab as cl


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
@pytest.mark.parametrize("order", ["time", "shuffled"])
def test_the_same_events_as_a_frame(order: str, compression: str) -> None:
    feather.write_feather(ordered(SMALLER, order), "log.feather", compression, chunksize=500)
    want = outcome(cl.EventLog.from_frame(SMALLER, **COLUMNS))
    assert outcome(cl.EventLog.read("log.feather", **COLUMNS)) == want
    assert outcome(cl.EventLog.read("log.feather", **COLUMNS, memory="20KB")) == want


@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream])
def test_files_and_streams_of_arrow(make: object) -> None:
    with make("log.arrow", TABLE.schema) as writer:  # type: ignore[operator]
        for batch in TABLE.to_batches(max_chunksize=1):
            writer.write_batch(batch)
    assert rows("log.arrow") == WANT


def test_a_file_that_is_cut_or_lacks_a_column() -> None:
    feather.write_feather(TABLE, "a.feather")
    data = Path("a.feather").read_bytes()
    assert "cut.feather cannot be read" in refusal(write("cut.feather", data[:-40]))
    assert "empty (0 bytes)" in refusal(write("0.feather", b""))
    assert "a.feather has no column 'x'" in refusal("a.feather", user="x")
    feather.write_feather(TABLE.slice(0, 0), "none.feather")
    assert "holds no event" in refusal("none.feather")
    feather.write_feather(TABLE.drop_columns(["a"]), "b.feather")
    with pytest.raises(cl.ChurnlabError, match=r"b\.feather has no column 'a'"):
        cl.EventLog.read("[ab].feather", **OPTIONS)
