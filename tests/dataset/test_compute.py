"""Features on one machine: against the oracle, threads, groups of people, folded days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import NAMES, ROLES
from support.every_window import features as every_window
from support.logs import (
    COLUMNS,
    FEATURES,
    START,
    TABLE,
    tall,
)
from support.random_log import activity, events

import churnlab as cl
from churnlab.activity import blocks, rows
from churnlab.dataset import compute
from churnlab.features.feature_set import BUILDERS

ACTIVITY = cl.EventLog.from_frame(TABLE, **COLUMNS).daily()


@settings(max_examples=40)
@given(st.integers(1, 900), st.integers(0, 2**31), st.booleans())
def test_cells_over_very_long_histories_equal_the_oracle(rows: int, seed: int, wide: bool) -> None:
    rng = np.random.default_rng(seed)
    days = np.sort(rng.choice(2500, rows, replace=False))
    found = [
        oracle.Event(
            "ann",
            START + timedelta(days=int(d), hours=9),
            "buy" if rng.random() < 0.3 else "read",
            1.0,
        )
        for d in days
    ]
    found += [
        oracle.Event("bob", START + timedelta(days=int(d), hours=9), "like", None)
        for d in days[:: max(1, rows // 3)]
    ]
    found += [
        oracle.Event("ann", START + timedelta(days=int(days[0]), hours=9, seconds=i % 3000), "read")
        for i in range(300 if wide else 0)
    ]
    found += [
        oracle.Event("cat", START + timedelta(days=int(days[0]), hours=9), name)
        for name in NAMES
        if name not in ("heartbeat", "badge")
    ]
    meaning = oracle.Meaning(ROLES, set(), set(), "UTC")
    table = tall(
        [e.user for e in found],
        [e.at for e in found],
        [e.name for e in found],
        a=pa.array([e.amount for e in found], pa.float64()),
        seconds=pa.nulls(len(found), pa.float64()),
    )
    activity = cl.EventLog.from_frame(
        table,
        user="u",
        time="t",
        event="e",
        amount="a",
        roles=ROLES,
        measures=["seconds"],
        timezone="UTC",
        until="2200-01-01",
    ).daily()
    first = int(activity.start)
    ts = [first + int(o) for o in rng.choice(2700, 3, replace=False)]
    X = every_window(activity, np.repeat([0, 1, 2], 3), np.tile(ts, 3), FEATURES)
    rows_of = oracle.daily(found, meaning)
    for i, user in enumerate(["ann"] * 3 + ["bob"] * 3 + ["cat"] * 3):
        person = oracle.Person(rows_of[user], ts[i % 3], first)
        want = np.array(
            [person.value(f.value) for _, f in FEATURES.features(compute.available(activity))]
        )
        np.testing.assert_allclose(X.iloc[i].to_numpy(), want, rtol=1e-12, atol=1e-12)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(1, 400), st.booleans())
def test_many_snapshots_in_any_order_are_what_each_is_alone(
    seed: int, count: int, strangers: bool
) -> None:
    rng = np.random.default_rng(seed)
    codes, days = (
        rng.integers(-1 if strangers else 0, len(ACTIVITY.users), count),
        rng.integers(ACTIVITY.start - 3, ACTIVITY.end + 60, count),
    )
    got = compute.compute(ACTIVITY, codes, days, FEATURES).to_numpy()
    for i in rng.integers(0, count, 3):
        alone = compute.compute(ACTIVITY, codes[i : i + 1], days[i : i + 1], FEATURES).to_numpy()
        assert got[i].tobytes() == alone[0].tobytes()
    order = rng.permutation(count)
    assert (
        compute.compute(ACTIVITY, codes[order], days[order], FEATURES, threads=1)
        .to_numpy()
        .tobytes()
        == got[order].tobytes()
    )


def bytes_of(frame: pd.DataFrame) -> bytes:
    return frame.to_numpy().tobytes()


def test_available_are_the_roles_and_money() -> None:
    assert {"quiz", "other", "money"} <= compute.available(activity(events()))
    assert "money" not in compute.available(activity(events(), amount=None))


def test_groups_threads_and_the_order_of_snapshots_do_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = cl.FeatureSet.of(BUILDERS)
    whole = activity(events())
    rng = np.random.default_rng(1)
    codes = np.r_[rng.integers(0, 12, 60), -1, -1]
    days = whole.start + np.r_[rng.integers(1, 150, 60), 3, 90]
    expected = compute.compute(whole, codes, days, features)
    for module in (blocks, rows):
        monkeypatch.setattr(module, "PIECE_BITS", 2)
    parts = activity(events())
    assert len(parts.rows.pieces()) >= 3
    for threads in (1, 2, None):
        assert bytes_of(compute.compute(parts, codes, days, features, threads)) == bytes_of(
            expected
        )
    order = rng.permutation(len(codes))
    shuffled = compute.compute(parts, codes[order], days[order], features)
    assert bytes_of(shuffled) == bytes_of(expected.iloc[order])


def test_a_resolved_set_gives_the_matrix_of_the_set() -> None:
    daily, features = activity(events()), cl.FeatureSet.of(["Tenure", "LoginIntervals"])
    codes, days = np.arange(12), np.full(12, daily.start + 100)
    resolved = compute.resolve(features, daily)
    found = compute.matrix(daily, codes, days, resolved)
    pd.testing.assert_frame_equal(found, compute.compute(daily, codes, days, features))
    assert list(found) == list(resolved.names) == list(features.names(compute.available(daily)))


def test_no_snapshot_gives_no_row() -> None:
    daily = activity(events())
    nothing = np.zeros(0, np.int64)
    found = compute.compute(daily, nothing, nothing, cl.FeatureSet.default())
    assert found.shape[0] == 0 and found.shape[1] > 100


def test_the_first_day_of_a_whole_log_is_its_second() -> None:
    daily = activity(events())
    assert compute.first_day(daily, cl.FeatureSet.default()) == daily.start + 1


def test_the_length_of_the_log_is_known_without_putting_all_rows_in_order() -> None:
    daily = activity(events())
    assert isinstance(daily.rows, blocks.BlockRows)
    compute.resolve(cl.FeatureSet.default(), daily)
    assert "whole" not in vars(daily.rows) and daily.carry is None
