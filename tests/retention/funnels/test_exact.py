"""Exact funnels against slow plain Python over the raw events."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.funnels.exact import exact_funnel

COLUMNS = {"user": "user_id", "time": "ts", "event": "event"}
DAY = 86_400
ZONES = {"UTC": 0, "Asia/Shanghai": 8 * 3600}


def moments_of(frame: pd.DataFrame, shift: int) -> dict[str, list]:
    """Each person's moments: seconds, local day, how often each event happened."""
    found: dict[str, dict[int, Counter]] = {}
    for user, ts, event in frame.itertuples(index=False):
        at = int(ts.timestamp())
        found.setdefault(user, {}).setdefault(at, Counter())[event] += 1
    return {
        user: [(t, (t + shift) // DAY, dict(at[t])) for t in sorted(at)]
        for user, at in found.items()
    }


@given(oracle.events(), st.integers(1, 12), st.sampled_from(sorted(ZONES)), st.integers(0, 2))
@settings(max_examples=60)
def test_steps_of_raw_events(frame: pd.DataFrame, within: int, zone: str, which: int) -> None:
    steps = [["open", "look", "later purchase"], ["look", "look"], ["onboarding", "later open"]]
    events = [["app_open", "look", "buy"], ["look", "look"], ["prefs", "app_open"]]
    later = [s.startswith("later ") for s in steps[which]]
    options = {**COLUMNS, "timezone": zone, "roles": oracle.ROLES}
    given_ = frame.assign(ts=frame["ts"].dt.tz_localize("UTC"))
    found = exact_funnel(given_, steps[which], within=within, **options)
    moments = moments_of(given_, ZONES[zone])
    days = [d for each in moments.values() for _, d, _ in each]
    low, end = min(days) * DAY - ZONES[zone], (max(days) + 1) * DAY - ZONES[zone]
    plan = list(zip(events[which], later, strict=True))
    span = (low, end - within * DAY + 1)
    wanted = [oracle.walked(each, plan, span, within * DAY) for each in moments.values()]
    table = found.table()
    assert table["people"].tolist() == [sum(w[0] > k for w in wanted) for k in range(len(plan))]
    last = [(w[1][-1] - w[1][0]) / DAY for w in wanted if w[0] == len(plan)]
    if last:
        assert table["median_days"].iloc[-1] == pytest.approx(np.median(last))
        assert table["mean_days"].iloc[-1] == pytest.approx(np.mean(last))


def test_files_registration_and_groups(tmp_path: object) -> None:
    community = cl.datasets.make_community(users=120, days=60, seed=3)
    people = community.users.merge(community.truth[["user_id", "registered"]])
    community.events.to_parquet(f"{tmp_path}/events.parquet")
    options = {**COLUMNS, "roles": community.roles, "timezone": community.timezone}
    told = {"by": "channel", "registered": "registered", "within": 7}
    steps = ["registered", "onboarding", "later open"]
    exact = exact_funnel(f"{tmp_path}/*.parquet", steps, people, **told, **options)
    daily = cl.retention.funnel(community.log().daily(), steps, people, **told)
    table, by_day = exact.table(), daily.table()
    assert table["people"].iloc[0] == by_day["people"].iloc[0] > 10
    assert (table["people"] <= by_day["people"]).all()
    assert exact.exact and not any("daily rows" in str(w) for w in exact.warnings)
    hours = exact_funnel(f"{tmp_path}/*.parquet", ["open", "content"], within=1, **options)
    assert "hours in the median" in " ".join(map(str, hours.sentences()))


def test_one_event_is_not_two_steps_and_order_counts() -> None:
    rows = [("ann", 9, "a"), ("ann", 10, "b"), ("bob", 9, "b"), ("bob", 10, "a"), ("cat", 9, "a")]
    rows += [("dan", 34, "z")]
    frame = pd.DataFrame(
        [(u, pd.Timestamp("2026-03-01") + pd.Timedelta(hours=h), e) for u, h, e in rows],
        columns=["user_id", "ts", "event"],
    )
    options = {**COLUMNS, "timezone": "UTC", "within": 1}
    assert exact_funnel(frame, ["a", "b"], **options).table()["people"].tolist() == [3, 1]
    assert exact_funnel(frame, ["a", "a"], **options).table()["people"].tolist() == [3, 0]


@pytest.mark.parametrize(
    ("steps", "options", "says"),
    [
        (["a", "c"], {}, "no event is the step 'c'"),
        (["a", "acts"], {}, "no event is the step 'acts'"),
        (["a", "later b", "later a"], {}, "give within=2 or more"),
        (["a", "b"], {"within": 9}, "needs 9 days and the log has 1"),
        (["registered", "a"], {}, "no day of registration was given"),
        (["a"], {}, "give two to twenty"),
    ],
)
def test_what_cannot_be_walked_is_refused(steps: list, options: dict, says: str) -> None:
    frame = pd.DataFrame(
        {"user_id": ["x", "y"], "ts": ["2026-03-01 09:00Z"] * 2, "event": ["a", "b"]}
    )
    with pytest.raises(cl.ChurnlabError) as error:
        exact_funnel(frame, steps, **{"within": 1, **options}, **COLUMNS)
    assert says in str(error.value)


def test_an_event_takes_the_step_of_a_measure_that_it_adds_to() -> None:
    rows = [("ann", 9, "a", 5.0), ("ann", 10, "b", 0.0), ("ann", 11, "b", 12.0), ("bob", 9, "a", 3)]
    rows += [("bob", 10, "b", 2.0), ("cat", 9, "b", 20.0), ("dan", 34, "z", None)]
    frame = pd.DataFrame(
        [(u, pd.Timestamp("2026-03-01") + pd.Timedelta(hours=h), e, n) for u, h, e, n in rows],
        columns=["user_id", "ts", "event", "paid"],
    )
    measures = [
        cl.Measure.count("big", where=[("event", "==", "b"), ("paid", ">", 10)]),
        cl.Measure.sum("paid", where=[("event", "==", "b")]),
        cl.Measure.distinct("paid", "prices", where=[("event", "==", "a")]),
    ]
    options = {**COLUMNS, "timezone": "UTC", "within": 1, "measures": measures}
    for steps, people, hours in [
        (["a", "big"], [2, 1], 2),
        (["a", "m_paid"], [2, 2], 1.5),
        (["prices", "b"], [2, 2], 1),
        (["prices", "big", "paid"], [2, 1, 1], 2),
    ]:
        found = exact_funnel(frame, steps, **options).table()
        assert found["people"].tolist() == people
        assert found["mean_days"].iloc[-1] * 24 == pytest.approx(hours)


def test_times_are_hours_and_starts_whose_window_is_not_over_are_said() -> None:
    times = pd.to_datetime(["2026-03-01 09:00Z", "2026-03-01 10:30Z", "2026-03-02 09:00Z"])
    frame = pd.DataFrame({"user_id": ["x", "x", "y"], "ts": times, "event": ["a", "b", "a"]})
    found = exact_funnel(frame, ["a", "b"], within=1, **COLUMNS)
    head, (_, row) = found.sections()[0].table.columns, found.sections()[0].table.rows
    assert [str(c) for c in head[-2:]] == ["median hours", "mean hours"]
    assert [str(c) for c in row[-2:]] == ["1.5", "1.5"]
    late = exact_funnel(frame[:2], ["a", "b"], within=1, **COLUMNS)
    assert str(late.sentences()[0]).startswith(
        "Not yet known: nobody took the first step (a) 1 day"
    )
    assert late.pending == 1
