"""The command value: its parts, JSON, a page, errors in one line; training without robots."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pandas as pd
import pytest
from typer.testing import CliRunner

import churnlab as cl
from churnlab.cli import app
from churnlab.training.preparation import read_everybody, snapshot_days

RUN = CliRunner()


@cache
def folder() -> Path:
    """A community with robots, its users, devices and costs, and a configuration."""
    place = Path(mkdtemp())
    made = cl.datasets.make_community(users=250, days=100, seed=1, bots=24)
    made.events.to_parquet(place / "events.parquet")
    made.users.to_parquet(place / "users.parquet")
    made.devices.to_csv(place / "devices.csv", index=False)
    costs = pd.DataFrame(
        {"channel": ["ads", "tv"], "period": ["2026-02", "2026-03"], "cost": [500, 80]}
    )
    costs.to_csv(place / "costs.csv", index=False)
    roles = "\n".join(f"{role} = {names}" for role, names in made.roles.items())
    (place / "churnlab.toml").write_text(
        'currency = "¥"\n[log]\npath = "events.parquet"\nuser = "user_id"\ntime = "ts"\n'
        'event = "event"\namount = "amount"\ntimezone = "Asia/Shanghai"\nusers = "users.parquet"\n'
        f'until = 2026-04-11\n[log.roles]\n{roles}\n[value]\ncosts = "costs.csv"\n'
        '[traffic]\ndevices = "devices.csv"\nleave_out = true\n[features]\n'
        'builders = ["LoginIntervals", "SessionShortening", "SpendDecline", "Tenure"]\n'
        "[model]\nwhen = false\n[target]\nltv_horizon = 30\n"
    )
    return place


def called(*words: str) -> object:
    return RUN.invoke(app, ["value", *words, "--config", str(folder() / "churnlab.toml")])


def test_all_parts_are_told_as_json_and_as_a_page(tmp_path: Path) -> None:
    page = tmp_path / "value.html"
    done = called("--json", "--html", str(page))
    assert done.exit_code == 0, done.output
    clusters, channels, traffic = json.loads(done.stdout)
    assert clusters["clusters"] >= 1 and clusters["currency"] == "¥"
    costs = {row["channel"]: row["cost"] for row in channels["by_channel"]}
    assert costs["ads"] == pytest.approx(500) and costs["tv"] == pytest.approx(80)
    assert traffic["flagged"] == 24
    html = page.read_text()
    assert "High-value people" in html and "Traffic that looks automated" in html
    assert "<h1>Value of people and channels</h1>" in html


def test_a_part_alone_is_told_in_words() -> None:
    done = called("traffic", "--as-of", "2026-03-20")
    assert done.exit_code == 0, done.output
    assert "== Traffic that looks automated, before 2026-03-20" in done.stdout


def test_an_unknown_part_is_a_wrong_call() -> None:
    done = called("chanels")
    assert done.exit_code == 2 and "unknown part of value 'chanels'" in done.output


def test_training_leaves_robots_out_and_counts_them() -> None:
    from churnlab.training.preparation import build

    config = cl.Config.read(folder() / "churnlab.toml")
    activity = read_everybody(config)
    targets = config.targets(activity.has_money)
    said: list[str] = []
    days = snapshot_days(config, activity, targets)[-1:]
    data = build(config, activity, days, targets, said.append)
    assert data.counts["automated traffic"] > 0
    assert any("automated traffic" in line for line in said)
    assert not data.X.index.get_level_values("user_id").str.startswith("r").any()
