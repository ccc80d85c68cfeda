"""Churn nodes against slow plain Python on random logs; point in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.funnels.nodes import churn_nodes

STEPS = ["registered", "onboarding", "later open"]
PLAN = [("registered", False), ("onboarding", False), ("open", True)]
ACTING = ("open", "onboarding", "purchase", "other")
WINDOW = 15


def stands(
    days: list, since: int | None, t: int, silent: dict[str, list[int]]
) -> list[bool] | None:
    """At which nodes a person stands at t, of the days before it; None for who is not looked at."""
    low = t - WINDOW
    past = [day for day in days if day[0] < t]
    acts = [d for d, _, got in past if any(got.get(r) for r in ACTING)]
    new = since is not None and low <= since < t
    if not new and not (acts and low <= acts[-1]):
        return None
    inside = [day for day in past if day[0] >= low]
    taken = oracle.walked(inside, PLAN, (low, t), 10**6, (since, since))[0] if new else 0
    found = [taken == 1, taken == 2]
    for role, runs in silent.items():
        last = acts if role == "acts" else [d for d, _, got in past if got.get(role)]
        seen = max([*last, *([since] if new and role == "acts" else [])], default=-(10**6))
        found += [t - seen >= run for run in runs]
    return found


@given(oracle.events(), st.sets(st.integers(4, 32), min_size=1, max_size=2), st.integers(1, 6))
@settings(max_examples=60)
def test_nodes_are_those_of_the_oracle(frame: pd.DataFrame, at: set[int], horizon: int) -> None:
    people, silent = oracle.users(), {"acts": [1, 7], "purchase": [7]}
    start = int(np.datetime64(oracle.START).astype(int))
    found = churn_nodes(
        oracle.log_of(frame).daily(),
        STEPS,
        people,
        registered="registered",
        silent=silent,
        target=cl.Churn(horizon, lead=1),
        at=[start + t for t in sorted(at)],
        active_within=WINDOW,
    )
    registered = {
        u: None if pd.isna(d) else (d - oracle.DAY0).days
        for u, d in zip(people["user_id"], people["registered"], strict=True)
    }
    days = oracle.days_of(frame)
    wanted, all_people, all_gone = np.zeros((5, 2), int), 0, 0
    for user in {*days, *registered}:
        for t in at:
            own = days.get(user, [])
            where = stands(own, registered.get(user), t, silent)
            if where is None:
                continue
            gone = not any(
                t + 1 <= d < t + 1 + horizon and any(got.get(r) for r in ACTING)
                for d, _, got in own
            )
            all_people, all_gone = all_people + 1, all_gone + gone
            wanted += np.array([[s, s and gone] for s in where], int)
    assert found.totals[:-1, :2].tolist() == wanted.tolist()
    assert found.totals[-1, :2].tolist() == [all_people, all_gone]
    rest = np.array([[all_people, all_gone]]) - wanted
    assert found.rest[:, :2].tolist() == rest.tolist()
    table = found.table()
    assert (np.diff(table["excess"].fillna(-1e9)) <= 1e-9).all()


@pytest.fixture(scope="module")
def made() -> tuple[cl.DailyActivity, pd.DataFrame]:
    community = cl.datasets.make_community(users=300, days=120, seed=3)
    people = community.users.merge(community.truth[["user_id", "registered"]])
    return community.log().daily(), people


def test_nothing_after_the_morning_is_seen_by_a_node(made: tuple) -> None:
    community = cl.datasets.make_community(users=150, days=120, seed=4)
    frame = community.events
    t = pd.Timestamp("2026-03-20", tz=community.timezone)
    at = frame["ts"] if frame["ts"].dt.tz else frame["ts"].dt.tz_localize(community.timezone)
    late = frame[(at < t) | (at >= t + pd.Timedelta(days=30))]
    log = cl.EventLog.from_frame(
        late,
        user="user_id",
        time="ts",
        event="event",
        roles=community.roles,
        timezone=community.timezone,
    )
    told = {"at": "2026-03-20", "silent": {"acts": [7], "open": [14]}}
    one, two = (
        churn_nodes(a, ["open", "social", "purchase"], **told)
        for a in (community.log().daily(), log.daily())
    )
    assert one.totals[:, 0].tolist() == two.totals[:, 0].tolist()
    assert two.totals[-1, 1] == two.totals[-1, 0] > one.totals[-1, 1]


def test_words_pictures_and_what_is_nobodys(made: tuple) -> None:
    found = churn_nodes(made[0], STEPS, made[1], registered="registered")
    said = [str(words) for words in found.sentences()]
    assert said[0].endswith("people churned: no act in the 30 days after the snapshot")
    assert "of all churn passes through here" in said[1]
    assert f"no act for {7} days or more" in found.html()
    shown = found.plot(language="zh")
    assert len(shown.ax_.get_yticklabels()) == len(found.table()) == 2 + 4
    assert "only a test shows" in str(found.warnings[1])
    few = churn_nodes(made[0], ["purchase", "onboarding"], silent=[], at="2026-01-02")
    assert few.to_dict()["table"][0]["kind"] == "step"
    assert few.table()["share_of_churn"].between(0, 1).all() or few.totals[-1, 1] == 0


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"at": "2026-04-25"}, "needs events up to 2026-05-24"),
        ({"at": "2026-01-01"}, "no event before"),
        ({"silent": []}, "days of silence, or steps"),
        ({"silent": [0]}, "silent is 0"),
        ({"silent": {"opne": [7]}}, "did you mean 'open'"),
        ({"steps": ["registered", "open"]}, "no day of registration was given"),
        ({"active_within": 0}, "active_within is 0"),
        ({"at": []}, "one morning or more"),
        ({"target": cl.Churn(120)}, "the 120 days of churn after it, and the log has 120"),
    ],
)
def test_what_cannot_be_counted_is_refused(made: tuple, options: dict, says: str) -> None:
    with pytest.raises(cl.ChurnlabError) as error:
        churn_nodes(made[0], **options)
    assert says in str(error.value)


def test_a_silence_and_a_morning_are_counted_once(made: tuple) -> None:
    once = churn_nodes(made[0], silent=[7], at="2026-03-01").table()
    again = churn_nodes(made[0], silent=[7, 7], at=["2026-03-01", "2026-03-01"]).table()
    pd.testing.assert_frame_equal(once, again)
