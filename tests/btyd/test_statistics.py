"""The histories in the columns of a Dataset against the events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab import EventLog, Snapshots, build_dataset
from churnlab.btyd import (
    statistics,
)
from churnlab.errors import ConfigError, FrameError


def test_statistics_are_those_of_the_events() -> None:
    rng = np.random.default_rng(5)
    events = pd.DataFrame(
        {
            "user_id": rng.integers(0, 80, 700),
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 200, 700), "D"),
            "event": "purchase",
            "amount": rng.gamma(2, 10, 700).round(2) + 0.01,
        }
    )
    events = pd.concat([events, events.sample(60, random_state=0)])  # several a day
    activity = EventLog.from_frame(
        events,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles={"purchase": ["purchase"]},
        timezone="UTC",
    ).daily()
    days = [pd.Timestamp("2026-03-01"), pd.Timestamp("2026-06-10")]
    X = build_dataset(activity, Snapshots.at(activity, days, active_within=60)).X
    for what in ("acts", "orders"):
        found = statistics(X, what)
        for i, (user, t) in enumerate(X.index):
            past = events[(events["user_id"] == user) & (events["ts"] < t)]
            dates = np.sort(past["ts"].unique())
            assert found.repeats[i] == len(dates) - 1
            assert found.last[i] == (dates[-1] - dates[0]) / pd.Timedelta("1D") and found.age[
                i
            ] == (t - dates[0]) / pd.Timedelta("1D")
            if what == "orders":
                assert found.value[i] == pytest.approx(
                    past["amount"].sum() / len(dates)
                ) and found.valued[i] == len(dates)
        assert pd.Series(found.weights).groupby(
            X.index.get_level_values("user_id")
        ).sum().to_numpy() == pytest.approx(1)


def test_statistics_of_who_never_ordered_are_missing_and_lacking_columns_are_named() -> None:
    X = pd.DataFrame(
        {
            "spend__orders_sum__all": [0.0, 1, 3, 3, np.nan],
            "spend__since_first_days__all": [np.nan, 9, 9, 9, np.nan],
            "spend__since_last_days__all": [np.nan, 9, 9, 2, np.nan],
            "spend__amount_sum__all": [0.0, -5, 30, 30, np.nan],
        }
    )
    found = statistics(X, "orders")
    assert np.array_equal(found.repeats, [np.nan, 0, 0, 2, np.nan], equal_nan=True)
    assert np.array_equal(found.last, [np.nan, 0, 0, 7, np.nan], equal_nan=True)
    assert (
        np.array_equal(found.value, [np.nan, np.nan, 30, 10, np.nan], equal_nan=True)
        and found.weights.tolist() == [1] * 5
    )
    with pytest.raises(FrameError, match="spend__since_last_days__all"):
        statistics(X.drop(columns="spend__since_last_days__all"), "orders")
    with pytest.raises(FrameError, match="lacks 3 column"):
        statistics(X)
    with pytest.raises(ConfigError, match="did you mean 'orders'"):
        statistics(X, "order")
