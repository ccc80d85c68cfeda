"""What is counted of cohorts, and who is left out."""

from __future__ import annotations

import pandas as pd

import churnlab as cl
from churnlab.retention.cohort.counts import plan_of
from churnlab.retention.counting import count
from churnlab.retention.people import People


def test_who_is_in_a_cohort_and_who_is_left_out() -> None:
    rows = [("ann", "2026-03-02"), ("bob", "2026-03-03"), ("cat", "2026-03-04")]
    frame = pd.DataFrame([(u, f"{d} 09:00Z", "open") for u, d in rows], columns=["u", "t", "e"])
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e").daily()
    since = {"ann": "2026-03-02", "bob": "2026-02-01", "dan": "2026-03-03", "eve": "2026-03-09"}
    users = pd.DataFrame({"user_id": list(since), "since": list(since.values())})
    people = People.of(activity, users, registered="since")
    plan = plan_of(activity, "day", [1, "1+"])
    found = plan.finish(people, count(activity, people, plan.makers(people)))
    assert found.left_out == {"no_start": 1, "before": 1, "after": 1, "acted": 0}  # cat, bob, eve
    assert found.counts[0].size[:, 0].tolist() == [[1, 1, 0], [0, 1, 0]]  # ann, dan; bob again
    assert found.known.tolist() == [[True, True], [True, True], [False, False]]
