"""Truth: labels of listed people, against slow plain Python, for every kind of target."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.activity_store import events, fill, options, write_days
from support.graded import happened

import churnlab as cl
from churnlab.activity.daily import DailyActivity
from churnlab.errors import HistoryError, NothingToDo
from churnlab.nightly.grading.truth import Window, truth
from churnlab.schema.days import day_number
from churnlab.store.activity_store import ActivityStore

DAY = "2026-02-10"
COMMUNITY = cl.datasets.make_community(users=60, days=80, seed=3)


@pytest.fixture(scope="module")
def activity() -> DailyActivity:
    return COMMUNITY.log().daily()


@pytest.mark.parametrize(
    ("churn", "told"),
    [
        (cl.Churn(horizon=10), {}),
        (cl.Churn(horizon=14, lead=7), {"lead": 7}),
        (cl.Churn(horizon=10, roles=["social"]), {"names": {"comment", "like"}}),
        (cl.Churn(horizon=20, terminal="purchase"), {"terminal": "purchase"}),
    ],
)
def test_it_is_what_the_raw_events_say(
    activity: DailyActivity, churn: cl.Churn, told: dict
) -> None:
    users = pd.Series([*activity.users[::-1], "a stranger"])
    found = truth(activity, users, Window(day_number(DAY), churn))
    want = happened(COMMUNITY.events, users, DAY, churn.horizon, **told)
    assert found["churned"].tolist()[:-1] == [float(want[u].churned) for u in users[:-1]]
    assert 0 < found["churned"].sum() < len(users) - 1 and found.iloc[-1].isna().all()
    spent = np.array([want[user].spent for user in users[:-1]])
    np.testing.assert_allclose(found["spent"].to_numpy()[:-1], spent, atol=1e-6)
    assert found["ltv"].isna().all()


def test_a_store_tells_what_its_log_tells(tmp_path: Path) -> None:
    """Whole-number ids, group by group; days before the window may be folded."""
    frame = events("int")
    log = write_days(tmp_path / "events", frame, "Asia/Shanghai")
    store = ActivityStore.create(tmp_path / "store", log=log, **options())
    first, last = (day_number(frame["ts"].iloc[at].normalize()) for at in (0, -1))
    fill(store, range(first, last + 1))
    users = pd.Series(frame["user_id"].unique())
    window = Window(last + 1 - 14, cl.Churn(10, lead=4))
    raw = cl.EventLog.from_frame(frame, **options()).daily()
    want = truth(raw, users, window)
    assert 0 < want["churned"].sum() < len(users)
    pd.testing.assert_frame_equal(truth(store, users, window), want)
    store.compact(30)
    pd.testing.assert_frame_equal(truth(store, users, window), want)
    with pytest.raises(HistoryError, match="a grade cannot be computed"):
        truth(store, users, Window(first + 3, cl.Churn(10)))


def test_the_value_window_has_its_own_end(activity: DailyActivity) -> None:
    day, users = day_number(DAY), pd.Series(activity.users)
    known, unknown = (truth(activity, users, Window(day, cl.Churn(10), n)) for n in (40, 41))
    want = happened(COMMUNITY.events, users, DAY, 40)
    np.testing.assert_allclose(known["ltv"], [want[user].spent for user in users], atol=1e-6)
    assert activity.end - day == 40 and unknown["ltv"].isna().all()


def test_nothing_is_told_before_the_window_is_over(activity: DailyActivity) -> None:
    users = pd.Series(activity.users)
    day = activity.end - 17
    assert truth(activity, users, Window(day, cl.Churn(10, lead=7)))["churned"].notna().all()
    with pytest.raises(NothingToDo, match="grade it from") as refused:
        truth(activity, users, Window(day, cl.Churn(10, lead=8)))
    assert refused.value.exit_code == 99


def test_folded_days_are_refused(activity: DailyActivity) -> None:
    class Folded:
        kept_from, end = day_number(DAY) + 1, activity.end

    with pytest.raises(HistoryError, match="a grade cannot be computed at 2026-02-10"):
        Window(day_number(DAY), cl.Churn(10)).check(Folded())  # type: ignore[arg-type]
