"""A log with ties, unusable ids and amounts and ignored events, its forms, and all that it says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import churnlab as cl
from churnlab.dataset import compute
from churnlab.events import frame_source, parquet_files, rollup, text_reader
from churnlab.schema.measures import Measure

COLUMNS = {
    "user": "u",
    "time": "t",
    "event": "e",
    "amount": "a",
    "timezone": "America/New_York",
    "bad_amounts": 0.1,
    "ignore": ["heartbeat"],
    "measures": [
        Measure.sum("n"),
        Measure.distinct("p"),
        Measure.count("ios", where=[("p", "==", "ios")]),
    ],
}


FEATURES = cl.FeatureSet.default()


START = datetime(2026, 3, 1)


def table_of(rows: int = 6000, people: int = 300, days: int = 40, seed: int = 0) -> pa.Table:
    """Events in the order of time; with ties, ids and amounts that are none, ignored events."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, days * 86_400, rows) // 40 * 40)
    users = np.array([f"{i:036d}" for i in rng.zipf(1.4, rows) % people], object)
    users[rng.random(rows) < 0.003] = None
    users[rng.random(rows) < 0.002] = "null"
    amounts = np.where(rng.random(rows) < 0.5, rng.gamma(2, 5, rows).round(2), np.nan)
    amounts[rng.random(rows) < 0.01] = np.inf
    times = np.datetime64("2026-02-20", "us") + seconds.astype("timedelta64[s]")
    return pa.table(
        {
            "u": pa.array(users, pa.string()),
            "t": pa.array(times.astype("datetime64[us]"), pa.timestamp("us", "UTC")),
            "e": pa.array(
                rng.choice(
                    ["open", "purchase", "social", "push_sent", "push_opened", "heartbeat"], rows
                )
            ),
            "a": pa.array(amounts, from_pandas=True),
            "n": pa.array(rng.integers(-5, 50, rows)),
            "p": pa.array(
                rng.choice(np.array(["ios", "android", None], object), rows), pa.string()
            ),
        }
    )


def ordered(table: pa.Table, how: str) -> pa.Table:
    if how == "user":
        return table.sort_by([("u", "ascending"), ("t", "ascending")])
    rng = np.random.default_rng(5)
    return table if how == "time" else table.take(rng.permutation(len(table)))


def outcome(log: cl.EventLog) -> tuple[str, dict[str, Any], str]:
    """All that a log says, but its name: the digest, the counts and the bytes of the features on three days of everybody."""
    activity = log.daily()
    days = np.repeat([activity.start + 5, activity.end - 9, activity.end], len(activity.users))
    X = compute.compute(activity, np.tile(np.arange(len(activity.users)), 3), days, FEATURES)
    about = {k: v for k, v in activity.describe().items() if k != "source"}
    return (
        activity.digest,
        about | {"names": log.names},
        hashlib.sha256(X.to_numpy().tobytes()).hexdigest(),
    )


LONG = {
    "user": "u",
    "time": "t",
    "event": "e",
    "timezone": "America/St_Johns",
    "ignore": "heartbeat",
    "bad_ids": 0.2,
}


def check_set_back(read: Callable[[dict[str, Any]], cl.EventLog], table: pa.Table) -> None:
    want = outcome(cl.EventLog.from_frame(table, **LONG, threads=1))
    for threads in (1, 4):
        assert outcome(read({**LONG, "threads": threads})) == want


def in_batches_of(rows: int, patch: pytest.MonkeyPatch) -> None:
    """Read logs in batches of so many rows."""
    for module in (frame_source, parquet_files, rollup, text_reader):
        patch.setattr(module, "BATCH", rows)


def one_file(table: pa.Table, folder: Path, **options: Any) -> None:
    pq.write_table(table, folder / "log.parquet", **options)


def other_columns_and_types(table: pa.Table, folder: Path) -> None:
    """Files whose columns stand in another order, and whose texts are of other types."""
    half = len(table) // 2
    pq.write_table(table.slice(0, half), folder / "1.parquet")
    rest = (
        table.slice(half)
        .select(table.column_names[::-1])
        .append_column("more", pa.array(np.arange(len(table) - half)))
    )
    kinds = pa.schema(
        [
            f.with_type(pa.dictionary(pa.int16(), pa.large_string())) if f.name in "pe" else f
            for f in rest.schema
        ]
    )
    pq.write_table(rest.cast(kinds), folder / "2.parquet", row_group_size=333)


def tall(users: Any, times: Any, names: Any, **more: Any) -> pa.Table:
    return pa.table(
        {"u": users, "t": pa.array(np.asarray(times, "datetime64[us]")), "e": names, **more}
    )


EVERY_TIME: dict[str, Any] = {"since": None, "until": datetime.max}  # no bound


def small(times: Any, amounts: Any = None, names: Any = None, **options: Any) -> cl.EventLog:
    n = len(times)
    table = pa.table(
        {
            "u": ["ann"] * n,
            "t": times,
            "e": names or ["open"] * n,
            "a": pa.array(amounts or [1.0] * n, pa.float64()),
        }
    )
    return cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        roles={},
        timezone="UTC",
        measures=[Measure.sum("a", name="size")],
        bad_amounts=1,
        bad_measures=1,
        **options,
    )


def put(table: pa.Table, column: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)


def as_dictionary(
    column: pa.Array,
    index: pa.DataType | None = None,
    value: pa.DataType | None = None,
    more: tuple[str | None, ...] = (),
) -> pa.DictionaryArray:
    """A dictionary with further entries before those that are used, and each used one twice, by turns."""
    found = (
        column.combine_chunks().dictionary_encode()
        if isinstance(column, pa.ChunkedArray)
        else column.dictionary_encode()
    )
    known, places = found.dictionary.to_pylist(), found.indices.to_numpy(zero_copy_only=False)
    turn = np.arange(len(places)) % 2 * len(known)
    values = pa.array([*more, *known, *known], pa.string()).cast(value or pa.string())
    return pa.DictionaryArray.from_arrays(
        pa.array(places + len(more) + turn, index or pa.int32()), values
    )


TABLE = table_of()
BIG = table_of(rows=20_000, people=900)


SMALLER = table_of(rows=3000, people=120, seed=3)
SOUND = SMALLER.filter(pc.fill_null(pc.not_equal(SMALLER["u"], "null"), False))
