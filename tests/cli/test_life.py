"""The commands tiers and tags, from a configuration to tables, JSON, a page and a file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from support.command import TOML, call, write

import churnlab as cl

TAGS = """
[[tags]]
name = "夜猫子"
when = "night[28] / acts[28] > 0.05"
[[tags]]
name = "keen"
when = "active[28] >= 20"
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    community = cl.datasets.make_community(users=100, days=130, seed=1)
    folder = tmp_path_factory.mktemp("life")
    return write(folder, community.events, community.users, TOML + TAGS)


def test_tiers_and_moves(config: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "tiers.parquet", tmp_path / "tiers.html"
    where = ("--as-of", "2026-03-20", "--config", config)
    found, moved = json.loads(call("tiers", *where, "--json", "--out", out, "--html", page))
    people = sum(row["people"] for row in found["table"])
    assert people == len(pd.read_parquet(out)) > 80
    assert len(moved["table"]) == 42
    html = page.read_text()
    assert "Stages of life on 2026-03-20" in html and "<script src" not in html
    text = call("tiers", *where)
    assert "Moves between stages of life, 2026-03-20 to 2026-04-17" in text and "core" in text


def test_moves_that_lie_ahead_are_left_out(config: Path) -> None:
    (found,) = json.loads(call("tiers", "--as-of", "2026-05-05", "--config", config, "--json"))
    assert found["table"][0]["churn"] is None
    assert "No moves: moves up to the morning of 2026-06-02 are not known" in found["notes"][-1]


def test_thresholds_from_the_log(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "churnlab.toml"
    text = config.read_text().replace('path = "events', f'path = "{config.parent}/events')
    text = text.replace('users = "users', f'users = "{config.parent}/users')
    other.write_text(text + "\n[tiers]\nfrom_log = true\n")
    where = ("--as-of", "2026-03-20", "--json", "--config")
    fixed, chosen = (json.loads(call("tiers", *where, each)) for each in (config, other))
    core = [
        [row["people"] for row in f[0]["table"] if row["tier"] == "core"] for f in (fixed, chosen)
    ]
    assert core[0] > core[1]


def test_tags_in_any_script(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "tags.parquet"
    where = ("--as-of", "2026-03-20", "--config", config)
    (found,) = json.loads(call("tags", *where, "--json", "--out", out))
    assert [row["tag"] for row in found["table"]] == ["夜猫子", "keen"]
    who = pd.read_parquet(out)
    assert who["keen"].sum() == found["table"][1]["people"] > 0
    assert "夜猫子" in call("tags", *where)


def test_what_cannot_be_is_told_with_its_exit_code(config: Path) -> None:
    assert "needs 56 days" in call("tiers", "--as-of", "2026-01-20", "--config", config, code=3)
    bad = config.with_name("bad.toml")
    bad.write_text(config.read_text().replace("active[28] >= 20", "active[28] > 28"))
    said = call("tags", "--as-of", "2026-03-20", "--config", bad, code=2)
    assert "tag 'keen': nobody can meet" in said


def test_a_log_on_spark_is_refused_before_it_is_read(config: Path) -> None:
    pytest.importorskip("pyspark")
    for command in ("retention", "funnel", "tiers", "tags"):
        day = ("--as-of", "2026-03-20") if command in ("tiers", "tags") else ()
        steps = ("--set", 'funnel.steps=["open", "social"]', "--set", "log.path=nowhere.parquet")
        told = (command, *day, "--config", config, "--set", "engine=spark", *steps)
        said = call(*told, code=2)
        assert "on one machine" in said and 'engine = "local"' in said
