"""Chosen: which run scores, and what the list says of its approval."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.approvals import NOW, facts, waiting
from support.small_runs import new_store

from churnlab.config.inputs import open_registry
from churnlab.config.tables import Config
from churnlab.errors import GuardError
from churnlab.model_registry.registry import Registry
from churnlab.nightly.chosen import Chosen
from churnlab.schema.days import day_number

DAY = day_number("2026-02-01")
LATER = day_number("2027-01-01")


@pytest.fixture
def made(tmp_path: Path, empty_database: Path) -> Registry:
    """Two versions, of which none is approved."""
    new_store(tmp_path / "runs", empty_database)
    found = open_registry(config(tmp_path))
    for seed in (0, 1):
        waiting(found, seed)
    return found


def config(folder: Path, **approval: object) -> Config:
    log = {"path": "x", "user": "u", "time": "t", "event": "e"}
    return Config.of({"log": log, "tracking": {"store": "runs"}, "approval": approval}, folder)


def test_the_champion_alone_scores(made: Registry, tmp_path: Path) -> None:
    with pytest.raises(GuardError, match="no version of 'churn' is approved") as refused:
        Chosen.of(config(tmp_path), None, DAY)
    assert refused.value.exit_code == 5
    champion = made.approve(1, by="Mei", now=NOW)
    chosen = Chosen.of(config(tmp_path), None, DAY)
    assert (chosen.trained.run_id, chosen.approval) == (champion.run_id, "approved")
    assert [str(note) for note in chosen.notes] == [
        "version 1 of churn, approved by Mei on 2026-01-10, review due 2026-04-10"
    ]
    late = Chosen.of(config(tmp_path), champion.run_id, LATER)
    assert late.approval == "approved" and "review was due on 2026-04-10" in str(late.notes[-1])


def test_a_trial_is_not_approved(made: Registry, tmp_path: Path) -> None:
    made.approve(1, by="Mei", now=NOW)
    newest = made.all()[0]
    chosen = Chosen.of(config(tmp_path), newest.run_id, DAY)
    assert chosen.approval == "not approved" and chosen.trained.facts.version == "v1"
    assert str(chosen.notes[0]) == f"a trial: run {newest.run_id} is not approved"


def test_an_override_is_on_every_list(made: Registry, tmp_path: Path) -> None:
    bad = waiting(made, facts=facts(ours=0.9, baseline=0.1))
    made.approve(bad.number, by="Mei", now=NOW, override="a pilot of 20 people")
    notes = " ".join(map(str, Chosen.of(config(tmp_path), None, DAY).notes))
    assert "in spite of this: its AUC is behind" in notes and "a pilot of 20 people" in notes


def test_where_no_approval_is_required_the_list_says_so(made: Registry, tmp_path: Path) -> None:
    free = config(tmp_path, required=False)
    for run in (None, made.all()[1].run_id):
        chosen = Chosen.of(free, run, DAY)
        assert chosen.approval == "no approval required"
        assert "no approval is required here" in str(chosen.notes[0])
        assert chosen.trained.run_id == (run or made.all()[0].run_id)
