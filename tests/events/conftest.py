"""Fixtures of the tests of the event log."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from support.databases import make_file
from support.logs import COLUMNS, TABLE, outcome
from support.postgres import postgres, server  # noqa: F401
from support.refusals import events_frame

import churnlab as cl
from churnlab.events import piles as piles_module
from churnlab.events.piles import Piles


@pytest.fixture
def frame() -> pd.DataFrame:
    return events_frame()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The events of which logs went over the disk; the folders for that are gone at the end."""
    folder, went, spill = tmp_path / "temporary", [], Piles._spill
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(piles_module, "_LEAST", 8)
    monkeypatch.setattr(Piles, "_spill", lambda piles: went.append("spilled") or spill(piles))
    yield went
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def expected() -> tuple[str, dict[str, Any], str]:
    found = outcome(cl.EventLog.from_frame(TABLE, **COLUMNS, threads=1))
    assert (
        found[1]["bad_ids"] > 10
        and found[1]["ignored"] > 100
        and found[1]["bad_amounts"] > 10
        and found[1]["duplicates"] >= 1
    )
    return found


@pytest.fixture
def set_back() -> pa.Table:
    """An event every ten minutes of the days around a night when the clock was set back over midnight, one minute after it."""
    times = [datetime(2010, 11, 4, tzinfo=UTC) + timedelta(minutes=10 * i) for i in range(6 * 144)]
    n = np.arange(len(times))
    return pa.table(
        {
            "u": pa.array(np.where(n % 11 == 3, None, "a")),
            "t": pa.array(times, pa.timestamp("us", "UTC")),
            "e": pa.array(np.where(n % 3 == 0, "heartbeat", "x")),
        }
    )


EVENTS = """create table events as select i as id, 'user-' || i % 10 as user_id, timestamp '2026-03-01' + to_hours(i::int) as at,
    (i % 7)::decimal(10, 2) as amount from range(240) r(i)"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make_file(
        tmp_path / "shop.duckdb",
        EVENTS,
        "create view recent as select * from events where id >= 100",
    )
