"""What a report holds."""

from __future__ import annotations

from churnlab.weekly.record import WeeklyReport

WEEK = "2026-W17"


def test_who_came_and_went_explains_the_active_people(report: WeeklyReport) -> None:
    came, active = report.came_and_went(), report.figure("active")
    assert came is not None and active is not None
    assert came["new"] + came["returning"] + came["resurrected"] == active.now
    assert active.last - came["dormant"] == came["returning"]
