"""approve, reject, rollback and models: what they print, and the codes that they end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.approvals import beside, facts, waiting
from support.command import call, tree
from support.small_runs import new_store

from churnlab.cli import approvals
from churnlab.training import approval
from churnlab.training.approval import registry

TOML = '[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n[tracking]\nstore = "runs"\n'


@pytest.fixture
def config(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose store holds a version that waits; its card is not looked into."""
    monkeypatch.setattr(approval, "check_card", lambda tracker, run_id: ())
    new_store(tmp_path / "runs", empty_database)
    (tmp_path / "churnlab.toml").write_text(TOML)
    waiting(registry(tmp_path / "churnlab.toml"))
    return tmp_path / "churnlab.toml"


def test_the_way_of_a_version(config: Path) -> None:
    told = ("--config", config)
    by = ("--by", "Mei", *told)
    done = json.loads(call("approve", "--version", "1", "--note", "read", *by, "--json"))
    assert (done["version"], done["state"], done["note"]) == (1, "Approved", "read")
    assert done["at"] and done["review_due"] > done["at"][:10]
    versions = registry(config)
    champion = versions.champion()
    assert champion is not None
    for seed in (1, 2):
        waiting(versions, seed, facts=facts(champion=beside(champion)))
    assert "Approved" in call("approve", "--version", "2", *by)
    says = call("approve", "--version", "3", *by, code=5)
    assert "it was not judged beside version 2" in says and says.count("\n") == 1
    assert "Rejected" in call("reject", "--version", "3", "--note", "too late", *by)
    assert "is the champion" in call("reject", "--version", "2", *by, code=5)
    assert json.loads(call("rollback", *by, "--json"))["version"] == 1
    table = call("models", *told)
    for words in ("version", "Archived", "Rejected", "champion", "Mei", "too late"):
        assert words in table
    states = [(v["version"], v["state"]) for v in json.loads(call("models", *told, "--json"))]
    assert states == [(3, "Rejected"), (2, "Archived"), (1, "Approved")]
    assert "no earlier champion" in call("rollback", *by, code=5)


def test_wrong_calls_change_nothing(config: Path) -> None:
    before = tree(config.parent / "runs" / "artifacts")
    told = ("--config", config)
    assert "no version '7', there are: 1" in call(
        "approve", "--version", "7", "--by", "Mei", *told, code=4
    )
    assert "name of the person who decides" in call(
        "approve", "--version", "1", "--by", " ", *told, code=2
    )
    assert "Missing option '--by'" in call("approve", "--version", "1", *told, code=2)
    assert json.loads(call("models", "--model", "other", *told, "--json")) == []
    assert [v["state"] for v in json.loads(call("models", *told, "--json"))] == ["PendingReview"]
    assert tree(config.parent / "runs" / "artifacts") == before


def test_the_commands_say_what_they_are_for() -> None:
    for command in (approvals.approve, approvals.reject, approvals.rollback, approvals.models):
        assert command.__doc__ in " ".join(call(command.__name__, "--help").split())
