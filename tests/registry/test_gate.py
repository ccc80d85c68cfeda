"""The gate by the commands: train, card, approve, score; before an approval nothing is scored."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.command import TOML, call, write

import churnlab as cl
from churnlab.demo import datasets
from churnlab.errors import GuardError

QUICK = """
[model]
algorithm = "lightgbm"
when = false
[features]
builders = ["Tenure", "LoginIntervals"]
"""
DAY = ("--as-of", "2026-06-10")


def test_train_card_approve_score(community: datasets.Community, tmp_path: Path) -> None:
    config = write(tmp_path / "job", community.events, community.users, f"{TOML}\n{QUICK}")
    told = ("--config", config)
    done = json.loads(call("train", *told, "--json"))
    assert (done["registered_version"], done["state"]) == (1, "PendingReview")
    says = call("score", *DAY, *told, code=5)
    assert "no version of 'Community (simulated)' is approved" in says and says.count("\n") == 1
    assert "churnlab approve --version 1" in says
    trial = json.loads(call("score", *DAY, *told, "--run", done["run_id"], "--json"))
    assert approvals(trial) == {"not approved"} and "is not approved" in trial["notes"][0]
    call("card", *told)
    output = config.parent / "output"
    assert "Mei" not in (output / "card.md").read_text()
    approve = (
        "approve",
        "--version",
        "1",
        "--by",
        "Mei <script>\u202e",
        "--note",
        "read it",
        *told,
    )
    approved = json.loads(call(*approve, "--json"))
    assert (approved["state"], approved["aliases"]) == ("Approved", ["champion"])
    assert approved["by"] == "Mei <script>\\u202e" and len(approved["card"]) == 64
    listed = json.loads(call("score", *DAY, *told, "--json"))
    assert approvals(listed) == {"approved"} and listed["people"] == trial["people"]
    assert "approved by Mei <script>" in "\n".join(listed["notes"])
    late = {"by": "Mei <script>", "now": "2040-01-01"}
    with pytest.raises(GuardError, match="its review was due on"):
        cl.registry(config).approve(1, **late)
    cl.registry(config).approve(1, **late, override="a test of the gate")
    notes = "\n".join(json.loads(call("score", *DAY, *told, "--json"))["notes"])
    assert "its review was due on" in notes and "a test of the gate" in notes
    call("card", *told)
    card = (output / "card.html").read_text()
    assert "Mei &lt;script&gt;" in card and "Mei <script>" not in card
    assert "a test of the gate" in card and "its review was due on" in card
    assert "says what the run says" in call("card", "--check", *told)
    moved = shutil.move(config.parent, tmp_path / "moved")
    there = ("--config", moved / "churnlab.toml")
    again = json.loads(call("score", *DAY, *there, "--json"))
    assert again["people"] == listed["people"] and str(moved) in again["list_csv"]
    assert (
        json.loads(call("approve", "--version", "1", "--by", "Bo", *there, "--json"))["by"] == "Bo"
    )


def approvals(written: dict[str, Any]) -> set[str]:
    """What the rows of a list say of the approval, in both of its files."""
    parquet = set(pd.read_parquet(written["list_parquet"])["approval"])
    assert set(pd.read_csv(written["list_csv"])["approval"]) == parquet
    return parquet
