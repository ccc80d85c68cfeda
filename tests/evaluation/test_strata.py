"""Figures by how long people have been silent."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.errors import FrameError
from churnlab.evaluation.metrics import auc
from churnlab.evaluation.strata import among_recent, recent_half

rng = np.random.default_rng(0)


def test_the_recent_half_is_half_where_no_days_are_equal() -> None:
    days = rng.permutation(100).astype(float)
    assert recent_half(days).sum() == 50
    assert days[recent_half(days)].max() < days[~recent_half(days)].min()


@pytest.mark.parametrize(
    ("days", "inside"),
    [
        ([1, 1, 1, 2], 3),  # three of four are as far from a half as all four are further
        ([1, 2, 2, 2], 1),  # a quarter is nearer than all
        ([5, 5, 5], 3),  # one value: all or nothing
        ([1, np.nan, np.nan, np.nan], 1),  # never seen is the longest ago
        ([np.nan, np.nan], 2),
        ([], 0),
    ],
)
def test_equal_days_stay_together_and_the_share_is_the_nearest_to_a_half(
    days: list[float], inside: int
) -> None:
    assert recent_half(np.array(days)).sum() == inside


def test_among_recent_judges_every_contender_on_those_rows_alone() -> None:
    days = rng.integers(1, 60, 400).astype(float)
    y = (rng.random(400) < days / 80).astype(float)
    said = {"churnlab": y + rng.random(400), "recency": days}
    users = np.arange(400) // 2
    found = among_recent(said, y, users, days, draws=50).set_index("contender")
    half = recent_half(days)
    for name, p in said.items():
        assert found.loc[name, "value"] == auc(y[half], p[half])
    row = found.loc["recency"]
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference"] == pytest.approx(found.loc["churnlab", "value"] - row["value"])


def test_lengths_that_differ_are_refused() -> None:
    y = np.array([0.0, 1.0])
    with pytest.raises(FrameError, match="last"):
        among_recent({"churnlab": y}, y, np.arange(2), np.ones(3))
