"""Decayed sums, against powers of two."""

from __future__ import annotations

import numpy as np
import pytest
from support.one_person import T, features, of_days, value

from churnlab.features.expression import Decayed


def test_decayed_sums_halve_with_each_half_life_and_end_at_the_window() -> None:
    activity = of_days([T - 1 - 7 * k for k in range(12)])
    for half_life in (3, 7, 90):
        ages = [a for a in range(1, 1 + 7 * 12, 7) if a <= 8 * half_life]
        assert value(activity, Decayed("active", half_life)) == pytest.approx(
            np.exp2(-np.array(ages) / half_life).sum(), rel=1e-12
        )
    assert Decayed("acts", 90).window == 364
    trend = features(activity, "DecayedActivity")["decay__active_days_trend_30_90__364d"]
    assert (
        trend
        > 0
        > features(activity, "DecayedActivity", T + 60)["decay__active_days_trend_30_90__364d"]
    )
