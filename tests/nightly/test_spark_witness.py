"""What guards see on Spark: the rows of a job and the counts of batches add up to a Witness."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churnlab.activity.daily import DailyActivity
from churnlab.demo.datasets import make_community
from churnlab.events.event_log import EventLog
from churnlab.nightly.guards.witness import Witness
from churnlab.nightly.spark_witness import COUNTS, CountedListing, SeenPeople, SparkWitness


def listing(X: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"user_id": range(len(X)), "risk": 0.5})


def test_the_first_row_of_a_batch_has_its_counts() -> None:
    X = pd.DataFrame({"a": [np.nan, 2.0, 3.0], "b": [1.0, np.nan, np.nan]})
    counted = CountedListing(listing, ("a", "b"), {"a": (2.5,)})  # type: ignore[arg-type]
    rows = counted(X)[COUNTS].tolist()
    assert rows[0] == [1, 2, 1, 1, *[0] * 8, 1] and rows[1:] == [None, None]
    assert counted(X.head(0))[COUNTS].tolist() == []


def context(activity: DailyActivity, some: DailyActivity) -> Any:
    """The context of a task that has some of the people."""
    return SimpleNamespace(
        text_ids=activity.text_ids,
        spec=SimpleNamespace(columns=()),
        activity=lambda batches: some,
        nobody=lambda: activity.take(0, 0),
    )


@pytest.mark.parametrize("text", [True, False])
def test_tasks_add_up_to_what_one_machine_sees(text: bool) -> None:
    community = make_community(users=60, days=90, seed=4)
    events = community.events
    if not text:
        events = events.assign(user_id=events["user_id"].str[1:].astype(np.int64))
    names = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    activity = EventLog.from_frame(events, roles=community.roles, timezone="UTC", **names).daily()
    day, within = activity.end - 7, 5
    want = Witness(day, within, ("push__a__7d",))
    want.see(activity)
    tasks = [activity.take(0, 25), activity.take(25, 25), activity.take(25, 60)]
    batches = []
    for some in tasks:
        job = SeenPeople(context(activity, some), day, within)
        batches += list(job(iter(())))
    found = pa.Table.from_batches(batches).to_pandas()
    got = SparkWitness(day, within, want.columns, count_scored=8)
    whole: Any = SimpleNamespace(context=context(activity, activity))
    got.told(np.array([2]), whole, found)
    pd.testing.assert_frame_equal(got.by_day, want.by_day)
    assert len(want.lapsed_ids) and set(got.lapsed_ids) == set(want.lapsed_ids)
    since = day - 60
    assert len(want.new_since(since)) and set(got.new_since(since)) == set(want.new_since(since))
    assert got.missing_shares == {"push": 0.25}
