"""winback experiment, size and stated: what they print, and the codes that they end with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command import call
from support.planted import planted

from churnlab.winback.targeting.policy_file import PolicyFile


@pytest.fixture
def config(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    arm = rng.integers(0, 3, 3000)
    kept = rng.random(3000) < np.array([0.3, 0.42, 0.3])[arm]
    frame = pd.DataFrame({"user_id": range(3000), "kept": kept})
    frame["treatment"] = np.array(["none", "gift", "call"])[arm]
    frame["tier"], frame["age"] = rng.choice(["core", "fading"], 3000), rng.normal(30, 8, 3000)
    frame.to_parquet(tmp_path / "people.parquet")
    path = tmp_path / "churnlab.toml"
    path.write_text(
        '[winback]\ntable = "people.parquet"\ncolumns = ["kept"]\nstage = "tier"\nknown = ["age"]\n'
    )
    return path


def test_an_experiment_in_words_and_tables_as_json_and_as_a_page(config: Path) -> None:
    said = call("winback", "experiment", "--config", config)
    assert said.startswith("call: kept ") and "By stage" in said and "better, beyond chance" in said
    page = config.parent / "page.html"
    told = json.loads(call("winback", "experiment", "--config", config, "--json", "--html", page))
    rows = {row["treatment"]: row for row in told["effects"]}
    assert rows["gift"]["verdict"] == "better" and rows["call"]["verdict"] == "unclear"
    assert len(told["by_stage"]) == 4 and told["balance"]["p"] > 0.001
    assert "<html" in page.read_text() and "What was found" in page.read_text()
    zh = call("winback", "experiment", "--config", config, "--set", "lang=zh")
    assert "变好，超出随机波动" in zh


def test_an_experiment_that_was_not_randomised_ends_with_3_in_one_line(config: Path) -> None:
    frame = pd.read_parquet(config.parent / "people.parquet")
    frame["age"] += 8.0 * (frame["treatment"] == "gift")
    frame.to_parquet(config.parent / "people.parquet")
    said = call("winback", "experiment", "--config", config, code=3)
    assert "not drawn at random" in said and said.count("\n") == 1
    words = ("--set", "winback.randomised=false")
    assert call("winback", "experiment", "--config", config, *words).startswith("Observational")


def test_the_size_of_the_next_test() -> None:
    words = ("winback", "size", "--difference", "0.01", "--control", "0.1")
    assert json.loads(call(*words, "--json"))["all"] == 29_502
    assert "29,502 people are needed" in call(*words)
    assert "give " in call("winback", "size", "--difference", "0.01", code=2)
    mean = call("winback", "size", "--difference", "0.5", "--sd", "1", "--json")
    assert json.loads(mean)["treated"] == 64


def test_wrong_calls_end_with_2(config: Path) -> None:
    assert "[log]" in call("winback", "stated", "--config", config, code=2)
    call("winback", "experiment", "--config", config.parent / "none.toml", code=2)


@pytest.fixture
def planted_config(tmp_path: Path) -> Path:
    made = planted(6000, seed=1)
    names = np.array(["none", *made.trial.arms], object)
    frame = made.X.assign(user_id=np.arange(6000), kept=made.trial.y, stage=made.stage)
    frame["treatment"] = names[made.trial.w]
    frame["cost"] = np.array([0.0, 4.0, 1.0, 0.1])[made.trial.w]
    frame.to_parquet(tmp_path / "people.parquet")
    path = tmp_path / "churnlab.toml"
    path.write_text(
        '[winback]\ntable = "people.parquet"\ncolumns = ["kept"]\nstage = "stage"\n'
        'known = ["silent_days"]\n'
    )
    return path


def test_a_policy_in_words_as_json_as_a_page_and_for_a_list(planted_config: Path) -> None:
    folder = planted_config.parent
    words = ("winback", "policy", "--config", planted_config)
    said = call(*words, "--out", folder / "policy.toml", "--html", folder / "page.html")
    assert said.startswith("The policy treats") and "By group and treatment" in said
    file = PolicyFile.read(folder / "policy.toml")
    assert {rule.stage: rule.treatment for rule in file.rules}["fading"] == "gift"
    assert file.control == 0.1 and file.budget is None
    assert "What each budget brings" in (folder / "page.html").read_text()
    told = json.loads(call(*words, "--budget", "0", "--people", "100", "--json"))
    assert told["treated_share"] == 0 and told["budget_for_people"] == 100
    assert "budget is -1.0" in call(*words, "--budget", "-1", code=2)


def test_a_policy_without_costs_or_stages_says_what_is_missing(config: Path) -> None:
    said = call("winback", "policy", "--config", config, code=3)
    assert "cost of" in said and said.count("\n") == 1
    plain = ("--set", "winback.stage=")
    assert "says no stage" in call("winback", "policy", "--config", config, *plain, code=3)
