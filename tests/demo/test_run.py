"""The demonstration: the files that it writes, the steps that it says, and what it cannot write."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from support.approvals import facts, waiting
from support.small_runs import new_store

import churnlab as cl
from churnlab.config.inputs import open_log
from churnlab.demo import datasets, run
from churnlab.errors import OutputError

NOW = "2026-11-29"


def test_both_configurations_are_sound_and_name_the_days_to_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, pd.Timestamp]] = []

    def watched(name: str, folder: Path, last_day: int, say: object, now: object) -> str:
        asked.append((name, pd.Timestamp(last_day, unit="D")))
        return name

    monkeypatch.setattr(run, "_run", watched)
    said: list[str] = []
    assert list(run.demo(tmp_path, users=30, say=said.append, now=NOW)) == ["community", "cdnow"]
    assert said == ["simulating a community"]
    assert dict(asked)["cdnow"] == pd.Timestamp("1998-06-30")
    community = cl.Config.read(tmp_path / "community" / "churnlab.toml")
    assert community.log.roles == datasets.ROLES and community.log.simulated
    log = open_log(community)
    assert log.describe()["people"] == 30
    assert pd.Timestamp(log.describe()["last_day"]) == dict(asked)["community"]
    cdnow = cl.Config.read(tmp_path / "cdnow" / "churnlab.toml")
    assert open_log(cdnow).describe()["events"] == 69_659 and cdnow.log.users is None


def test_the_gate_is_shown_and_what_it_refuses_is_said(
    tmp_path: Path, empty_database: Path
) -> None:
    new_store(tmp_path / "runs", empty_database)
    toml = '[log]\npath = "x"\nuser = "u"\ntime = "t"\nevent = "e"\n[tracking]\nstore = "runs"\n'
    (tmp_path / "churnlab.toml").write_text(toml)
    config = cl.Config.read(tmp_path / "churnlab.toml")
    version = waiting(cl.registry(config), facts=facts(ours=0.9, baseline=0.1))
    before, refused, done = run._through_the_gate(config, version.number, "2026-01-10")
    assert "no version of 'churn' is approved, so nothing was scored" in before
    assert "its AUC is behind the best baseline" in refused
    assert done == "version 1 of churn, approved by demo on 2026-01-10, review due 2026-04-10"
    champion = cl.registry(config).scoring()
    assert "nobody has read the card" in champion.note
    assert champion.override == "it is a demonstration"


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="community") as caught:
        next(run.demo(tmp_path / "out", users=10, now=NOW))
    assert "\n" not in str(caught.value)
