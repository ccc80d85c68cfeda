"""The feature kernel on made-up rows, against the oracle's cells; the whole default set is in test_oracle."""

from __future__ import annotations

import math

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.histories import activity_of, carry_of, days_of_people

import churnlab as cl
from churnlab.dataset.compute import compute
from churnlab.features.expression import (
    GapsBeyond,
    LatestIn,
    Longest,
    LongestIn,
    MedianIn,
    Recent,
    Since,
    SinceFirst,
    SlopeIn,
    Sum,
)
from churnlab.kernels.units import NO_DAY

CELLS = {
    "sum": Sum("acts")[0, 9],
    "all": Sum("gap_sq")[0, None],
    "since": Since("acts"),
    "since_first": SinceFirst("active"),
    "recent": Recent("gap", 1),
    "longest": Longest("gap"),
    "longest_in": LongestIn("acts", 12),
    "latest_in": LatestIn("gap", 12),
    "beyond": GapsBeyond(2, 30),
    "median_in": MedianIn("gap", 30),
    "median_of_acts": MedianIn("acts", 12),
    "slope_in": SlopeIn("gap", 30),
    "slope_of_acts": SlopeIn("acts", 12),
}


class Cells(cl.FeatureBuilder):
    """Each cell as a feature."""

    signal = "cell"

    def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
        for name, cell in CELLS.items():
            yield cl.Feature(f"cell__{name}__all", cell, "x", "{value:.0f}")


FEATURES = cl.FeatureSet((Cells(),))


def oracle_rows(days: list[list[int]], acts: list[int], past: list[int]) -> list[dict]:
    found, at = [], iter(acts)
    for person, one in enumerate(days):
        previous, rows = past[person], {}
        for day in one:
            count = next(at)
            gap = day - previous if count and previous != NO_DAY else 0
            rows[day] = {"acts": count, "active": int(count > 0), "gap": gap, "gap_sq": gap * gap}
            previous = day if count else previous
        found.append(rows)
    return found


@given(days_of_people(), st.integers(0, 41), st.randoms(use_true_random=False))
def test_cells_equal_the_oracle(days: list[list[int]], t: int, random: st.randoms) -> None:
    acts = [random.randrange(3) for one in days for _ in one]
    activity = activity_of(days, acts)
    people = np.arange(-1, len(days))
    X = compute(activity, people, np.full(len(people), t), FEATURES)
    rows = [{}, *oracle_rows(days, acts, [NO_DAY] * len(days))]
    for i, found in enumerate(rows):
        person = oracle.Person(found, t, 0)
        for name, cell in CELLS.items():
            mine, theirs = X.iat[i, list(CELLS).index(name)], person.cell(cell)
            same = math.isclose(mine, theirs, rel_tol=1e-14, abs_tol=1e-14)
            assert same or (math.isnan(mine) and math.isnan(theirs)), (name, i)


@given(days_of_people(), st.lists(st.integers(0, 500), min_size=2, max_size=80), st.randoms())
def test_snapshots_side_by_side_equal_each_alone(
    days: list[list[int]], ts: list[int], random: st.randoms
) -> None:
    activity = activity_of(days, [random.randrange(3) for one in days for _ in one])
    people = np.array([random.randrange(-1, len(days)) for _ in ts])
    together = compute(activity, people, np.array(ts), FEATURES)
    for i, (person, t) in enumerate(zip(people, ts, strict=True)):
        alone = compute(activity, np.array([person]), np.array([t]), FEATURES)
        np.testing.assert_array_equal(together.to_numpy()[i], alone.to_numpy()[0])


@pytest.mark.parametrize("last, gap", [(NO_DAY, 0.0), (-5, 8.0)])
def test_a_folded_active_day_counts_for_the_first_gap(last: int, gap: float) -> None:
    activity = activity_of([[3, 9]], [1, 1], carry_of([last]))
    gaps = cl.FeatureSet((Gap(),))
    X = compute(activity, np.zeros(1, int), np.array([20]), gaps)
    assert X.iat[0, 0] == gap + 6
    assert activity.values("gap").tolist() == [gap, 6]


class Gap(cl.FeatureBuilder):
    """The sum of gaps."""

    signal = "gap"

    def features(self, roles: frozenset[str]):  # type: ignore[no-untyped-def]
        yield cl.Feature("gap__days_sum__20d", Sum("gap")[0, 20], "days", "{value:.0f} days")
