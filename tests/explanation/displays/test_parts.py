"""What the displays of explanations share: language, sizes, colours, scales."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support.explained import AWAY, explained
from support.pictures import cut_off, skip_without_letters

from churnlab import displays
from churnlab.errors import FrameError
from churnlab.explanation.displays.parts import as_numbers, colours, feature, risk_scale, sampled
from churnlab.report.axes import figure_of
from churnlab.report.drawing import new_figure

KINDS = [
    displays.ImportanceDisplay,
    displays.BeeswarmDisplay,
    displays.DependenceDisplay,
    displays.WaterfallDisplay,
    displays.ReasonsDisplay,
]
WHY = explained()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_cut_off_in_small_and_wide_pictures(kind: Any, language: str) -> None:
    skip_without_letters(language)
    for width in (400 / 96, 1400 / 96):
        display = kind.from_explanation(WHY).plot(language=language, width=width)
        assert cut_off(display.ax_) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_display_shows_itself_but_on_axes_of_others(kind: Any) -> None:
    picture, size = kind.from_explanation(WHY)._repr_png_()
    assert picture[:4] == b"\x89PNG"
    assert size["width"] == round(6.4 * 96)
    _, axes = new_figure()
    display = kind.from_explanation(WHY, ax=axes)
    assert display.ax_ is axes
    assert display._repr_png_() is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_of_a_display_names_nobody(kind: Any) -> None:
    assert repr(kind.from_explanation(WHY)) == f"{kind.__name__}()"
    assert repr(WHY) == "Explanation(60 rows, 3 features)"


@pytest.mark.parametrize("kind", KINDS)
def test_the_labels_are_in_the_language(kind: Any) -> None:
    english, chinese = (kind.from_explanation(WHY, language=x).ax_ for x in ("en", "zh"))
    assert english.get_xlabel().isascii()
    assert re.search("[\u4e00-\u9fff]", chinese.get_xlabel())


def test_a_feature_that_is_not_there_is_refused_with_near_names() -> None:
    assert feature(WHY, AWAY) == 0
    with pytest.raises(FrameError, match=f"did you mean '{AWAY}'"):
        feature(WHY, "cadence__since_last_day__all")


def test_rows_are_spread_and_the_last_is_there() -> None:
    assert sampled(5, 100).tolist() == [0, 1, 2, 3, 4]
    found = sampled(10_000, 100)
    assert len(found) == 100
    assert found[-1] == 9999


def test_values_are_coloured_by_rank_and_missing_ones_grey() -> None:
    found = colours(np.array([5.0, np.nan, 1.0, 900.0]))
    low, high = found[2], found[3]
    assert found[0] == pytest.approx((low + high) / 2)
    assert len({tuple(row) for row in found.round(6)}) == 4
    assert np.isfinite(colours(np.full(3, np.nan))).all()
    assert as_numbers(pd.Series([1, 2])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("low", "high", "percents"),
    [
        (-8.0, 8.0, ["0.1%", "2%", "35%", "90%", "99.5%"]),
        (-3.0, -2.9, ["5%"]),
        (0.0, 4.0, ["50%", "80%", "90%", "95%", "98%"]),
    ],
)
def test_marks_of_a_risk_stand_where_they_belong_and_apart(
    low: float, high: float, percents: list[str]
) -> None:
    axes = figure_of(None)[1]
    risk_scale(axes, low, high)
    assert [label.get_text() for label in axes.get_xticklabels()] == percents
    risks = np.array([float(percent.rstrip("%")) / 100 for percent in percents])
    assert axes.get_xticks() == pytest.approx(np.log(risks / (1 - risks)))
    assert axes.get_xlim() == (low, high)


def test_a_scale_without_a_round_percent_is_marked_in_its_middle() -> None:
    axes = figure_of(None)[1]
    risk_scale(axes, 0.1, 0.3)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["55%"]
    assert axes.get_xticks() == pytest.approx([0.2])
