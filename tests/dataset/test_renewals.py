"""Snapshots before renewals: against a plain oracle, blind to the future, purged, refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refusals import one_line

import churnlab as cl
from churnlab.demo.datasets import make_subscriptions
from churnlab.errors import ConfigError, FrameError, HistoryError

START = date(2026, 1, 1)
DAYS = 60  # of the log
FEATURES = cl.FeatureSet.of(["LoginIntervals", "Tenure", "RoleUse", "SpendDecline"])
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cat"]),
        st.integers(0, DAYS - 1),
        st.integers(0, 86_399),
        st.sampled_from(["open", "pay", "pay"]),
    ),
    min_size=1,
    max_size=25,
)
RENEWALS = st.sets(
    st.tuples(st.sampled_from(["ann", "bob", "cat", "new"]), st.integers(-5, DAYS + 20)),
    min_size=1,
    max_size=12,
)


def on(day: int) -> pd.Timestamp:
    return pd.Timestamp(START + timedelta(days=day))


def activity_of(events: list[tuple[str, int, int, str]], zone: str = "UTC") -> cl.DailyActivity:
    """Daily rows of a log of DAYS days; "ann" opens on its first and its last day."""
    events = [
        *events,
        ("ann", 0, 0, "open"),
        ("ann", DAYS - 1, 86_399, "open"),
        ("ann", 1, 0, "pay"),
    ]
    frame = pd.DataFrame(
        {
            "user_id": [e[0] for e in events],
            "ts": [on(e[1]) + pd.Timedelta(seconds=e[2]) for e in events],
            "event": [e[3] for e in events],
            "amount": [2.0 if e[3] == "pay" else np.nan for e in events],
        }
    )
    roles = {"open": ["open"], "purchase": ["pay"]}
    columns = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount"}
    return cl.EventLog.from_frame(frame, **columns, roles=roles, timezone=zone).daily()


def frame_of(renewals: Any) -> pd.DataFrame:
    renewals = sorted(renewals)
    return pd.DataFrame(
        {"user_id": [u for u, _ in renewals], "renewal": [on(day) for _, day in renewals]}
    )


def oracle(
    events: list[tuple[str, int, int, str]],
    renewals: set[tuple[str, int]],
    days: int,
    grace: int,
) -> tuple[dict[tuple[str, int], float], int]:
    """(user, snapshot day) → lapsed, and how many are left out, by the definition of Lapse."""
    paid = {(user, day) for user, day, _, event in events if event == "pay"} | {("ann", 1)}
    found = {}
    for user, renewal in renewals:
        t = renewal - days
        earlier = [r for u, r in renewals if u == user and r < renewal]
        open_before = bool(earlier) and max(earlier) + grace >= t
        if t < 1 or t > DAYS or open_before or renewal + grace > DAYS - 1:
            continue
        found[user, t] = float(not any((user, d) in paid for d in range(t, renewal + grace + 1)))
    return found, len(renewals) - len(found)


@settings(max_examples=150)
@given(EVENTS, RENEWALS, st.integers(1, 20), st.integers(0, 10))
def test_labels_are_those_of_slow_plain_python(
    events: list[Any], renewals: set[tuple[str, int]], days: int, grace: int
) -> None:
    expected, out = oracle(events, renewals, days, grace)
    activity = activity_of(events)
    lapse = cl.Lapse(grace, role="purchase")
    if not expected or not {u for u, _ in renewals} & set(activity.users):
        with pytest.raises(FrameError) as caught:
            cl.Snapshots.before_renewal(activity, frame_of(renewals), days, [lapse], "drop")
        assert one_line(caught.value)
        return
    found = cl.Snapshots.before_renewal(activity, frame_of(renewals), days, [lapse], "drop")
    got = found.frame.set_index(["user_id", "snapshot"])["churned"].to_dict()
    assert got == {(user, on(t)): label for (user, t), label in expected.items()}
    assert sum(found.dropped.values()) == out and all(found.dropped.values())
    assert found.frame["snapshot"].is_monotonic_increasing


@settings(max_examples=60)
@given(EVENTS, EVENTS, st.integers(1, 20), st.integers(20, DAYS))
def test_events_from_the_snapshot_on_never_change_a_feature(
    events: list[Any], more: list[Any], days: int, renewal: int
) -> None:
    t = renewal - days
    past = [e for e in events if e[1] < t]
    later = [e for e in more if e[1] >= t]
    keys = frame_of({("ann", renewal), ("bob", renewal)})
    X = []
    for log in (past + [e for e in events if e[1] >= t], past + later):
        activity = activity_of(log)
        if t < 1:
            return
        snapshots = cl.Snapshots.before_renewal(activity, keys, days)
        assert (snapshots.frame["snapshot"] == on(t)).all() and not snapshots.targets
        X.append(cl.build_dataset(activity, snapshots, FEATURES).X.sort_index())
    pd.testing.assert_frame_equal(*X, check_exact=True)


def test_the_rows_are_those_of_any_snapshot_of_these_days() -> None:
    made = make_subscriptions(60, 200)
    activity = made.log().daily()
    found = cl.Snapshots.before_renewal(activity, made.renewals, 7)
    keys = found.frame[["user_id", "snapshot"]]
    same = cl.build_dataset(activity, cl.Snapshots.from_frame(keys), FEATURES).X
    pd.testing.assert_frame_equal(cl.build_dataset(activity, found, FEATURES).X, same)


@pytest.mark.parametrize(
    "kind", [lambda f: f, pl.from_pandas, pa.Table.from_pandas, lambda f: f.set_index("user_id")]
)
@pytest.mark.parametrize("answer", [int, bool, "boolean", "Int64", float])
def test_answers_of_the_frame_in_any_library_and_type(kind: Any, answer: Any) -> None:
    activity = activity_of([("bob", 5, 0, "open")])
    frame = frame_of([("ann", 30), ("bob", 30), ("bob", 90)]).assign(renewed=[1, 0, 1])
    given_ = kind(frame.assign(renewed=frame["renewed"].astype(answer)))
    found = cl.Snapshots.before_renewal(activity, given_, 40, [cl.Lapse(grace=3)])
    assert found.dropped == {"no day of the log before the snapshot": 2}
    assert found.frame["churned"].tolist() == [0.0]  # an answer counts, whatever the log shows
    assert found.targets == (cl.Lapse(grace=3, days=40),)


def test_answers_that_are_not_known_yet_are_refused_or_left_out_and_counted() -> None:
    activity = activity_of([("bob", 5, 0, "open")])
    frame = frame_of([("ann", 30), ("bob", 30)]).assign(renewed=[None, 0])
    with pytest.raises(FrameError, match="'renewed' of the renewals is missing in 1 rows"):
        cl.Snapshots.before_renewal(activity, frame, 7, [cl.Lapse(3)])
    found = cl.Snapshots.before_renewal(activity, frame, 7, [cl.Lapse(3)], unobserved="drop")
    assert found.frame["user_id"].tolist() == ["bob"] and found.frame["churned"].tolist() == [1]
    assert found.dropped == {"label window not observed": 1}


def test_the_split_purges_by_renewal_and_grace() -> None:
    """No training label sees the first test day or a later one."""
    made = make_subscriptions(100, 300)
    activity = made.log().daily()
    lapse = cl.Lapse(grace=5, role="payment")
    snapshots = cl.Snapshots.before_renewal(activity, made.renewals, 9, [lapse], "drop")
    data = cl.build_dataset(activity, snapshots, cl.FeatureSet.of(["Tenure"]))
    cut = pd.Timestamp("2026-07-01")
    train, test = data.split(cut)
    ends = train.X.index.get_level_values("snapshot") + pd.Timedelta(days=9 + 5)  # last label day
    assert ends.max() == cut - pd.Timedelta(days=1)  # somebody is due on each day
    assert test.X.index.get_level_values("snapshot").min() == cut
    left = len(data.X) - len(train.X) - len(test.X)
    assert left == train.counts["purged"] > 0
    at = data.X.index.get_level_values("snapshot")
    assert left == ((at < cut) & (at > cut - pd.Timedelta(days=15))).sum()


def test_the_labels_of_the_simulation_are_its_truth() -> None:
    made = make_subscriptions(200, 240, seed=5)
    lapse = cl.Lapse(grace=5, role="payment")
    found = cl.Snapshots.before_renewal(made.log().daily(), made.renewals, 14, [lapse], "drop")
    truth = made.truth.assign(snapshot=made.truth["renewal"] - pd.Timedelta(days=14))
    both = found.frame.merge(truth, on=["user_id", "snapshot"])
    assert len(both) == len(found) > 500
    assert (both["churned"] == 1 - both["renewed"]).all()


def test_value_beside_lapse_is_the_money_of_its_own_days() -> None:
    activity = activity_of([("bob", 20, 0, "pay"), ("bob", 29, 5, "pay"), ("bob", 30, 0, "pay")])
    targets = [cl.Lapse(0, role="purchase"), cl.LifetimeValue(horizon=10)]
    found = cl.Snapshots.before_renewal(
        activity, frame_of([("bob", 25), ("new", 25)]), 5, targets
    ).frame.set_index("user_id")
    assert found["churned"].to_dict() == {"bob": 0, "new": 1}
    assert found["ltv"].to_dict() == {"bob": 4, "new": 0}  # days 20 to 29


def test_a_folded_store_is_refused_before_the_days_that_it_keeps(tmp_path: Any) -> None:
    made = make_subscriptions(40, 150)
    store = cl.ActivityStore.create(
        tmp_path / "store",
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        roles=made.roles,
        timezone=made.timezone,
    )
    for day, events in made.events.groupby(made.events["ts"].dt.normalize()):
        store.append(day, events)
    lapse = cl.Lapse(5, role="payment")
    whole = cl.Snapshots.before_renewal(store, made.renewals, 7, [lapse], "drop").frame
    store.compact(40)
    with pytest.raises(HistoryError, match="a snapshot cannot be computed at"):
        cl.Snapshots.before_renewal(store, made.renewals, 7, [lapse], "drop")
    late = made.renewals[made.renewals["renewal"] > "2026-05-01"]
    found = cl.Snapshots.before_renewal(store, late, 7, [lapse], "drop").frame
    pd.testing.assert_frame_equal(
        found, whole[whole["snapshot"] > "2026-04-24"].reset_index(drop=True)
    )


GOOD = frame_of([("ann", 30), ("bob", 30)])
PAID = cl.Lapse(3, role="purchase")


@pytest.mark.parametrize(
    "kind, match, changes",
    [
        (ConfigError, "days is 0; give at least 1 day", {"days": 0}),
        (ConfigError, "days is True", {"days": True}),
        (ConfigError, "days is 7.5", {"days": 7.5}),
        (ConfigError, "unknown role 'subscribe'", {"targets": [cl.Lapse(3, role="subscribe")]}),
        (
            ConfigError,
            "a target is Churn.*give Lapse or LifetimeValue",
            {"targets": [cl.Churn(30)]},
        ),
        (ConfigError, "target named twice: churned", {"targets": [PAID, PAID]}),
        (ConfigError, "a target is 30; give Churn", {"targets": 30}),
        (ConfigError, "a frame is 'LazyFrame'", {"renewals": pl.from_pandas(GOOD).lazy()}),
        (ConfigError, "a frame is 'list'", {"renewals": [1, 2]}),
        (
            FrameError,
            "the renewals has columns of the same name: renewal",
            {"renewals": pd.concat([GOOD, GOOD[["renewal"]]], axis=1)},
        ),
        (
            FrameError,
            "'renewed' of the renewals is 'yes' in 2 rows",
            {"renewals": GOOD.assign(renewed="yes"), "targets": cl.Lapse(3)},
        ),
        (ConfigError, "value of unobserved= 'no'", {"unobserved": "no"}),
        (FrameError, "the renewals lacks 1 column.*'renewal'", {"renewals": GOOD[["user_id"]]}),
        (FrameError, "duplicate keys", {"renewals": pd.concat([GOOD, GOOD])}),
        (FrameError, "'renewal' is not midnight in 1 rows, the first soon", {"renewal": "soon"}),
        (FrameError, "'renewal' is not midnight in 1 rows, the first NaT", {"renewal": pd.NaT}),
        (FrameError, "midnight .* 2026-01-31 10:00", {"renewal": on(30) + pd.Timedelta("10h")}),
        (FrameError, "none of the 2 snapshot rows", {"renewals": GOOD.assign(user_id=[1, 2])}),
        (FrameError, "'user_id' of the renewals is missing in 1", {"user_id": None}),
        (FrameError, "nothing says who renewed", {"targets": [cl.Lapse(3)]}),
        (FrameError, "both Lapse", {"renewals": GOOD.assign(renewed=1)}),
        (
            FrameError,
            "'renewed' of the renewals is 2 in 1 rows",
            {"renewals": GOOD.assign(renewed=[1, 2]), "targets": [cl.Lapse(3)]},
        ),
        (FrameError, "no snapshot is left of 0 renewals", {"renewals": GOOD[:0]}),
        (
            FrameError,
            "after the end of the log: 2",
            {"renewals": frame_of([("ann", 99), ("bob", 99)])},
        ),
        (HistoryError, "churned at 2026-02-21 needs events up to 2026-03-03", {"renewal": on(58)}),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(
    kind: type[Exception], match: str, changes: dict[str, Any]
) -> None:
    changes = dict(changes)
    frame = changes.pop("renewals", GOOD)
    for column in ("renewal", "user_id"):
        if column in changes:
            frame = frame.astype({column: object})
            frame.loc[1, column] = changes.pop(column)
    options: dict[str, Any] = {"days": 7, "targets": [PAID], **changes}
    activity = activity_of([("bob", 5, 0, "open")])
    with pytest.raises(kind, match=match) as caught:
        cl.Snapshots.before_renewal(activity, frame, **options)
    assert one_line(caught.value)


def test_a_lapse_is_refused_where_there_are_no_renewal_dates() -> None:
    activity = activity_of([("bob", 5, 0, "open")])
    with pytest.raises(ConfigError, match="Lapse needs each person's renewal date"):
        cl.Snapshots.at(activity, [START], targets=[PAID])


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_renewal_is_a_local_day_of_the_log_whatever_its_zone(zone: str) -> None:
    frame = GOOD.assign(renewal=pd.DatetimeIndex(GOOD["renewal"]).tz_localize("Europe/Paris"))
    activity = activity_of([("bob", 5, 0, "open")], zone)
    found = cl.Snapshots.before_renewal(activity, frame, 7).frame
    assert (found["snapshot"] == on(23)).all()
