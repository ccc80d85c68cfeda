"""The parts that plots are made of: letters of any language, and marks of days."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.dates import date2num

from churnlab.report import drawing, plots


def test_a_character_without_a_font_is_written_as_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawing, "fonts", lambda: ["DejaVu Sans"])
    assert plots.drawable("渠道 ok") == "\\u6e20\\u9053 ok"
    assert plots.png(plots.signals(pd.Series({"渠道": 0.4})))[1:4] == b"PNG"


def test_chinese_is_drawn_by_an_installed_font() -> None:
    if len(drawing.fonts()) == 1:
        pytest.skip("no font with Chinese letters is installed")
    assert plots.drawable("渠道") == "渠道"


@pytest.mark.parametrize(
    ("days", "marked"),
    [
        (1, [0]),
        (20, [0, 3, 6, 9, 12, 15, 18]),
        (400, [0, 59, 120, 181, 243, 304, 365]),  # the first of every other month
    ],
)
def test_days_have_few_marks_and_none_within_a_day(days: int, marked: list[int]) -> None:
    shown = pd.Series(pd.date_range("2026-01-01", periods=days))
    figure, axes = drawing.new_figure()
    axes.bar(shown, 1.0, width=1.0)
    drawing.mark_days(axes, shown)
    figure.draw_without_rendering()
    shown_from = date2num(shown[0])
    assert [mark - shown_from for mark in axes.get_xticks()] == marked


def test_months_are_named_in_english_and_numbered_elsewhere() -> None:
    days = pd.Series(pd.date_range("2026-06-29", periods=9))
    marks = {}
    for language in ("en", "zh"):
        figure, axes = drawing.new_figure()
        axes.plot(days, range(9))
        drawing.mark_days(axes, days, language)
        figure.draw_without_rendering()
        named = [mark.get_text() for mark in axes.get_xticklabels()]
        marks[language] = (named, axes.xaxis.get_offset_text().get_text())
    assert "Jul" in marks["en"][0] and "2026-07" in marks["zh"][0]
    assert (marks["en"][1], marks["zh"][1]) == ("2026-Jul", "2026-07")


@pytest.mark.parametrize("place", ["above", "beside"])
def test_a_long_name_in_a_legend_is_cut_and_pushes_nothing_off_the_figure(place: str) -> None:
    figure, axes = drawing.new_figure()
    for name in ("ads", "the society of friends of good paper and of fine nibs", "cost"):
        axes.plot([0, 1], label=name)
    if place == "above":
        drawing.legend_above(figure, 3)
    else:
        drawing.legend_beside(axes, 3)
    legend = figure.legends[0] if place == "above" else axes.get_legend()
    said = [text.get_text() for text in legend.get_texts()]
    assert said == ["ads", "the society of friends of g…", "cost"]
    figure.draw_without_rendering()
    if place == "above":
        assert legend.get_window_extent().x1 <= figure.bbox.x1
