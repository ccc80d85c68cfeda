"""DependenceDisplay: value against push, missing values apart, categories by name."""

from __future__ import annotations

import numpy as np
import pytest
from support.explained import AWAY, CHANNEL, ORDERS, explained

from churnlab.errors import FrameError
from churnlab.explanation.displays.dependence import DependenceDisplay

WHY = explained()


def test_the_most_important_feature_is_drawn_unless_one_is_named() -> None:
    display = DependenceDisplay.from_explanation(WHY)
    assert display.name == AWAY
    points = np.asarray(display.ax_.collections[0].get_offsets())
    assert points[:, 0].tolist() == WHY.X[AWAY].tolist()
    assert points[:, 1].tolist() == WHY.values[AWAY].tolist()


def test_rows_without_a_value_stand_apart_on_the_left() -> None:
    display = DependenceDisplay.from_explanation(WHY, ORDERS, coloured=AWAY)
    x = np.asarray(display.ax_.collections[0].get_offsets())[:, 0]
    lacking = WHY.X[ORDERS].isna().to_numpy()
    assert lacking.any()
    assert x[lacking].max() < x[~lacking].min()
    assert [t.get_text() for t in display.ax_.texts] == ["not known"]


def test_categories_are_named() -> None:
    display = DependenceDisplay.from_explanation(WHY, CHANNEL)
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["ads", "organic"]


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises(FrameError, match="the explanation lacks"):
        DependenceDisplay.from_explanation(WHY, "nothing")
