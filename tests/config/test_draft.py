"""The draft of a configuration: it loads, marks its guesses, and leaves enough to learn."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from churnlab.config.draft import GUESS, draft, horizon_of
from churnlab.config.guessed import Shape
from churnlab.config.tables import Config
from churnlab.demo import datasets


@pytest.mark.parametrize("days", [60, 170])
def test_a_draft_loads_and_marks_what_is_guessed(tmp_path: Path, days: int) -> None:
    datasets.make_community(users=60, days=days, seed=1).events.to_parquet(tmp_path / "e.parquet")
    chosen = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    shape = Shape("e.parquet", tuple(chosen.values()), chosen, frozenset({"event"}))
    found = draft(shape, {"timezone": "Asia/Shanghai"}, f"{tmp_path}/")
    config = Config.of(tomllib.loads(found.text), tmp_path)
    lines = {line.split(" = ")[0]: line for line in found.text.splitlines()}
    assert GUESS in lines["event"] and GUESS not in lines["user"]
    assert (
        GUESS in lines["churn_horizon"]
        and GUESS
        in lines["[log.roles]  # what the events mean, by their names alone; a guess: correct it"]
    )
    assert config.log.roles["push_sent"] == ["push_sent"] and config.log.timezone == "Asia/Shanghai"
    assert config.target.churn_horizon in (7, 14, 30) and config.target.ltv_horizon <= days // 4
    assert (found.first_day, found.last_day) == tuple(
        found.profile.facts[name] for name in ("first_day", "last_day")
    )


def test_a_horizon_is_longer_than_the_usual_gap() -> None:
    import churnlab as cl

    at = pd.to_datetime([f"2025-{m:02d}-01" for m in range(1, 13)]).tz_localize("UTC")
    frame = pd.DataFrame({"u": "ann", "t": at, "e": "open"})
    monthly = cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily()
    assert horizon_of(monthly) == 30  # two gaps are 62 days; a sixth of the log allows 30
