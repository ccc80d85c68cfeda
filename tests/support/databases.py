"""Tables of databases, and what is asked of them."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

DAY = 86_400_000_000
CANARY = "canary-5f0c1e7ad2b94836"
START = datetime(2026, 3, 1)
START_MICROS = int((START - datetime(1970, 1, 1)).total_seconds()) * 1_000_000
HARD_NAMES = [
    'a"; drop table t; --',
    "o'clock",
    "select",
    "Größe 大",
    "line\nbreak",
    "dotted.name",
    "Upper",
    "100%",
    "{braces}",
]


def rows(
    source: Any, columns: list[str], time: str, low: int | None = None, high: int | None = None
) -> list[dict[str, Any]]:
    batches = list(source.batches(columns, time, low, high))
    assert all(isinstance(batch, pa.RecordBatch) for batch in batches)
    return [row for batch in batches for row in batch.to_pylist()]


def one_line(error: pytest.ExceptionInfo[BaseException]) -> str:
    text = str(error.value)
    assert "\n" not in text and "Traceback" not in text
    assert CANARY not in "".join(traceback.format_exception(error.value))
    return text


def check_threads(count: Callable[[], int], expected: int) -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(count())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def make_duckdb(path: Path, table: pa.Table) -> Path:
    """A DuckDB file with the table `events`, made in another time zone."""
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        connection.register("given", table)
        connection.execute("create table events as select * from given")
    return path


def make_file(path: Path, *statements: str) -> Path:
    """A DuckDB file in which the statements were run."""
    with closing(duckdb.connect(str(path))) as connection:
        for statement in statements:
            connection.execute(statement)
    return path
