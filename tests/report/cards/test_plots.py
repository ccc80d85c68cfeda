"""Charts of a card: all of its record is drawn, in words of the language."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.card_records import level, record

from churnlab.report.cards import plots as card_plots
from churnlab.report.drawing import svg

PLOTS = ("contact", "calibration", "strata", "themes", "worth")


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_is_drawn_in_each_language(name: str, language: str) -> None:
    drawn = svg(getattr(card_plots, name)(record(), language))
    assert len(drawn) < 60_000 and drawn.count("<text") > 3


def test_the_points_of_the_calibration_are_those_of_the_record() -> None:
    axes = card_plots.calibration(record()).axes[0]
    dots = np.asarray(axes.collections[-1].get_offsets())
    assert dots.tolist() == [[v.told, v.left] for v in record().levels]
    assert axes.get_xlim()[1] >= max(v.told for v in record().levels)


def test_marks_on_the_root_scale_do_not_stand_on_each_other() -> None:
    low = record(levels=tuple(level(0.001 * i, 0.001 * i) for i in range(10)))
    for given in (low, record()):
        axes = card_plots.calibration(given).axes[0]
        marks = np.sqrt(sorted(axes.get_xticks()))
        assert np.diff(marks).min() > 0.06 * np.sqrt(axes.get_xlim()[1])


def test_lines_end_where_the_record_ends_and_unknown_ones_are_left_out() -> None:
    axes = card_plots.contact(record()).axes[0]
    assert [line.get_label() for line in axes.lines] == [
        "the model",
        "the best simple rule",
        "days since last seen",
        "at random",
    ]
    assert axes.lines[0].get_ydata()[-1] == record().reach[-1].found
    bare = record(reach=tuple(replace(r, recency=None, best=None) for r in record().reach))
    assert len(card_plots.contact(bare).axes[0].lines) == 2


def test_a_name_with_a_dollar_is_no_formula() -> None:
    odd = record(themes=(replace(record().themes[0], says="a $x$ b" + " long" * 20),))
    assert "a $x$ b" in svg(card_plots.themes(odd))
