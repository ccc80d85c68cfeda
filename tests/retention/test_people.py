"""The frame of people: groups, registration days, and what cannot be used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.kernels.units import NO_DAY
from churnlab.retention.people import People


@pytest.fixture(scope="module")
def activity() -> cl.DailyActivity:
    rows = {"u": ["ann", "bob"], "t": ["2026-03-01 09:00Z", "2026-03-02 09:00Z"], "e": "open"}
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Shanghai"}
    return cl.EventLog.from_frame(pd.DataFrame(rows), **columns).daily()


@pytest.mark.parametrize(
    "days",
    [
        ["2026-03-01", None],
        [pd.Timestamp("2026-03-01 23:59"), pd.NaT],
        [pd.Timestamp("2026-02-28 16:30", tz="UTC"), pd.NaT],  # past midnight in Shanghai
        [pd.Timestamp("2026-03-01").date(), None],
    ],
)
def test_registration_days_are_local_days(activity: cl.DailyActivity, days: list) -> None:
    frame = pd.DataFrame({"user_id": ["ann", "bob"], "since": days})
    people = People.of(activity, frame, registered="since")
    assert people.registered.tolist() == [int(np.datetime64("2026-03-01").astype(int)), NO_DAY]


@pytest.mark.parametrize("days", [["soon", "2026-03-01"], [3, 4]])
def test_what_is_no_day_is_refused(activity: cl.DailyActivity, days: list) -> None:
    frame = pd.DataFrame({"user_id": ["ann", "bob"], "since": days})
    with pytest.raises(cl.ChurnlabError, match="column 'since' of the users frame holds"):
        People.of(activity, frame, registered="since")


def test_numbers_and_texts_make_groups(activity: cl.DailyActivity) -> None:
    frame = pd.DataFrame({"user_id": ["ann", "bob"], "age": [20.0, None], "app": ["ios", "web"]})
    ages, apps = People.of(activity, frame, by=["age", "app"]).groupings
    assert (ages.values, apps.values) == (("20",), ("ios", "web"))
    assert ages.codes.tolist() == [0, 1] and ages.groups[-1] is None


def test_frames_that_cannot_be_used_are_refused(activity: cl.DailyActivity) -> None:
    frame = pd.DataFrame({"user_id": ["ann", "bob"], "town": ["x", "y"]})
    for bad, options, says in [
        (frame.drop(columns="user_id"), {}, "lacks 1 column"),
        (frame, {"by": "twn"}, "did you mean 'town'"),
        (pd.concat([frame, frame]), {"by": "town"}, "duplicate keys"),
        (pd.DataFrame({"user_id": range(50), "town": map(str, range(50))}), {"by": "town"}, "50"),
    ]:
        with pytest.raises(cl.ChurnlabError, match=says):
            People.of(activity, bad, **options)
