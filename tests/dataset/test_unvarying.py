"""Which columns cannot vary, found in rows to learn from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.dataset.unvarying import unvarying

FEATURES = cl.FeatureSet.of(["SessionShortening", "LoginIntervals", "Tenure"])


def data_of(clock: bool, users: pd.DataFrame | None = None) -> cl.Dataset:
    """Rows at two days of a log with one event a day, or with several and a time of day."""
    rng = np.random.default_rng(1)
    rows = 3000
    time = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 120, rows), "D")
    if clock:
        time = time + pd.to_timedelta(rng.integers(0, 20_000, rows), "s")
    frame = pd.DataFrame({"u": rng.integers(0, 60, rows), "t": time, "e": "open"})
    frame = frame if clock else frame.drop_duplicates(["u", "t"])
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC").daily()
    snapshots = cl.Snapshots.at(activity, ["2026-03-01", "2026-04-01"], targets=[cl.Churn(7)])
    return cl.build_dataset(activity, snapshots, FEATURES, users=users)


def test_sessions_do_not_vary_with_one_event_a_day() -> None:
    data = data_of(clock=False)
    found = unvarying(data)
    assert {n for n in data.X if n.startswith("session__minutes")} <= set(found)
    assert {n for n in data.X if n.startswith("session__per_active_day")} <= set(found)
    assert "cadence__acts_per_active_day__all" in found
    assert not {"cadence__active_days__28d", "cadence__gap_mean_days__all"} & set(found)
    assert found == tuple(n for n in data.X if n in found)


def test_they_vary_with_a_clock() -> None:
    assert not [n for n in unvarying(data_of(clock=True)) if n.startswith("session__minutes")]


def test_what_the_later_rows_show_does_not_count() -> None:
    data = data_of(clock=False)
    train, test = data.split("2026-04-01")
    test.X.iloc[0, test.X.columns.get_loc("session__minutes_mean__all")] = 7.0
    assert "session__minutes_mean__all" in unvarying(train)
    assert "lifecycle__observed_days__all" in unvarying(train)
    assert "lifecycle__observed_days__all" not in unvarying(data)


def test_a_needed_column_and_one_that_a_sentence_names_stay() -> None:
    data = data_of(clock=False)
    column = "session__minutes_mean__28d"
    assert column in unvarying(data) and column not in unvarying(data, [column])
    data.X["session__minutes_change__28d_91d"] = np.arange(len(data.X), dtype=float)
    assert column not in unvarying(data)


def test_an_attribute_of_users_stays() -> None:
    users = pd.DataFrame({"user_id": range(60), "plan": 1.0})
    data = data_of(clock=False, users=users)
    assert [n for n in data.X if n.startswith("profile__")]
    assert not [n for n in unvarying(data) if n.startswith("profile__")]


def test_without_names_what_is_gone() -> None:
    data = data_of(clock=False)
    names = unvarying(data)
    kept = data.without(names)
    assert kept.left_out == names and not set(names) & set(kept.X)
    assert list(kept.catalogue["name"]) == list(kept.X)


@pytest.mark.parametrize("gone", [(), ("lifecycle__tenure_days__all",)])
def test_a_model_keeps_the_columns_that_it_learnt_from(gone: tuple[str, ...]) -> None:
    data = data_of(clock=False)
    learnt = data.without([*unvarying(data), *gone])
    model = cl.ChurnClassifier("lightgbm", n_estimators=5).fit(learnt.X, learnt.y("churned"))
    chosen = model.select(data.X)
    assert list(chosen) == list(learnt.X)
    np.testing.assert_array_equal(model.predict_proba(chosen), model.predict_proba(learnt.X))
