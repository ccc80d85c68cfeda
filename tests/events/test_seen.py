"""Events of each name and examples of what was set aside, whatever the batches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab as cl
from churnlab.events.seen import Seen

COLUMNS = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Shanghai"}


def test_parts_add_up_whatever_their_codes() -> None:
    one, other = Seen(), Seen()
    one.count(np.array([0, 0], np.int32))
    one.count(np.zeros(0, np.int32))
    other.count(np.array([3, 1], np.int32))
    other.note("x", pa.array(["a", "b" * 99]))
    one.note("x", pa.array(["c", "a"]))
    one.add(other)
    assert one.events.tolist() == [2, 1, 0, 1]
    assert one.examples == {"x": ["'c'", "'a'", "'" + "b" * 39 + "…"]}
    assert not one.wants("x") and one.wants("y")
    assert one.by_name(["a", "b", "c", "d"]) == {"a": 2, "b": 1, "d": 1}


@pytest.mark.parametrize("order", ["sorted", "shuffled"])
def test_every_event_is_counted_once_by_its_name(order: str) -> None:
    rng = np.random.default_rng(3)
    names = np.array(["签到", "open", "a|b", "heartbeat"])
    frame = pd.DataFrame(
        {
            "u": rng.choice(["ann", "bob", "null", None], 5000, p=[0.495, 0.495, 0.005, 0.005]),
            "t": pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 9e6, 5000), "s"),
            "e": rng.choice(names, 5000, p=[0.1, 0.5, 0.3, 0.1]),
        }
    )
    if order == "sorted":
        frame = frame.sort_values("t", ignore_index=True)
    pq.write_table(pa.Table.from_pandas(frame), "log.parquet", row_group_size=700)
    options = COLUMNS | {"ignore": ["heartbeat"], "bad_ids": 0.05}
    known = frame[frame["u"].isin(["ann", "bob"]) & (frame["e"] != "heartbeat")]
    for log in (
        cl.EventLog.read("log.parquet", **options),
        cl.EventLog.from_frame(frame, **options),
        cl.EventLog.read("log.parquet", memory=2**20, **options),
    ):
        assert log.named == known["e"].value_counts().to_dict()
        assert sum(log.named.values()) == log.describe()["events"]
        assert sorted(log.examples["bad_ids"]) == ["'null'", "null"]
        assert log.examples["ignored"] == ["'heartbeat'"]


def test_a_log_that_is_read_twice_for_its_money_counts_names_once() -> None:
    at = pd.to_datetime(["2026-03-01"] * 3)
    frame = pd.DataFrame({"u": list("aab"), "t": at, "e": ["x", "y", "y"], "a": 1.0})
    log = cl.EventLog.from_frame(frame, amount="a", **COLUMNS)
    assert log.named == {"x": 1, "y": 2}
