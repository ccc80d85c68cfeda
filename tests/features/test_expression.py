"""Arithmetic over cells, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_person import of_days, value

from churnlab.features.expression import (
    lift,
    slope,
)


def test_a_slope_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    for n in (2, 4, 13):
        x = rng.normal(size=n)
        mine = value(of_days([1]), slope([lift(v) for v in x]))
        assert mine == pytest.approx(np.polyfit(-np.arange(n), x, 1)[0], rel=1e-9)
