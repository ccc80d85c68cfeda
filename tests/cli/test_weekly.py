"""The command report, from a configuration to a page, tables and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import TOML, call, write

import churnlab as cl

WEEK = "2026-W17"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    community = cl.datasets.make_community(users=80, days=130, seed=6)
    return write(tmp_path_factory.mktemp("weekly"), community.events, community.users, TOML)


def test_the_command_writes_both_and_prints_json(config: Path, tmp_path: Path) -> None:
    said = json.loads(
        call("report", "--week", WEEK, "--config", config, "--out", tmp_path, "--json")
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        f"report_{WEEK}.html",
        f"report_{WEEK}.xlsx",
    }
    assert len(said["says"]) == 3 and said["figures"][0]["name"] == "active"
    assert said["figures"][0]["year"] is None
    text = call("report", "--week", WEEK, "--config", config, "--out", tmp_path, "--no-excel")
    assert text.count("\n- ") + text.startswith("- ") == 3
