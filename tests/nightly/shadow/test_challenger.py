"""A challenger beside the list: scored, kept apart, graded together, and verified before."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support.command import call
from support.nightly import content

import churnlab as cl
from churnlab.config.inputs import open_registry, open_tracker, read_users
from churnlab.config.tables import Config
from churnlab.demo.datasets import Community
from churnlab.errors import ModelError
from churnlab.evaluation.contenders import predict
from churnlab.nightly.shadow.challenger import shadow

DAY = "2026-04-15"


@pytest.fixture(scope="module")
def job(
    trained: tuple[Path, dict], community: Community, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A copy of the trained job, with version 2: a few small trees that wait for a review."""
    folder = tmp_path_factory.mktemp("shadow") / "job"
    shutil.copytree(trained[0].parent, folder, ignore=shutil.ignore_patterns("output"))
    config = Config.read(folder / "churnlab.toml")
    tracker = open_tracker(config)
    run = tracker.load()
    activity = community.log().daily()
    days = ["2026-03-01", "2026-03-15"]
    snapshots = cl.Snapshots.at(activity, days, 30, [cl.Churn(30)])
    data = cl.build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))
    model = cl.ChurnClassifier("lightgbm", n_estimators=10).fit(data.X, data.y("churned"))
    given = {"params": {}, "metrics": {"churned_auc": 0.5}, "artifacts": {}}
    for facts in (run.facts, replace(run.facts, active_within=99)):
        facts = replace(facts, models=("churned",), served=None, version="small")
        run_id = tracker.log_training(
            {"churned": model}, catalogue=run.catalogue, facts=facts, **given
        )
        open_registry(config).submit(run_id)
    return folder / "churnlab.toml"


def test_a_challenger_scores_beside_the_list_and_both_are_graded(job: Path, tmp_path: Path) -> None:
    words = ("--as-of", DAY, "--config", job, "--force", "a test")
    call("score", *words)
    output = job.parent / "output"
    before = content(output)
    said = json.loads(call("score", *words, "--shadow", "2", "--json"))
    assert said["shadow"] == str(output / "shadow" / "version=2" / f"as_of={DAY}" / "manifest.json")
    after = content(output)
    assert {path: after[path] for path in before} == before
    assert {path.parts[0] for path in after if path not in before} == {"shadow"}
    config = Config.read(job)
    found = cl.grade(config, DAY)
    assert found.challengers == ("version 2",)
    other = found.metric("auc", "version 2")
    assert 0.4 < other.value < 1 and other.value != found.auc.value
    gap = found.ahead("auc", "version 2")
    assert gap.value == pytest.approx(found.auc.value - other.value)
    assert gap.low < gap.value < gap.high
    table = call("grade", "--as-of", DAY, "--config", job)
    assert "Challengers" in table and "version 2" in table


def test_its_risks_are_those_of_its_model(job: Path, community: Community) -> None:
    config = Config.read(job)
    found = shadow(config, DAY, 2).frame
    own = shadow(config, DAY, 1).frame
    listed = cl.score(config, DAY).frame.sort_values("user_id", ignore_index=True)
    pd.testing.assert_frame_equal(own, listed[["user_id", "risk"]])
    assert found["user_id"].tolist() == own["user_id"].tolist()
    run = next(v.run_id for v in open_registry(config).all() if v.number == 2)
    activity = community.log().daily()
    snapshots = cl.Snapshots.at(activity, [DAY], 30)
    data = cl.build_dataset(activity, snapshots, config.feature_set(), read_users(config, activity))
    want = pd.Series(predict(open_tracker(config).load(run).models["churned"], data.X))
    want = want.set_axis(data.X.index.get_level_values("user_id")).sort_index()
    assert found["risk"].to_numpy() == pytest.approx(want.to_numpy(), abs=1e-9)


def test_the_configuration_names_it_too(job: Path) -> None:
    beside = job.with_name("beside.toml")
    beside.write_text(job.read_text() + "\n[list]\nshadow = 1\n")
    words = ("--as-of", "2026-04-16", "--config", beside, "--force", "a test")
    assert "version=1" in call("score", *words)


def test_one_that_cannot_be_scored_leaves_the_list(job: Path) -> None:
    words = ("--as-of", "2026-04-17", "--config", job, "--force", "a test")
    says = call("score", *words, "--shadow", "9", code=4)
    assert "the list of 2026-04-17 is published, version 9 beside it is not" in says
    assert "has no version '9'" in says and says.count("\n") == 1
    assert len(cl.read_list(job.parent / "output", "2026-04-17").frame)
    config = Config.read(job)
    with pytest.raises(ModelError, match="active_within = 99, the champion with churn_horizon"):
        shadow(config, DAY, 3)
    run = next(v.run_id for v in open_registry(config).all() if v.number == 2)
    model = open_tracker(config).model_ids(run)["churned"]
    files = [p for p in (job.parent / "runs").rglob("*") if p.is_file() and model in p.parts]
    file = next(p for p in files if "data" in p.parts)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(ModelError, match="sha256 differs"):
        shadow(config, DAY, 2)
