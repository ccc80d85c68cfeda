"""Tables of Delta, Iceberg and databases as a log: from the command line to the card, and a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support.command import TOML, call
from support.lakes import make_delta, make_sqlite

import churnlab as cl
from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.errors import ConfigError
from churnlab.spark import log as spark_log

TIMES = pa.timestamp("us", "UTC")
DAYS = pa.table(
    {
        "u": ["ann", "bob", "ann", "cem"],
        "t": pa.array(
            ["2026-03-01T09Z", "2026-03-01T10Z", "2026-03-02T09Z", "2026-03-03T23Z"],
            pa.string(),
        ).cast(TIMES),
        "e": ["open", "open", "open", "open"],
    }
)
COLUMNS: dict[str, Any] = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Shanghai"}


def test_a_run_says_at_which_version_it_read_its_events(community: Any, tmp_path: Path) -> None:
    events = pa.Table.from_pandas(community.events, preserve_index=False)
    events = events.rename_columns(["u" if n == "user_id" else n for n in events.column_names])
    make_delta(tmp_path / "events", events)
    toml = TOML.replace('"events.parquet"', '"events"\nversion = 4')
    toml = toml.replace('user = "user_id"', 'user = "u"').replace('users = "users.parquet"\n', "")
    (tmp_path / "churnlab.toml").write_text(toml)
    done = json.loads(call("train", "--config", tmp_path / "churnlab.toml", "--json"))
    assert "events read at version" in Path(done["card_markdown"]).read_text()
    tracker = open_tracker(Config.read(tmp_path / "churnlab.toml"))
    assert tracker.load().facts.dataset.version == 4


def test_the_receipt_says_the_version(tmp_path: Path) -> None:
    folder = make_delta(tmp_path / "t", DAYS, 1)
    log = cl.EventLog.read(folder, **COLUMNS)
    assert log.describe()["version"] == 2 and repr(log).endswith(", Asia/Shanghai, version 2)")
    assert cl.EventLog.read(f"delta://{folder}", **COLUMNS, version=1).describe()["events"] == 5


@pytest.mark.parametrize("kind", ["delta", "sqlite"])
def test_a_store_reads_a_day_at_a_time(kind: str, tmp_path: Path) -> None:
    place = tmp_path / ("t" if kind == "delta" else "t.db")
    (make_delta if kind == "delta" else make_sqlite)(place, DAYS)
    table = {"table": "events"} if kind == "sqlite" else {}
    store = cl.ActivityStore.create(tmp_path / "store", log=place, **COLUMNS, **table)
    for day in ("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"):
        store.append(day, allow_empty=True)
    log = cl.EventLog.from_frame(DAYS, **COLUMNS)
    assert store.daily().digest == log.daily().digest


def test_spark_refuses_what_it_would_read_wrong(tmp_path: Path) -> None:
    folder = make_delta(tmp_path / "t", DAYS)
    for place, version in ((folder, None), ("sqlite:///a.db", None), ("a.parquet", 3)):
        with pytest.raises(ConfigError, match="read the table with Spark and give the frame"):
            spark_log.read(place, version=version, **COLUMNS)


@pytest.mark.parametrize("table", ["store", "output"])
def test_folders_are_of_this_machine(table: str) -> None:
    log = {"path": "events.parquet", **COLUMNS}
    with pytest.raises(ConfigError, match=rf"^{table}.folder is 's3://\*\*\*@b/x'; give a folder"):
        Config.of({"log": log, table: {"folder": "s3://key:pw@b/x"}}, Path())
