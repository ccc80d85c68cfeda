"""The report of a week: what it holds, from a log, from a store, with lists and without."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command import call

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.errors.nothing import NothingToDo
from churnlab.weekly.page import page
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.report import weekly_report
from churnlab.weekly.tables import as_dict
from churnlab.weekly.top import top

WEEK = "2026-W17"


def test_a_later_log_gives_the_same_report(config: Path, report: WeeklyReport) -> None:
    """What was known on the morning after the week: later days change nothing."""
    settings, end = Config.read(config), report.week.end
    short = settings.as_of(end)
    again = weekly_report(short, WEEK)
    assert json.dumps(as_dict(again)) == json.dumps(as_dict(report))


def test_a_store_gives_the_same_figures(config: Path, report: WeeklyReport) -> None:
    stored = config.with_name("stored.toml")
    stored.write_text(config.read_text() + '\n[store]\nfolder = "store"\n')
    days = ("--since", "2026-01-02", "--day", "2026-05-05")
    call("update", *days, "--config", stored)
    found = weekly_report(Config.read(stored), WEEK)
    for one, other in zip(found.figures, report.figures, strict=True):
        if one.name in ("active", "came_back", "stickiness", "push_open_rate", "spend", "social"):
            assert one.now == pytest.approx(other.now), one.name


def test_a_week_that_is_not_over(config: Path) -> None:
    with pytest.raises(NothingToDo):
        weekly_report(Config.read(config), "2026-W21")
    assert "is not over" in call("report", "--week", "2026-W21", "--config", config, code=99)


def test_channels_stand_in_it_where_their_costs_are_named(config: Path) -> None:
    costs = config.with_name("costs.csv")
    costs.write_text("channel,period,cost\nads,2026-02,70\n")
    priced = config.with_name("priced.toml")
    priced.write_text(config.read_text() + '\n[value]\ncosts = "costs.csv"\n')
    found = weekly_report(Config.read(priced), WEEK)
    assert "channels" in as_dict(found)
    assert "ads" in page(found).html()


def forum(days: int, seed: int = 1) -> pd.DataFrame:
    """A small forum without money that is shut on Sundays, from Monday 2026-03-02 on."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2026-03-02 12:00")
    rows = [
        (f"m{person}", start + pd.Timedelta(days=day), "post")
        for person in range(30)
        for day in range(days)
        if day % 7 < 6 and rng.random() < 0.4
    ]
    return pd.DataFrame(rows, columns=["who", "at", "what"])


def of_forum(frame: pd.DataFrame, week: str, **tables: object) -> WeeklyReport:
    log = {"path": "-", "user": "who", "time": "at", "event": "what", "timezone": "UTC"}
    config = Config.of({"log": log, "output": {"folder": "/nowhere"}, **tables}, Path("/nowhere"))
    del log["path"]
    return weekly_report(config, week, cl.EventLog.from_frame(frame, **log))


def test_a_week_whose_last_day_was_quiet_is_over_when_the_log_goes_on() -> None:
    frame = forum(36)
    found = of_forum(frame, "2026-W13")
    day = frame["at"].dt.normalize()
    inside = day.between("2026-03-23", "2026-03-29")
    assert (
        day.max() > pd.Timestamp("2026-03-29") and frame.loc[inside, "at"].dt.day_of_week.max() == 5
    )
    active = found.figure("active")
    assert active is not None and active.now == frame.loc[inside, "who"].nunique()
    with pytest.raises(NothingToDo):
        of_forum(frame[day < "2026-03-29"], "2026-W13")


def test_a_log_of_five_weeks_has_a_report_without_the_parts_that_need_more() -> None:
    found = of_forum(forum(36), "2026-W14")
    assert found.figure("core") is None and set(found.results) == {"retention", "nodes"}
    notes = [str(note) for note in found.notes]
    assert any(n.startswith("Stages of life: left out. a tier on the morning") for n in notes)
    assert "first time in this young log" in str(top(of_forum(forum(36), "2026-W11"))[0])
    assert "this young log" not in page(found).markdown()


def test_an_experiment_that_was_not_over_in_the_week_is_left_out(tmp_path: Path) -> None:
    """Its outcomes came later: the report of an old week must not know them."""
    table = pd.DataFrame({"who": [f"m{i}" for i in range(80)], "treatment": [None, "note"] * 40})
    for week, day in (("2026-W13", "2026-03-25"), ("2026-W14", "2026-03-20")):
        table.assign(time=day).to_csv(tmp_path / "test.csv", index=False)
        winback = {"table": str(tmp_path / "test.csv"), "user": "who", "window": 7, "silence": []}
        winback["strangers"] = "silent"
        found = of_forum(forum(70), week, winback=winback)
        notes = "; ".join(map(str, found.notes))
        assert (found.winback is None) == (week == "2026-W13"), notes
        assert ("What treatments did: left out. the 7 days after" in notes) == (week == "2026-W13")
