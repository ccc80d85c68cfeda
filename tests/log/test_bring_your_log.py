"""The page "Bring your log": each example reads its origin, and nothing is lost on the way."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from support.databases import make_duckdb
from support.exports import EVENTS, write
from support.lakes import catalogue
from support.s3 import Put

import churnlab as cl

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "bring_your_log.md"
BLOCKS = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text("utf-8"))
ROWS = [
    {"user_id": f"u{i % 5}", "ts": e["time"], "event": e["event"], "amount": e["amount"]}
    for i, e in enumerate(EVENTS)
]
TABLE = pa.Table.from_pylist([{k: row[k] for k in ("user_id", "ts", "event")} for row in ROWS])


@pytest.fixture
def origins(tmp_path: Path, s3: Put) -> None:
    """Every file and table that the page reads, in the working folder."""
    _files(tmp_path)
    _csv_files(tmp_path)
    _tables(tmp_path)
    for name in ("ga4", "amplitude", "mixpanel", "segment", "snowplow"):
        (tmp_path / name).mkdir()
        write(name, tmp_path / name)
    bucket = s3("events/part-0.parquet", (tmp_path / "events/part-0.parquet").read_bytes())
    (tmp_path / "bucket").write_text(bucket.split("/")[2])


def _files(folder: Path) -> None:
    (folder / "events").mkdir()
    pq.write_table(TABLE, folder / "events" / "part-0.parquet")
    pa.feather.write_feather(TABLE, folder / "events.feather")
    for day in sorted({row["ts"].date() for row in ROWS}):
        place = folder / "lake" / f"dt={day}"
        place.mkdir(parents=True)
        users = [row["user_id"] for row in ROWS if row["ts"].date() == day]
        events = [row["event"] for row in ROWS if row["ts"].date() == day]
        pq.write_table(pa.table({"user_id": users, "event": events}), place / "part-0.parquet")
    lines = [
        {
            "user": {"id": row["user_id"]},
            "time": row["ts"].isoformat(),
            "name": "pay" if row["event"] == "purchase" else row["event"],
            "properties": {"price": row["amount"]},
        }
        for row in ROWS
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "app.jsonl.gz").write_bytes(gzip.compress(text.encode()))


def _csv_files(folder: Path) -> None:
    kinds = {"open": "pv", "social": "cart", "purchase": "buy"}
    lines = [
        f"{1000 + i % 5},{i},7,{kinds[row['event']]},{int(row['ts'].timestamp())}\n"
        for i, row in enumerate(ROWS)
    ]
    (folder / "UserBehavior.csv").write_text("".join(lines))
    names = {"open": "签到", "social": "评论", "purchase": "购买"}
    orders = [
        f"{row['user_id']};{row['ts'] + timedelta(hours=8):%Y-%m-%d %H:%M:%S};"
        f"{names[row['event']]};{_comma(row['amount'])}\n"
        for row in ROWS
    ]
    text = "客户;时间;事件;金额\n" + "".join(orders)
    (folder / "订单.csv").write_bytes(text.encode("gb18030"))


def _comma(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.2f}".replace(".", ",")


def _tables(folder: Path) -> None:
    deltalake = pytest.importorskip("deltalake", reason="deltalake is in the dev extra")
    deltalake.write_deltalake(folder / "delta_events", TABLE)
    catalog = catalogue(folder / "iceberg")
    catalog.create_namespace("shop")
    catalog.create_table("shop.events", schema=TABLE.schema).append(TABLE)
    make_duckdb(folder / "app.duckdb", TABLE)
    with closing(sqlite3.connect(folder / "app.sqlite")) as base, base:
        base.execute("create table events (user_id text, ts text, event text)")
        values = [(r["user_id"], r["ts"].isoformat(), r["event"]) for r in ROWS]
        base.executemany("insert into events values (?, ?, ?)", values)


def test_each_example_reads_every_event(origins: None, tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    assert len(BLOCKS) > 16
    exec(compile(BLOCKS[0], PAGE.name, "exec"), names)
    for block in BLOCKS[1:]:
        text = block.replace("s3://logs/", f"s3://{(tmp_path / 'bucket').read_text()}/")
        exec(compile(text, PAGE.name, "exec"), names)
        log = names.pop("log")
        assert isinstance(log, cl.EventLog)
        assert log.describe()["events"] == len(EVENTS), block
        assert log.roles.names, block
        assert "<" in log.profile().html(), block
