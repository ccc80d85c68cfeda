"""The library equals the slow plain oracle, to the last whole number, on 300 logs."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NAMES, ROLES, START, logs, to_log
from support.counting import count
from support.daily_rows import check_rows
from support.every_window import features as every_window
from support.every_window import resolved

import churnlab as cl
from churnlab.features.feature_set import BUILDERS

GAPS = {"gap", "gap_sq", "gaps"}


@pytest.mark.examples(features=250, labels=70, churned=15)
@settings(max_examples=300)
@given(logs(), st.lists(st.integers(1, 75), min_size=1, max_size=4, unique=True))
def test_daily_rows_features_and_labels_equal_the_oracle(made: tuple, offsets: list[int]) -> None:
    found, meaning = made
    activity = to_log(found, meaning).daily()
    rows = oracle.daily(found, meaning)
    check_rows(activity, rows, meaning)
    start = min(min(days) for days in rows.values())
    assert activity.start == start
    check_features(activity, rows, [start + o for o in offsets])
    count("features")
    check_labels(activity, found, meaning, start)


@pytest.mark.parametrize("seed", range(6))
def test_a_log_of_years_equals_the_oracle_too(seed: int) -> None:
    random = np.random.default_rng(seed)
    found = [
        oracle.Event(
            user,
            START + timedelta(minutes=int(at)),
            str(random.choice(NAMES)),
            round(float(random.normal(20, 15)), 2),
            1.0,
        )
        for user in ("ann", "bob", "cat")
        for at in np.cumsum(
            random.choice(
                [5, 90, 1440, 10_080, 60_480, 144_000], 60, p=[0.3, 0.2, 0.3, 0.14, 0.05, 0.01]
            )
        )
    ]
    found += [replace(found[0], name=name, amount=None) for name in NAMES]
    meaning = oracle.Meaning(ROLES, {"badge"}, {"heartbeat"}, "Asia/Shanghai")
    activity, rows = to_log(found, meaning).daily(), oracle.daily(found, meaning)
    assert activity.end - activity.start > 364 or seed
    check_features(activity, rows, [activity.start + d for d in (3, 95, 190, 365, 400, 720)])


def check_features(activity: cl.DailyActivity, rows: dict, days: list[int]) -> None:
    features = cl.FeatureSet.of(BUILDERS)
    wanted = resolved(activity, features).features
    codes = np.repeat(np.arange(len(activity.users)), len(days))
    X = every_window(activity, codes, np.tile(days, len(activity.users)), features)
    columns = X[[feature.name for feature in wanted]].to_numpy(float).tolist()
    for i, code in enumerate(codes):
        person = oracle.Person(rows[activity.users[code]], days[i % len(days)], activity.start)
        for feature, mine in zip(wanted, columns[i], strict=True):
            theirs = person.value(feature.value)
            assert (math.isnan(mine) and math.isnan(theirs)) or math.isclose(
                mine, theirs, rel_tol=1e-12, abs_tol=1e-12
            ), feature.name


def check_labels(
    activity: cl.DailyActivity, found: list, meaning: oracle.Meaning, start: int
) -> None:
    if activity.end - start < 12:  # the label windows are not observed
        return
    targets = [cl.Churn(horizon=5, lead=2), cl.LifetimeValue(horizon=6)]
    eligible = {e.user for e in found if not oracle.churned(found, meaning, e.user, start, 5, 0)}
    if not eligible:
        with pytest.raises(cl.ChurnlabError, match="nobody was active"):
            cl.Snapshots.at(activity, [start + 5], active_within=5, targets=targets)
        return
    frame = cl.Snapshots.at(activity, [start + 5], active_within=5, targets=targets).frame
    assert set(frame["user_id"]) == eligible
    count("labels")
    count("churned", bool(frame["churned"].any()))
    count("spent", bool(frame["ltv"].any()))
    for row in frame.itertuples():
        assert row.churned == oracle.churned(found, meaning, row.user_id, start + 5, 5, 2)
        assert round(row.ltv * 1_000_000) == oracle.spent(found, meaning, row.user_id, start + 5, 6)
