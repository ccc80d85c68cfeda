"""The report of a week: what it holds, from a log, from a store, with lists and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import call

from churnlab.config.tables import Config
from churnlab.errors.nothing import NothingToDo
from churnlab.weekly.page import page
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.report import as_dict, weekly_report

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
