"""Weeks by their names, those beside them, and weeks that are not over."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.errors.nothing import NothingToDo
from churnlab.schema.days import day_number
from churnlab.weekly.week import Week


@given(st.dates(date(1975, 1, 6), date(2200, 1, 1)))
def test_names_are_those_of_iso_8601_and_lead_back(day: date) -> None:
    year, number, _ = day.isocalendar()
    week = Week.of(f"{year}-W{number:02d}")
    assert str(week) == f"{year}-W{number:02d}" and day.isoformat() in week.days
    assert week.days[0] == date.fromisocalendar(year, number, 1).isoformat()
    assert week.last.end == week.first and week.year_before.first == week.first - 364


@pytest.mark.parametrize(
    "name", ["2026-47", "2026-W00", "2026-W54", "2025-W53", "2026-W7", "", "x"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="a week like 2026-W47"):
        Week.of(name)


def test_a_week_that_is_not_over_is_nothing_to_do() -> None:
    week, monday = Week.of("2026-W47"), day_number("2026-11-23")
    week.check_over(monday)
    with pytest.raises(NothingToDo, match="ends on 2026-11-22 and the log on 2026-11-21") as said:
        week.check_over(monday - 1)
    assert said.value.exit_code == 99
