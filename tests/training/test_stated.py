"""Stated reasons beside the signals of a logged run, by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.command import call

from churnlab.config.experiments import WinbackConfig
from churnlab.errors import HistoryError
from churnlab.training.stated import stated


def statements(community: Any, day: str) -> pd.DataFrame:
    """People whose decline was planted say what declined."""
    told = community.truth[["user_id", "kind"]].rename(columns={"kind": "code"})
    return told[told["code"] != "none"].assign(time=day)


@pytest.fixture
def config(community: Any, trained: tuple[Path, dict], tmp_path: Path) -> Path:
    """The trained configuration, with a file of statements beside a copy of it."""
    statements(community, "2026-05-10").to_csv(tmp_path / "said.csv", index=False)
    text = trained[0].read_text()
    for name in ("events.parquet", "users.parquet"):
        text = text.replace(f'"{name}"', f'"{trained[0].parent / name}"')
    more = f'[winback]\nstated = "{tmp_path / "said.csv"}"\n'
    path = trained[0].parent / "stated.toml"
    path.write_text(text + more)
    return path


def test_statements_meet_the_snapshot_before_them(config: Path, community: Any) -> None:
    found = stated(WinbackConfig.read(config))
    assert (found.seen["days"] < 7).all() and found.usual == 0.1
    said = statements(community, "")["code"].unique()
    assert set(found.frame["code"]) <= set(said) and len(found.frame)
    assert found.seen["people"].sum() + found.dropped.get("no snapshot before", 0) == len(
        statements(community, "")
    )


def test_the_command_says_it_in_words_and_as_json(config: Path, tmp_path: Path) -> None:
    assert "Seen coming" in call("winback", "stated", "--config", config)
    page = tmp_path / "stated.html"
    told = json.loads(call("winback", "stated", "--config", config, "--json", "--html", page))
    assert told["seen"] and isinstance(told["late_model"], bool) and page.exists()


def test_statements_before_the_log_are_refused(config: Path, community: Any) -> None:
    path = Path(WinbackConfig.read(config).path("stated"))
    statements(community, "2025-01-01").to_csv(path, index=False)
    with pytest.raises(HistoryError, match="no event before"):
        stated(WinbackConfig.read(config))
