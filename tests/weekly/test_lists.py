"""Lists of the mornings after a week."""

from __future__ import annotations

from pathlib import Path

from churnlab.config.tables import Config
from churnlab.weekly.lists import lists_of
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.week import Week

WEEK = "2026-W17"


def test_lists_are_those_of_the_seven_mornings_after(report: WeeklyReport, config: Path) -> None:
    now, last = report.lists
    assert now is not None and last is not None
    assert (now.as_of, now.nights, now.people) == ("2026-04-27", 2, 6)
    assert (last.as_of, last.nights, last.people) == ("2026-04-16", 1, 5)
    folder = Config.read(config).path("output")
    assert lists_of(folder, Week.of("2026-W18")) is None
    assert now.tiers["people"].sum() == 6
