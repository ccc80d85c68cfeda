"""How simulated people behave, apart from any event."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.demo import simulation
from churnlab.demo.simulation import PEAK

DAYS = 200


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return simulation.draw_people(np.random.default_rng(3), 4000, DAYS)


def test_a_third_of_the_people_decline_after_a_month_at_least(people: pd.DataFrame) -> None:
    planted = people["kind"] != "none"
    assert planted.mean() == pytest.approx(0.36, abs=0.03)
    month_after = people["registered"].clip(lower=0) + 35
    assert (people["onset"] >= month_after).all()
    assert (people["onset"][~planted] > DAYS).all() and people["user_id"].is_unique


def test_the_chance_to_leave_rises_from_the_base_to_the_peak() -> None:
    since = np.arange(-5, 40)
    risen = simulation.rise(since)
    assert (risen[since <= 7] == 0).all() and (risen[since >= 21] == 1).all()
    assert (np.diff(risen) >= 0).all()
    assert simulation.hazard(np.full(2, 0.001), np.array([0.0, 1.0])).tolist() == [0.001, PEAK]


def test_people_leave_after_they_registered_and_decliners_far_more_often(
    people: pd.DataFrame,
) -> None:
    left = simulation.draw_leaving(np.random.default_rng(4), people, DAYS)
    gone = left < DAYS
    assert (left > people["registered"])[gone].all() and left.max() == DAYS
    declined = (people["onset"] + 30 < DAYS).to_numpy()
    assert gone[declined].mean() > 3 * gone[~declined].mean() > 0


def test_a_decline_takes_acts_of_its_own_kind_alone(people: pd.DataFrame) -> None:
    level = simulation.levels(people, DAYS)
    assert set(level) == {"session", "push", "social"}
    for kind, share in level.items():
        own = (people["kind"] == kind).to_numpy()
        assert (share[~own] == 1).all() and share.min() > 0
        late = own & (people["onset"] + 7 < DAYS).to_numpy()
        assert late.sum() > 100 and (share[late, -1] < 0.5).all()
        assert (np.diff(share, axis=1) <= 0).all()


def test_nobody_acts_before_registration_or_after_leaving() -> None:
    rng = np.random.default_rng(0)
    some = simulation.draw_people(rng, 60, 60)
    day = np.arange(60)
    left = np.full(60, 40)
    there = (day >= some["registered"].to_numpy()[:, None]) & (day < 40)
    events = simulation.Events(rng, some, there, left, simulation.levels(some, 60)).draw()
    assert events["ts"].is_monotonic_increasing
    acts = events[~events["event"].isin(["push_sent", "like_received"])]
    number = (acts["ts"].dt.normalize() - pd.Timestamp("2026-01-01")).dt.days
    assert number.max() == 39
    assert (number.to_numpy() >= some.set_index("user_id")["registered"][acts["user_id"]]).all()
    assert events["amount"].notna().eq(events["event"] == "purchase").all()
