"""Derived measures."""

from __future__ import annotations

import pytest
from support.one_person import of_days, value

from churnlab.errors import ConfigError
from churnlab.features.expression import (
    Sum,
)


@pytest.mark.parametrize(
    "measure", ["gap_over_", "gap_over_x", "days_money", "days_nothing", "weekday_"]
)
def test_a_measure_that_cannot_be_made_is_refused(measure: str) -> None:
    with pytest.raises(ConfigError, match="unknown measure"):
        value(of_days([1]), Sum(measure)[0, 7])
