"""What is seen of the log while a list is made."""

from __future__ import annotations

import pandas as pd
import pytest

from churnlab.demo.datasets import make_community
from churnlab.nightly.guards.witness import DAYS, PARTS, Witness, sums_by_day
from churnlab.schema.days import day_number
from churnlab.store.activity_store import ActivityStore


def test_sums_are_those_of_the_events() -> None:
    community = make_community(users=60, days=90, seed=4)
    activity = community.log().daily()
    found = sums_by_day(activity, activity.end)
    frame = activity.frame().assign(number=lambda f: [day_number(d) for d in f["day"]])
    for day in (activity.end - 1, activity.end - DAYS):
        rows = frame[frame["number"] == day]
        assert found["all"][day] == rows["acts"].sum() + rows["receipts"].sum()
        assert found["role push_sent"][day] == rows["n_push_sent"].sum()
        assert found["money"][day] == rows["money"].sum()
        assert found["people"][day] == len(rows)
        first = frame.groupby("user_id")["number"].min()
        assert found["newcomers"][day] == (first == day).sum()
        assert found.loc[day, list(PARTS)].sum() == rows["acts"].sum()


def test_groups_add_up_to_the_whole() -> None:
    activity = make_community(users=60, days=90, seed=4).log().daily()
    whole = Witness(activity.end, 30, ())
    whole.see(activity)
    parts = Witness(activity.end, 30, ())
    for begin in range(0, 60, 20):
        assert parts.see(activity.take(begin, begin + 20)).users.tolist()
    pd.testing.assert_frame_equal(parts.by_day, whole.by_day)
    day = activity.end - 40
    assert set(parts.new_since(day)) == set(whole.new_since(day))
    assert set(parts.lapsed_ids) == set(whole.lapsed_ids)


@pytest.fixture
def store(tmp_path: object) -> ActivityStore:
    made = ActivityStore.create(
        str(tmp_path), user="who", time="at", event="what", timezone="UTC", receipts=["mail"]
    )
    days = {
        "2026-03-01": [("old", "open"), ("gone", "open")],
        "2026-03-02": [("old", "open")],
        "2026-03-20": [("old", "open"), ("new", "open"), ("gone", "mail")],
    }
    for day, rows in days.items():
        events = pd.DataFrame(rows, columns=["who", "what"]).assign(at=pd.Timestamp(f"{day} 09:00"))
        made.append(day, events)
    for day in range(day_number("2026-03-03"), day_number("2026-03-20")):
        made.append(day, events.head(0), allow_empty=True)
    return made


@pytest.mark.parametrize("folded", [False, True])
def test_who_is_new_and_whose_acts_are_too_old(store: ActivityStore, folded: bool) -> None:
    if folded:
        store.compact(lookback=5)
    day = day_number("2026-03-21")
    seen = Witness(day, 10, ())
    for job in seen.watching(store).jobs():
        job()
    assert list(seen.new_since(day - 5)) == ["new"]
    assert list(seen.lapsed_ids) == ["gone"]  # a receipt is no act
    assert seen.by_day["all"][day - 1] == 3 and seen.by_day["all"][day - 2] == 0


def test_missing_cells_by_signal() -> None:
    seen = Witness(20_000, 30, ("push__a__7d", "order__b__7d"))
    index = pd.MultiIndex.from_tuples([("ann", 1), ("bob", 1)], names=["user_id", "snapshot"])
    X = pd.DataFrame({"push__a__7d": [None, 1.0], "order__b__7d": 1.0, "fact": None}, index)
    assert seen.count(X) is X
    assert seen.missing_shares == {"order": 0.0, "push": 0.5} and list(seen.scored) == [
        "ann",
        "bob",
    ]
