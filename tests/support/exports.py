"""Made-up events of three people over three days, as exports of known tools have them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

BEGIN = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)  # in Shanghai the second half is of the next day
EVENTS = [
    {
        "user": ("ann", "bob", "程")[i % 3],
        "time": BEGIN + timedelta(hours=i, microseconds=i),
        "event": ("open", "social", "purchase")[i // 3 % 3],
        "amount": 9.5 + i if i // 3 % 3 == 2 else None,
        "id": f"i{i}",
        "page": f"/p{i % 4}",
        "seconds": i % 7,
    }
    for i in range(54)
]


def ga4(event: dict[str, Any]) -> dict[str, Any]:
    empty = {"string_value": None, "int_value": None, "float_value": None, "double_value": None}
    return {
        "event_date": event["time"].strftime("%Y%m%d"),
        "event_timestamp": round(event["time"].timestamp() * 1e6),
        "event_name": event["event"],
        "user_id": None,
        "user_pseudo_id": event["user"],
        "event_params": [
            {"key": "page_location", "value": {**empty, "string_value": event["page"]}},
            {"key": "seconds", "value": {**empty, "int_value": event["seconds"]}},
            {"key": "half", "value": {**empty, "double_value": event["seconds"] / 2}},
        ],
        "ecommerce": {"purchase_revenue_in_usd": event["amount"], "purchase_revenue": None},
    }


def amplitude(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": event["user"],
        "amplitude_id": 1000 + ord(event["user"][0]),
        "event_type": event["event"],
        "event_time": event["time"].strftime("%Y-%m-%d %H:%M:%S.%f"),
        "$insert_id": event["id"],
        "event_properties": {"page": event["page"], "seconds": event["seconds"]},
    }


def mixpanel(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": event["event"],
        "properties": {
            "time": int(event["time"].timestamp()),
            "distinct_id": event["user"],
            "$insert_id": event["id"],
            "seconds": event["seconds"],
        },
    }


def segment(event: dict[str, Any]) -> dict[str, Any]:
    text = event["time"].isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "type": "track",
        "userId": event["user"],
        "anonymousId": "x",
        "event": event["event"],
        "messageId": event["id"],
        "timestamp": text,
        "receivedAt": text,
        "properties": {"seconds": event["seconds"]},
    }


def warehouse(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event["id"],
        "user_id": event["user"],
        "event": event["event"],
        "timestamp": event["time"].replace(tzinfo=None),
    }


def snowplow(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "event_id": event["id"],
        "event_name": event["event"],
        "domain_userid": event["user"],
        "user_id": None,
        "derived_tstamp": event["time"].replace(tzinfo=None),
        "collector_tstamp": event["time"].replace(tzinfo=None) + timedelta(seconds=2),
    }


SHAPES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "ga4": ga4,
    "amplitude": amplitude,
    "mixpanel": mixpanel,
    "segment": segment,
    "segment_warehouse": warehouse,
    "snowplow": snowplow,
}


def rows(name: str, twice: int = 4) -> list[dict[str, Any]]:
    """The events in a shape; exports with event ids bring some of them twice."""
    found = [SHAPES[name](event) for event in EVENTS]
    return found if name == "ga4" else found + found[:twice]


def write(name: str, folder: Path) -> str:
    """An export as its tool writes it: hourly lines of packed JSON, or Parquet."""
    if name in ("ga4", "segment_warehouse", "snowplow"):
        table = pa.Table.from_pylist(rows(name))
        file = "events_20260301.parquet" if name == "ga4" else "part-0.parquet"
        pq.write_table(table, folder / file, row_group_size=20)
        return str(folder / "*.parquet")
    lines = [json.dumps(row) + "\n" for row in rows(name)]
    for start in range(0, len(lines), 24):
        text = "".join(lines[start : start + 24]).encode()
        (folder / f"2026-03-01_{start}.json.gz").write_bytes(gzip.compress(text))
    return str(folder / "*.json.gz")
