"""Panels: each chart with its title, side by side on a page."""

from __future__ import annotations

from churnlab.report.cards.blocks import Chart
from churnlab.report.document import Section
from churnlab.report.drawing import new_figure
from churnlab.report.page import Page
from churnlab.report.panels import Panels


def test_a_page_has_each_chart_under_its_title() -> None:
    charts = tuple(
        (f"title {i}", Chart(lambda language: new_figure()[0], f"alt {i}")) for i in (1, 2)
    )
    shown = Page("t", "", "", (Section("s", (Panels(charts),)),))
    html = shown.html()
    assert html.count("<svg") == 2 and html.index("title 1") < html.index("title 2")
    assert 'aria-label="alt 2"' in html and "alt 1" in shown.markdown()
