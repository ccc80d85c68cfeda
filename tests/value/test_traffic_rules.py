"""Rules of automated traffic: signals against plain Python, thresholds, accounts on a device."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import ConfigError, FrameError
from churnlab.value.traffic_rules import TrafficRules, accounts, broken, signals

MADE = cl.datasets.make_community(users=40, days=60, seed=4, bots=8)
ACTIVITY = MADE.log().daily()


def test_signals_are_those_of_plain_python_and_of_the_window_alone() -> None:
    day, window = ACTIVITY.end - 10, 20
    found = signals(ACTIVITY, day, window)
    days: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    acts, micros = ACTIVITY.values("acts"), ACTIVITY.values("session_micros")
    for code, at, n, m in zip(ACTIVITY.codes, ACTIVITY.day, acts, micros, strict=True):
        if day - window <= at < day and n > 0:
            days[int(code)].append((int(at), int(n), float(m)))
    for code in range(len(ACTIVITY.users)):
        rows, got = days.get(code, []), found.iloc[code]
        assert got["active_days"] == len(rows) and got["acts"] == sum(n for _, n, _ in rows)
        if not rows:
            continue
        counts = [n for _, n, _ in rows]
        median = float(np.median(counts))
        assert got["top_acts"] == max(counts) and got["median_acts"] == median
        close = sum(abs(n - median) <= 0.05 * median for n in counts) / len(counts)
        assert got["near"] == pytest.approx(close)
        gaps = np.diff([at for at, _, _ in rows])
        assert got["gaps"] == len(gaps)
        if len(gaps):
            assert got["gap"] == pytest.approx(gaps.mean())
            assert got["gap_spread"] == pytest.approx(gaps.std(), abs=1e-6)
        assert got["top_hours"] == pytest.approx(max(m for _, _, m in rows) / 3.6e9)


def test_nothing_of_the_day_or_later_counts() -> None:
    day = ACTIVITY.end - 20
    events = MADE.events[MADE.events["ts"] < pd.Timestamp("2026-01-01") + pd.Timedelta(days=40)]
    made = cl.EventLog.from_frame(
        events,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles=MADE.roles,
        timezone="Asia/Shanghai",
        until=pd.Timestamp("2026-02-10"),
    ).daily()
    late = signals(ACTIVITY, day, 28).set_index(ACTIVITY.users).loc[made.users]
    assert signals(made, day, 28).set_index(made.users).equals(late)


def test_accounts_are_those_with_acts_before_the_day() -> None:
    users = ACTIVITY.users
    first = np.array([ACTIVITY.day[ACTIVITY.first[i]] for i in range(len(users))])
    newest = int(np.argmax(first))
    old = int(np.argmin(first))
    shared = pd.DataFrame(
        {
            "user_id": [users[old], users[newest], "ghost", users[old]],
            "device": ["d", "d", "d", None],
        }
    )
    assert accounts(ACTIVITY, ACTIVITY.end, shared, "device")[old] == 2
    assert accounts(ACTIVITY, int(first[newest]), shared, "device")[old] == 1
    assert accounts(ACTIVITY, ACTIVITY.end, shared, "address") is None
    assert accounts(ACTIVITY, ACTIVITY.end, None, "device") is None
    dated = shared.assign(since=["2026-01-01", "2026-02-20", "2026-01-01", "2026-01-01"])
    assert accounts(ACTIVITY, ACTIVITY.end - 15, dated, "device")[old] == 1
    with pytest.raises(FrameError, match="user_id"):
        accounts(ACTIVITY, ACTIVITY.end, pd.DataFrame({"device": ["d"]}), "device")


def test_the_most_of_several_devices_counts() -> None:
    users = ACTIVITY.users[:4]
    rows = pd.DataFrame({"user_id": [*users, users[0]], "device": ["a", "b", "b", "b", "b"]})
    assert accounts(ACTIVITY, ACTIVITY.end, rows, "device")[:4].tolist() == [4, 4, 4, 4]


def one(**values: float) -> pd.DataFrame:
    usual = {
        "acts": 100.0,
        "active_days": 12,
        "sessions": 20.0,
        "minutes": 60.0,
        "near": 0.2,
        "median_acts": 8.0,
        "gap": 2.0,
        "gap_spread": 1.0,
        "gaps": 11,
        "top_acts": 20.0,
        "top_hours": 1.0,
    }
    return pd.DataFrame([{**usual, **values}])


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("acts_per_day", {"top_acts": 1000.0}),
        ("acts_per_minute", {"acts": 3620.0}),
        ("hours_per_day", {"top_hours": 20.0}),
        ("clockwork", {"near": 0.8}),
        ("clockwork", {"gap_spread": 0.0}),
        ("no_session", {"minutes": 0.0, "sessions": 100.0}),
    ],
)
def test_each_rule_finds_its_own_at_the_threshold_and_can_be_turned_off(
    rule: str, values: dict[str, float]
) -> None:
    found = broken(TrafficRules(), one(**values), None, None, None)
    assert {name for name, hit in found.items() if hit[0]} == {rule}
    assert rule not in broken(TrafficRules(**{rule: 0}), one(**values), None, None, None)
    few = broken(TrafficRules(least_acts=10_000), one(**values), None, None, None)
    assert not any(hit[0] for hit in few.values())


def test_acts_that_are_alone_have_no_rate() -> None:
    """36 acts in 35 sessions, two of them within 24 seconds; and twelve double clicks."""
    for acts, sessions, minutes in ((36.0, 35.0, 0.4), (60.0, 48.0, 0.1)):
        given = one(acts=acts, sessions=sessions, minutes=minutes)
        assert not broken(TrafficRules(), given, None, None, None)["acts_per_minute"][0]


def test_devices_count_whoever_has_few_acts() -> None:
    found = broken(TrafficRules(), one(acts=1.0), np.array([5]), np.array([19]), np.array([0.9]))
    assert found["accounts_per_device"][0] and not found["accounts_per_address"][0]
    assert not found["forest"][0]


def test_usual_people_break_no_rule() -> None:
    found = broken(TrafficRules(), one(), np.array([2]), np.array([3]), np.array([0.5]))
    assert len(found) == 8 and not any(hit[0] for hit in found.values())


@pytest.mark.parametrize(
    "given", [{"window": 0}, {"clockwork": 1.5}, {"acts_per_day": -1}, {"most": 2}]
)
def test_thresholds_out_of_range_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"traffic\."):
        TrafficRules(**given)
