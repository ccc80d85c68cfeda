"""ImportanceDisplay: themes and features, the largest on top."""

from __future__ import annotations

import pytest
from support.explained import explained

from churnlab.explanation.displays.importance import ImportanceDisplay
from churnlab.report.drawing import drawable

WHY = explained()


def test_themes_are_named_in_words_and_the_largest_stands_on_top() -> None:
    display = ImportanceDisplay.from_explanation(WHY)
    assert display.names()[0] == "Comes less often, or no longer"
    assert display.names("zh")[0] == drawable("登录变少或不再登录")
    bars = [bar.get_width() for bar in display.ax_.patches]
    assert bars == sorted(bars, reverse=True)
    assert bars[0] == pytest.approx(WHY.themes()["silence"].abs().mean())
    assert display.ax_.yaxis_inverted()


def test_features_are_as_many_as_asked_for() -> None:
    display = ImportanceDisplay.from_explanation(WHY, by="feature", top=2)
    assert display.values.index.tolist() == WHY.importance()["name"].head(2).tolist()
    assert display.names() == WHY.importance()["what"].head(2).tolist()
