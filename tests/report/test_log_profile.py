"""The profile as a page and as text: nothing is run, nothing is cut off, all letters show."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import churnlab as cl
from churnlab.events.log_profile import LogProfile
from churnlab.report.log_profile import REASONS, page, sparkline, text

HOSTILE = "<script>alert(1)</script> | 签到\n\x1b[2J[bold]"


def profile(names: list[str], days: list[str] | None = None, **more: object) -> LogProfile:
    times = pd.to_datetime(days or ["2026-03-01"] * len(names))
    frame = pd.DataFrame({"u": "ann", "t": times, "e": names, "a": 2.5})
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    return cl.EventLog.from_frame(frame, **columns, **more).profile()


def test_names_show_and_run_nothing() -> None:
    found = profile([HOSTILE, "open"], amount="a")
    html = found.html()
    assert "<script>" not in html and "&lt;script&gt;" in html and "签到" in html
    assert not re.search(r"(src|href)=\"(?!data:)", html)
    notebook = found._repr_html_()
    assert notebook.startswith("<iframe sandbox srcdoc=") and "<script>" not in notebook
    shown = repr(found)
    assert "签到" in shown and "[bold]" in shown and "\x1b" not in shown
    assert "\\x1b[2J" in shown


@pytest.mark.parametrize("width", [40, 100, 160])
def test_text_fits_its_width(width: int) -> None:
    community = cl.datasets.make_community(users=50, days=60).log().profile()
    shown = text(community, width)
    assert max(map(cell_len, shown.splitlines())) <= max(width, 58)
    for words in ("people  ", "events by day, 2026-01-01 to 2026-03-01", "Roles", "Money by month"):
        assert words in shown


def test_a_weekday_that_is_always_empty_is_one_line() -> None:
    days = [d for d in pd.date_range("2026-01-01", "2026-03-31") if d.day_of_week != 6]
    named = [str(d.date()) for d in days if str(d.date()) not in ("2026-02-03", "2026-02-04")]
    lines = profile(["open"] * len(named), named).text().splitlines()
    assert [line for line in lines if line.startswith("- ")] == [
        "- no event on 13 of 13 Sundays",
        "- no event from 2026-02-03 to 2026-02-04",
    ]


def test_many_gaps_are_cut_to_the_longest() -> None:
    rng = np.random.default_rng(0)
    days = sorted(
        {str(d.date()) for d in pd.date_range("2024-01-01", "2026-01-01")[rng.random(732) < 0.6]}
    )
    found = profile(["open"] * len(days), days)
    lines = [line for line in found.text().splitlines() if line.startswith("- ")]
    assert len(lines) == 13 and lines[-1] == f"- and {len(found.gaps) - 12} more gaps"


def test_many_names_are_cut_to_the_most_frequent() -> None:
    shown = profile([f"n{i:03}" for i in range(45)] + ["n044"], roles={"open": ["n000"]}).text()
    assert "n044" in shown and "n040" not in shown and "and 14 more names" in shown


def test_every_reason_has_words() -> None:
    log = cl.datasets.make_community(users=30, days=40).log()
    assert log.counts.keys() <= REASONS.keys()
    titles = [str(section.title) for section in page(profile(["open"])).sections]
    assert titles[0] == "At a glance" and "Money by month" not in titles
    assert "Nothing was set aside." in profile(["open"]).text()
    assert "Every event name has a role." in profile(["open"]).text()


@given(st.lists(st.integers(0, 10**9), min_size=1), st.integers(1, 50))
def test_bars_fit_and_a_blank_means_nothing_at_all(values: list[int], width: int) -> None:
    bars = sparkline(np.array(values), width)
    assert len(bars) == min(width, len(values))
    parts = np.array_split(np.array(values), len(bars))
    assert [bar == " " for bar in bars] == [not part.any() for part in parts]
