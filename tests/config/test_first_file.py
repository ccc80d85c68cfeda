"""`churnlab init`: a file that loads, and from which the first commands run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command import call

from churnlab.config.first_file import write_first
from churnlab.config.tables import Config
from churnlab.demo import datasets
from churnlab.errors import ConfigError

TASKS = Path(__file__).resolve().parents[3] / "shared" / "tasks"
QUICK = (
    "model.algorithm=lightgbm",
    "model.refit=false",
    "model.when=false",
    "card.warning_leads=[]",
)


def ga4(events: pd.DataFrame) -> pd.DataFrame:
    """Events as the export of Google Analytics 4 has them."""
    revenue = [{"purchase_revenue_in_usd": x} for x in events["amount"]]
    return pd.DataFrame(
        {
            "event_date": events["ts"].dt.strftime("%Y%m%d"),
            "event_timestamp": events["ts"].astype("datetime64[us]").astype("int64"),
            "event_name": events["event"],
            "user_pseudo_id": events["user_id"],
            "ecommerce": revenue,
        }
    )


@pytest.mark.parametrize("kind", ["community", "ga4"])
def test_the_first_commands_run_from_the_file(tmp_path: Path, kind: str) -> None:
    events = datasets.make_community(users=150, days=150, seed=2).events
    (ga4(events) if kind == "ga4" else events).to_parquet(tmp_path / "events.parquet")
    config = tmp_path / "churnlab.toml"
    said = json.loads(call("init", tmp_path / "events.parquet", "--config", config, "--json"))
    settings = Config.read(config)
    assert settings.log.preset == ("ga4" if kind == "ga4" else None)
    assert settings.log.path == "events.parquet" and said["people"] == 150
    assert "train first" in call("doctor", "--config", config, "--json", code=4)
    call(*said["next"].split()[1:], "--config", config)
    quick = [word for key in QUICK for word in ("--set", key)]
    trained = json.loads(call("train", "--config", config, *quick, "--json"))
    assert trained["metrics"]["churned_auc"] > 0.6


@pytest.mark.skipif(not TASKS.exists(), reason="../shared/tasks is not there")
@pytest.mark.parametrize(
    "task", ["cdnow", "complete_journey", "donations", "online_retail", "oulad"]
)
def test_public_logs_are_known_by_their_columns(tmp_path: Path, task: str) -> None:
    config = tmp_path / "churnlab.toml"
    call("init", TASKS / task / "events.parquet", "--config", config)
    log = Config.read(config).log
    assert (log.user, log.time, log.event) == ("user_id", "ts", "event")
    assert log.amount == "amount"


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    frame = pd.DataFrame({"u": ["ann"] * 9, "t": pd.date_range("2026-01-01", periods=9), "e": "x"})
    frame.to_csv(tmp_path / "log.csv", index=False)
    config = tmp_path / "churnlab.toml"
    config.write_text("mine")
    words = ("init", tmp_path / "log.csv", "--config", config, "--user", "u", "--time", "t")
    assert "is there already" in call(*words, "--event", "e", code=2)
    assert config.read_text() == "mine"
    call(*words, "--event", "e", "--force", "--option", "timezone=Asia/Tokyo")
    found = Config.read(config).log
    assert (found.user, found.timezone) == ("u", "Asia/Tokyo")
    config.unlink()
    assert "as the user" in call("init", tmp_path / "log.csv", "--config", config, code=2)
    assert "like timezone=UTC" in call(*words, "--event", "e", "--option", "zone", code=2)
    assert "unknown key 'log.zone'" in call(*words, "--event", "e", "--option", "zone=x", code=2)
    assert not config.exists()


def test_somebody_at_a_terminal_is_asked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    at = pd.date_range("2026-01-01", periods=400, freq="6h", tz="UTC")
    frame = pd.DataFrame({"user_id": rng.integers(0, 9, 400), "other_id": rng.integers(0, 9, 400)})
    frame.assign(ts=at, event="open").to_parquet(tmp_path / "log.parquet")
    asked = []

    def ask(question: str, guess: str, known: object) -> str:
        asked.append((question, guess))
        return "other_id" if guess == "user_id" else guess

    write_first(str(tmp_path / "log.parquet"), tmp_path / "c.toml", {}, ask=ask)
    assert ("The column of the user", "user_id") in asked
    assert Config.read(tmp_path / "c.toml").log.user == "other_id"
    with pytest.raises(ConfigError, match="unknown column of the"):
        write_first(str(tmp_path / "log.parquet"), tmp_path / "d.toml", {}, ask=lambda *_: "no")
