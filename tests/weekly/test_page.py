"""The page of a report."""

from __future__ import annotations

import pytest
from support.pictures import skip_without_letters

from churnlab.weekly.page import page
from churnlab.weekly.record import WeeklyReport

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
