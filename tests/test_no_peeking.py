"""Nothing that happens at or after t reaches the features at t; labels see their window alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import oracle
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import START, events, logs, to_log
from support.counting import count
from support.every_window import features as every_window

import churnlab as cl
from churnlab.features.facts import with_facts
from churnlab.features.feature_set import BUILDERS

FEATURES = with_facts(cl.FeatureSet.of(BUILDERS))


def features_at(found: list, meaning: oracle.Meaning, users: list, day: int) -> bytes:
    activity = to_log(found, meaning).daily()
    codes = np.array([list(activity.users).index(u) for u in users])
    return every_window(activity, codes, np.full(len(codes), day), FEATURES).to_numpy().tobytes()


def day_of(event: oracle.Event, meaning: oracle.Meaning) -> int:
    return (oracle.local(event, meaning.zone).date() - oracle.EPOCH).days


@pytest.mark.examples(later_events=500, all=850)
@settings(max_examples=1000)
@given(
    logs(max_size=16),
    st.integers(1, 40),
    st.lists(events(max_size=6), max_size=2),
    st.randoms(use_true_random=False),
)
def test_events_at_or_after_t_change_nothing(made: tuple, offset: int, more: list, random) -> None:  # type: ignore[no-untyped-def]
    found, meaning = made
    t = min(day_of(e, meaning) for e in found) + offset
    before = [e for e in found if day_of(e, meaning) < t]
    midnight = datetime.combine(oracle.EPOCH + timedelta(days=t), datetime.min.time())
    if before[0].at.tzinfo is not None:
        midnight = midnight.replace(tzinfo=ZoneInfo(meaning.zone)).astimezone(UTC)
    moved = [
        replace(
            e,
            at=midnight + (e.at.replace(tzinfo=None) - START),
            user=random.choice(before).user,
            amount=random.choice([1e6, None, 5.0]),
        )
        for batch in more
        for e in batch
    ]
    fill = [
        replace(before[0], at=before[0].at + timedelta(days=90), name=n, amount=None)
        for n in {e.name for e in found}
    ]
    users = sorted({e.user for e in before if e.name not in meaning.ignore}, key=str)
    assume(users)
    count("all")
    count("later_events", bool(moved) or len(before) < len(found))
    alone = features_at(before + fill, meaning, users, t)
    assert features_at(found + moved + fill, meaning, users, t) == alone


@pytest.mark.examples(churned=20, stayed=5, spent=5)
@settings(max_examples=100)
@given(
    logs(max_size=20),
    st.integers(0, 29),
    st.integers(0, 12),
    st.integers(0, 5),
    st.integers(1, 10),
)
def test_labels_see_their_window_alone(
    made: tuple, chosen: int, back: int, lead: int, horizon: int
) -> None:
    found, meaning = made
    bought = replace(found[chosen % len(found)], name="buy", amount=9.99)
    found = [*found, bought]  # near t, so that windows are not empty
    t = max(day_of(bought, meaning) - back, min(day_of(e, meaning) for e in found) + 1)
    far = replace(found[0], at=found[0].at + timedelta(days=120))
    target = cl.Churn(horizon=horizon, lead=lead)
    inside = range(*target.window(t))
    kept = [e for e in found if (d := day_of(e, meaning)) < t or d in inside]
    fill = [replace(far, name=n, amount=None) for n in {e.name for e in found}]
    value = cl.LifetimeValue(horizon=lead + horizon)
    assume(not all(oracle.churned(found, meaning, e.user, t - 60, 60, 0) for e in found))
    whole = cl.Snapshots.at(
        to_log([*found, *fill], meaning).daily(), [t], targets=[target, value]
    ).frame
    lead_days = range(t, t + lead)
    kept += [e for e in found if day_of(e, meaning) in lead_days and not meaning.act(e.name)]
    part = cl.Snapshots.at(to_log(kept + fill, meaning).daily(), [t], targets=[target]).frame
    count("churned", bool(whole["churned"].any()))
    count("stayed", not whole["churned"].all())
    count("spent", bool(whole["ltv"].any()))
    assert whole["user_id"].tolist() == part["user_id"].tolist()
    assert whole["churned"].tolist() == part["churned"].tolist()
    assert [round(v * 1e6) for v in whole["ltv"]] == [
        oracle.spent(found, meaning, u, t, lead + horizon) for u in whole["user_id"]
    ]
