"""`init` and `doctor` as commands: what they print, and that a terminal alone is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support.command import call

from churnlab.cli import beginning


@pytest.fixture
def log(tmp_path: Path) -> Path:
    at = pd.date_range("2026-01-01", periods=60, freq="D", tz="UTC")
    frame = pd.DataFrame({"user_id": ["ann", "bob"] * 30, "ts": at, "event": "app_open"})
    frame.to_parquet(tmp_path / "log.parquet")
    return tmp_path / "log.parquet"


def test_init_prints_what_it_wrote_and_asks_nobody_without_a_terminal(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "_ask", lambda *_: 1 / 0)
    config = log.parent / "churnlab.toml"
    said = json.loads(call("init", log, "--config", config, "--json"))
    assert said["written"] == str(config) and said["events"] == 60 and config.exists()
    assert "churnlab update --since 2026-01-01" in call("init", log, "--config", config, "--force")


def test_doctor_is_a_table_or_json_with_the_code_of_the_worst(log: Path) -> None:
    config = log.parent / "churnlab.toml"
    call("init", log, "--config", config)
    assert "train first" in call("doctor", "--config", config, code=4)
    assert "no configuration file" in call("doctor", "--config", "none.toml", code=2)
