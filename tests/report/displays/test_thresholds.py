"""ThresholdsDisplay: the lines, and money where a value was given."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.report.displays.thresholds import ThresholdsDisplay

Y, P = np.tile([0.0, 0, 1], 20), np.linspace(0.01, 0.9, 60)


def test_money_is_drawn_only_where_it_is_known() -> None:
    without = ThresholdsDisplay.from_predictions(Y, P)
    assert without.best is None
    assert len(without.figure_.axes) == 1
    assert len(without.figure_.legends[0].get_texts()) == 3
    priced = ThresholdsDisplay.from_predictions(Y, P, value=100, contact=2, incentive=5)
    assert len(priced.figure_.axes) == 2
    assert len(priced.figure_.legends[0].get_texts()) == 4
    best = priced.best
    assert best is not None
    assert best["profit"] == priced.table["profit"].max()


def test_costs_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="contact is -1"):
        ThresholdsDisplay.from_predictions(Y, P, value=100, contact=-1)
