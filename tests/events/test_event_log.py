"""The finished log: roles, money, names, and the same rows from every source."""

from __future__ import annotations

from pathlib import Path

import duckdb
import oracle
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    outcome,
    put,
)
from support.refusals import OPTIONS, refused

import churnlab as cl
from churnlab.errors import LogError

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


def test_every_source_gives_the_same_daily_rows(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "log.parquet")
    frame.head(250).to_csv(tmp_path / "1.csv", index=False)
    frame.tail(250).to_csv(tmp_path / "2.csv", index=False)
    sources = [
        frame.sample(frac=1, random_state=3),
        pl.from_pandas(frame),
        pl.from_pandas(frame).lazy(),
        pa.Table.from_pandas(frame),
        duckdb.sql("select * from frame"),
        frame.astype({"user_id": "category", "event": "category"}),
    ]
    digests = {cl.EventLog.from_frame(s, **OPTIONS).daily().digest for s in sources}
    digests |= {
        cl.EventLog.read(p, **OPTIONS).daily().digest
        for p in ("log.parquet", "?.csv", str(tmp_path / "*.parquet"))
    }
    assert len(digests) == 1


def test_no_event_of_a_named_role(frame: pd.DataFrame) -> None:
    refused(
        "role 'social' names 'comment', and the log has no such event",
        frame,
        roles={"social": ["comment"]},
    )
    refused("did you mean 'purchase'", frame, roles={"purchase": ["purchases"]})


def test_all_amounts_are_money_where_no_event_is_a_purchase(frame: pd.DataFrame) -> None:
    frame["event"] = frame["event"].replace("purchase", "order")
    log = cl.EventLog.from_frame(frame, **OPTIONS)
    assert log.roles.names == ("open", "other")
    assert log.daily().sums[:, 0].sum() == round(frame["amount"] * 1e6).astype(int).sum()


def test_where_no_event_is_called_purchase_all_amounts_are_money() -> None:
    renamed = put(SOUND, "e", pc.replace_substring(SOUND["e"], "purchase", "purchases"))
    money = cl.EventLog.from_frame(renamed, **COLUMNS).daily().values("money")
    sound = [
        oracle.micros(a)
        for a, e, u in zip(*(SOUND[c].to_pylist() for c in "aeu"), strict=True)
        if e != "heartbeat" and u
    ]
    assert money.sum() == sum(sound) > WANT[1]["money"] * 1e6
    named = {
        "purchase": ["purchases"],
        "social": ["social"],
        "push_sent": ["push_sent"],
        "push_opened": ["push_opened"],
        "open": ["open"],
    }
    assert outcome(cl.EventLog.from_frame(renamed, **COLUMNS, roles=named))[2] == WANT[2]


def test_sums_beyond_64_bits_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(LogError, match="'money' sums to more than 9e12"):
        cl.EventLog.from_frame(
            pd.concat([frame.assign(user_id="one", amount=1e10)] * 3), **OPTIONS, roles={}
        ).daily()
