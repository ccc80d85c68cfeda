"""The tables of a report: those of its page, in Excel and as plain values."""

from __future__ import annotations

import json
from dataclasses import replace

from churnlab.weekly.page import page
from churnlab.weekly.record import WeeklyReport
from churnlab.weekly.tables import as_dict, tables
from churnlab.winback.experiments.comparison import example


def test_every_table_of_the_page_is_among_them(report: WeeklyReport) -> None:
    whole = replace(report, winback=example())
    found = list(tables(whole))
    shown = page(whole).html().count("<table")
    assert len(found) + 1 == shown  # and that of the figures
    titles = [str(each.title) for each in found]
    assert "Who is at risk" in titles and "Before the assignment" in titles


def test_plain_values_hold_what_the_page_says(report: WeeklyReport) -> None:
    said = json.loads(json.dumps(as_dict(replace(report, winback=example(), currency="€"))))
    assert said["compared"] == {"last": "2026-W16", "year": "2025-W17"}
    assert (said["currency"], said["lists"]["now"]["people"]) == ("€", 6)
    tiers = said["lists"]["now"]["tiers"]
    assert sum(row["people"] for row in tiers) == 6
    newest = said["life_cycle"]["table"][-1]
    assert newest["active"] == said["figures"][0]["now"]
    assert said["winback"]["effects"] and said["grades"] == []
