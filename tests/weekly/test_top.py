"""The three sentences at the top."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

import churnlab as cl
from churnlab.config.tables import Config
from churnlab.weekly.figures import Figure
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.report import weekly_report
from churnlab.weekly.top import top

WEEK = "2026-W17"


def test_what_was_planted_is_the_second_sentence(report: WeeklyReport) -> None:
    figure = report.figure("push_open_rate")
    assert figure is not None and figure.now == 0 and figure.beyond_last
    first, second, third = (str(words) for words in top(report))
    assert "people were active" in first and "stayed away" in first
    assert second.startswith("pushes opened: 0.0%, down from")
    assert third.startswith("The list holds 6 people")


def test_without_lists_the_core_is_the_third_sentence(community: cl.datasets.Community) -> None:
    log = {"path": "-", "user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    config = Config.of({"log": log, "output": {"folder": "/nowhere"}}, Path("/nowhere"))
    found = weekly_report(config, WEEK, community.log())
    assert found.lists == (None, None)
    assert "core people" in str(top(found)[2])
    assert any("no list was published" in str(note) for note in found.notes)
    assert isinstance(found.figures, tuple) and pd.notna(found.figures[0].now)


def test_one_move_is_the_only_one_and_none_can_be_compared(report: WeeklyReport) -> None:
    moved = Figure("spend", "spend", "money", 3.0, 2.0, last_p=0.01)
    still = Figure("payers", "payers", "share", 0.3, 0.2, last_p=0.4)
    one = replace(report, figures=(report.figures[0], moved, still))
    assert str(top(one)[1]) == "spend: 3, up from 2, the only move beyond chance."
    none = replace(report, figures=(report.figures[0],))
    assert str(top(none)[1]) == "No other measure can be compared with last week."
