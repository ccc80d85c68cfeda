"""Ids of every type."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    START,
    outcome,
    put,
)
from support.refusals import refused

import churnlab as cl

NUMBERS = put(SOUND, "u", pa.array([int(u) - 60 for u in SOUND["u"].to_pylist()]))


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(),
        pa.int16(),
        pa.int32(),
        pa.int64(),
        pa.uint8(),
        pa.uint32(),
        pa.uint64(),
        pa.dictionary(pa.int16(), pa.int64()),
    ],
)
def test_whole_numbers_of_every_type(kind: pa.DataType) -> None:
    positive = put(NUMBERS, "u", pc.add(NUMBERS["u"], 60))
    want = outcome(cl.EventLog.from_frame(positive, **COLUMNS))
    cast = (
        positive["u"].combine_chunks().dictionary_encode().cast(kind)
        if pa.types.is_dictionary(kind)
        else positive["u"].cast(kind)
    )
    log = cl.EventLog.from_frame(put(positive, "u", cast), **COLUMNS)
    assert outcome(log) == want and log.daily().users.dtype == np.int64


def test_the_largest_and_smallest_numbers_are_ids() -> None:
    users = [-(2**63), 2**63 - 1, -1, 0, 1, 2**62, -(2**62)]
    table = pa.table(
        {
            "u": pa.array(users * 3),
            "t": pa.array([datetime(2026, 3, d) for d in (1, 2, 3) for _ in users]),
            "e": ["x"] * 21,
        }
    )
    activity = cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone="UTC").daily()
    assert activity.users.tolist() == sorted(users) and activity.counts[:, 0].tolist() == [1] * 21


def test_a_file_without_any_id_does_not_say_of_which_type_ids_are(tmp_path: Path) -> None:
    for i, users in enumerate([pa.nulls(1), pa.array([5, 6] * 100)]):
        pq.write_table(
            pa.table(
                {
                    "u": users,
                    "t": pa.array([START] * len(users), pa.timestamp("us")),
                    "e": ["x"] * len(users),
                }
            ),
            tmp_path / f"{i}.parquet",
        )
    log = cl.EventLog.read(tmp_path / "*.parquet", user="u", time="t", event="e", timezone="UTC")
    assert log.daily().users.tolist() == [5, 6] and log.counts["bad_ids"] == 1


def test_ids_that_are_no_ids(frame: pd.DataFrame) -> None:
    refused(
        "column 'user_id' of the frame is double; give text or whole numbers",
        frame.assign(user_id=1.5),
    )
