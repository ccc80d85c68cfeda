"""Forms of figures that several parts of a card share."""

from __future__ import annotations

import pytest

from churnlab.report.cards.words import DASH, figure, span


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_figure_is_a_dash(value: float | None) -> None:
    assert figure(value, ".0%") == DASH and span(value, value, value) == DASH
    assert str(span(0.5, value, value)) == "50%"
