"""A small log as text, its two people as they must be read, and files of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import churnlab as cl

OPTIONS: dict[str, Any] = {
    "user": "u",
    "time": "t",
    "event": "e",
    "amount": "a",
    "roles": {},
    "timezone": "UTC",
}
CSV = "u,t,e,a\nann,2026-03-01 10:00:00,x,1.5\nbob,2026-03-02 10:00:00,y,\n"
RECORDS = [
    {"u": "ann", "t": "2026-03-01 10:00:00", "e": "x", "a": 1.5},
    {"u": "bob", "t": "2026-03-02 10:00:00", "e": "y"},
]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)
TABLE = pa.table(
    {
        "u": ["ann", "bob"],
        "t": pa.array(["2026-03-01 10:00:00", "2026-03-02 10:00:00"]).cast(pa.timestamp("us")),
        "e": ["x", "y"],
        "a": pa.array([1.5, None]),
    }
)
WANT = [("ann", "2026-03-01", 1_500_000), ("bob", "2026-03-02", 0)]


def write(name: str | Path, content: str | bytes, encoding: str = "utf-8") -> str:
    """Write a file with the folders that it needs; its name."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return str(name)


def rows(path: str | Path, **options: Any) -> list[tuple[Any, str, int]]:
    """The daily rows of a log: the person, the day and the money in millionths."""
    frame = cl.EventLog.read(path, **{**OPTIONS, **options}).daily().frame()
    return [
        (user, str(day)[:10], money)
        for user, day, money in zip(frame["user_id"], frame["day"], frame["money"], strict=True)
    ]


def refusal(path: str | Path, **options: Any) -> str:
    """The one line by which a log is refused."""
    with pytest.raises(cl.ChurnlabError) as caught:
        cl.EventLog.read(path, **{**OPTIONS, **options})
    assert "\n" not in str(caught.value)
    return str(caught.value)
