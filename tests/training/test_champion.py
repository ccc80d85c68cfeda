"""The champion beside the new models: on the same rows, or the reason why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import churnlab as cl
from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.demo.datasets import ROLES, Community
from churnlab.evaluation.records import frame_from
from churnlab.model_registry.run_facts import ChampionFacts
from churnlab.report.cards.record import CardRecord
from churnlab.training.card_files import check_card
from churnlab.training.train import TrainingResult, train

FEATURES = ["Tenure", "LoginIntervals"]


def config(folder: Path, **changes: Any) -> Config:
    roles = {role: list(names) for role, names in ROLES.items()}
    log = {"path": "x", "user": "user_id", "time": "ts", "event": "event", "roles": roles}
    tables = {
        "log": log | {"timezone": "Asia/Shanghai"},
        "model": {"algorithm": "lightgbm", "when": False},
        "features": {"builders": FEATURES},
        "snapshots": {"active_within": 30},
        "target": {"churn_horizon": 14, "ltv_horizon": 0},
        "tracking": {"store": str(folder / "runs")},
        "output": {"folder": str(folder / "output")},
    }
    return Config.of({**tables, **changes}, folder)


@pytest.fixture(scope="module")
def first(
    community: Community, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, TrainingResult]:
    """A champion that learnt from the first 130 days."""
    folder = tmp_path_factory.mktemp("champion")
    events = community.events
    early = events[events["ts"] < events["ts"].min() + np.timedelta64(130, "D")]
    done = train(config(folder), replace(community, events=early).log())
    why = "a test"
    cl.registry(config(folder)).approve(1, by="Test", now="2026-06-01", override=why)
    return folder, done


def after(folder: Path, community: Community, **changes: Any) -> ChampionFacts:
    """What a later training says of the champion."""
    settings = config(folder, **changes)
    tracker = open_tracker(settings)
    run_id = train(settings, community.log()).run_id
    facts = tracker.facts(run_id)
    assert check_card(tracker, run_id) == ()
    assert facts.champion is not None
    card = CardRecord.from_json(tracker.text(run_id, "card.json")).champion
    assert card is not None and card.missing == facts.champion.missing
    assert bool(card.figures) != bool(card.missing)
    assert facts.champion is not None and facts.champion.number == 1
    return facts.champion


def test_the_first_has_no_champion_beside_it(first: tuple[Path, TrainingResult]) -> None:
    folder, done = first
    assert open_tracker(config(folder)).facts(done.run_id).champion is None


def test_a_later_training_judges_it_on_its_own_rows(
    first: tuple[Path, TrainingResult], community: Community
) -> None:
    folder, done = first
    found = after(folder, community)
    assert not found.missing and found.run_id == done.run_id
    table = frame_from(found.tables["churned"]).set_index(["contender", "metric"])
    ours, champion = table.loc[("churnlab", "auc")], table.loc[("champion", "auc")]
    assert champion["difference"] == pytest.approx(ours["value"] - champion["value"])
    assert champion["difference_low"] <= champion["difference"] <= champion["difference_high"]
    other = after(folder, community, features={"builders": ["Tenure"]})
    again = frame_from(other.tables["churned"]).set_index(["contender", "metric"])
    assert again.loc[("champion", "auc")]["value"] == champion["value"]
    assert again.loc[("churnlab", "auc")]["value"] != ours["value"]


def test_the_reason_is_said_where_it_cannot_be_judged(
    first: tuple[Path, TrainingResult], community: Community
) -> None:
    folder, done = first
    other = after(folder, community, target={"churn_horizon": 7, "ltv_horizon": 0})
    assert other.missing == "it predicts another target" and not other.tables
    early = {"active_within": 30, "test_from": "2026-02-25"}
    known = after(folder, community, snapshots=early)
    assert known.missing == "it learnt from the days that are held out now"
    model = open_tracker(config(folder)).model_ids(done.run_id)["churned"]
    [file] = (folder / "runs").rglob(f"{model}/artifacts/data/churned/model.lgb")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    try:
        assert "sha256 differs" in after(folder, community).missing
    finally:
        file.write_bytes(whole)
