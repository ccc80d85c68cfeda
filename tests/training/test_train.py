"""Training by the command line: run, card and figures; logs that cannot be learnt from write nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command import TOML, call, train_and_approve, tree, write
from support.poor_rows import PEOPLE

from churnlab.config.inputs import open_tracker
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.model_registry.mlflow_store import MlflowStore
from churnlab.training.train import train


def test_training_writes_run_card_and_figures(trained: tuple[Path, dict]) -> None:
    config, result = trained
    page = Path(result["card_html"]).read_text()
    assert "Simulated data" in page and result["version"] in page
    assert page.count("<svg") >= 4 and len(page) < 600_000
    assert result["metrics"]["churned_auc"] > result["metrics"]["churned_auc_base_rate"] == 0.5
    others = {p.name for p in config.parent.glob("*.toml") if p != config}  # of other tests
    assert {p.name for p in config.parent.iterdir()} - others == {
        "churnlab.toml",
        "events.parquet",
        "users.parquet",
        "runs",
        "output",
    }


def test_a_forest_goes_the_whole_way_too(community: datasets.Community, tmp_path: Path) -> None:
    config = write(
        tmp_path / "job",
        community.events,
        None,
        TOML.replace('users = "users.parquet"\n', "") + '\n[model]\nalgorithm = "random_forest"\n',
    )
    assert train_and_approve(config)["metrics"]["churned_auc"] > 0.6
    assert (
        json.loads(call("score", "--as-of", "2026-06-01", "--config", config, "--json"))["people"]
        > 50
    )


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    one = pd.DataFrame({"ts": pd.date_range("2026-01-01", periods=200, freq="D"), "event": "open"})
    events = pd.concat([one.assign(user_id=f"u{i}") for i in range(30)])
    toml = '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n'
    config = write(tmp_path / "job", events, None, toml)
    before = tree(tmp_path)
    assert "churned is 0 in all" in call("train", "--config", config, code=3)
    assert tree(tmp_path) == before


def test_one_person_is_not_enough(tmp_path: Path) -> None:
    events = pd.DataFrame(
        {
            "user_id": "only",
            "ts": pd.date_range("2026-01-01", periods=200, freq="D"),
            "event": "open",
            "amount": 1.0,
        }
    )
    toml = '[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\nevent = "event"\ntimezone = "UTC"\n'
    config = write(tmp_path / "job", events, None, toml)
    before = tree(tmp_path)
    assert "the log has 1 person(s) to learn from" in call("train", "--config", config, code=3)
    assert tree(tmp_path) == before


def test_a_card_that_cannot_be_written_takes_its_run_back(
    community: datasets.Community, tmp_path: Path
) -> None:
    config = write(tmp_path / "job", community.events, community.users)
    (tmp_path / "job" / "output").write_text("a file where the folder should be")
    assert "cannot be written" in call("train", "--config", config, code=7)
    (tmp_path / "job" / "output").unlink()
    assert "train one with `churnlab train`" in call(
        "score", "--as-of", "2026-06-01", "--config", config, code=5
    )


def test_a_users_file_that_is_broken_or_of_nobody_is_refused(
    community: datasets.Community, tmp_path: Path
) -> None:
    config = write(
        tmp_path / "job",
        community.events,
        community.users.assign(user_id="x" + community.users["user_id"]),
    )
    assert "none of the" in call("train", "--config", config, code=3)
    (tmp_path / "job" / "users.parquet").write_bytes(b"PAR1 no")
    assert "users.parquet cannot be read" in call("train", "--config", config, code=3)


def test_sixty_people_go_the_whole_way(tmp_path: Path) -> None:
    made = datasets.make_community(users=PEOPLE, days=150, seed=3)
    (tmp_path / "churnlab.toml").write_text(
        '[log]\npath = "x"\nuser = "user_id"\ntime = "ts"\nevent = "event"\namount = "amount"\n'
        'timezone = "Asia/Shanghai"\n[target]\nchurn_horizon = 14\nltv_horizon = 30\n'
    )
    result = train(Config.read(tmp_path / "churnlab.toml"), made.log())
    assert result.evaluations["churned"].warnings, "what few people leave unsure is said"
    assert all(np.isfinite(v) for v in result.to_dict()["metrics"].values())


def test_the_store_is_tried_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "churnlab.toml").write_text(
        '[log]\npath = "nothing.parquet"\nuser = "u"\ntime = "t"\nevent = "e"\n'
        '[tracking]\nstore = "quux://bob:secret@host/runs"\n'
    )
    before = tree(tmp_path)
    said = call("train", "--config", tmp_path / "churnlab.toml", code=4)
    assert "'quux' is unknown" in said and said.count("\n") == 1 and "secret" not in said
    assert tree(tmp_path) == before


def test_what_was_trained_is_kept_where_the_store_breaks(
    community: datasets.Community, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = '[model]\nalgorithm = "lightgbm"\nwhen = false\n[features]\nbuilders = ["Tenure"]\n'
    config = write(tmp_path / "job", community.events, community.users, f"{TOML}\n{toml}")
    with monkeypatch.context() as broken:
        broken.setattr(MlflowStore, "log_files", lambda *given: 1 / 0)
        said = call("train", "--config", config, code=4)
    [kept] = (tmp_path / "job" / "output").glob("run-not-logged-*")
    assert said.count("\n") == 1 and f"is kept in {kept}" in said
    run = open_tracker(Config.read(config)).log_kept(kept)
    done = json.loads(
        call("score", "--as-of", "2026-06-01", "--config", config, "--run", run, "--json")
    )
    assert done["people"] > 50
