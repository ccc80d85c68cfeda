"""The page of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.pictures import skip_without_letters

from churnlab.weekly.page import page
from churnlab.weekly.record import WeeklyReport
from churnlab.winback.experiments.comparison import example
from churnlab.winback.experiments.saying import OBSERVATIONAL

WEEK = "2026-W17"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_and_says_that_data_is_simulated(
    report: WeeklyReport, language: str
) -> None:
    skip_without_letters(language)
    html = page(report).html(language)
    assert "<script" not in html and "default-src 'none'" in html
    assert ("SIMULATED" if language == "en" else "模拟") in html
    assert "2026-W17" in html and "<svg" in html
    ids = {f"u{i:06d}" for i in range(250)}
    assert not any(user in html for user in ids)


def test_what_was_not_randomised_is_marked_here_too(report: WeeklyReport) -> None:
    found = example()
    effects = replace(found.effects, randomised=False)
    marked = page(replace(report, winback=replace(found, effects=effects))).markdown()
    assert str(OBSERVATIONAL) in marked
    assert str(OBSERVATIONAL) not in page(replace(report, winback=found)).markdown()


def test_the_weeks_that_it_is_compared_with_are_named(report: WeeklyReport) -> None:
    told = page(report).markdown()
    assert "Last week is 2026-W16; a year before is 2025-W17" in told
