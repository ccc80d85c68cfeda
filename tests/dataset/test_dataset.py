"""Rows, labels and splits of a dataset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import FrameError, HistoryError


@pytest.fixture(scope="module")
def activity() -> cl.DailyActivity:
    rng = np.random.default_rng(3)
    rows = 4_000
    frame = pd.DataFrame(
        {
            "user_id": rng.integers(1, 80, rows),
            "ts": pd.Timestamp("2026-01-01")
            + pd.to_timedelta(rng.integers(0, 200 * 86_400, rows), "s"),
            "event": rng.choice(["open", "purchase", "social"], rows),
            "amount": rng.gamma(2, 10, rows).round(2),
        }
    )
    return cl.EventLog.from_frame(
        frame, user="user_id", time="ts", event="event", amount="amount", timezone="Asia/Shanghai"
    ).daily()


@pytest.fixture(scope="module")
def data(activity: cl.DailyActivity) -> cl.Dataset:
    snapshots = cl.Snapshots.at(
        activity,
        [f"2026-0{m}-01" for m in (3, 4, 5, 6)],
        targets=[cl.Churn(horizon=7), cl.LifetimeValue(30)],
    )
    return cl.build_dataset(activity, snapshots)


def test_x_is_float_and_indexed_by_person_and_snapshot(data: cl.Dataset) -> None:
    assert data.X.index.names == ["user_id", "snapshot"]
    assert set(data.X.dtypes) == {np.dtype("float64")}
    assert list(data.catalogue["name"]) == list(data.X.columns)
    assert not np.isinf(data.X.to_numpy()).any()
    assert data.y("churned").index.equals(data.X.index)


def test_a_split_purges_rows_whose_labels_reach_into_the_test(data: cl.Dataset) -> None:
    train, test = data.split("2026-05-15")
    assert train.days.max() == pd.Timestamp("2026-04-01") and test.days.min() == pd.Timestamp(
        "2026-06-01"
    )
    assert (
        train.counts["purged"] == (data.X.index.get_level_values("snapshot") == "2026-05-01").sum()
    )
    with pytest.raises(HistoryError, match="leaves no row on one side"):
        data.split("2027-01-01")


def test_attributes_become_categories_and_unknown_people_are_missing(
    activity: cl.DailyActivity,
) -> None:
    users = pd.DataFrame(
        {"user_id": [1, 2, 3], "channel": ["ads", "ads", "friend"], "age": [20, 30, 40]}
    )
    data = cl.build_dataset(activity, cl.Snapshots.at(activity, ["2026-03-01"]), users=users)
    channel = data.X["profile__channel__static"]
    assert channel.dtype == pd.CategoricalDtype(["ads", "friend"])
    assert channel.notna().sum() <= 3 and data.X["profile__age__static"].dtype == np.float64
    with pytest.raises(FrameError, match="duplicate"):
        cl.build_dataset(
            activity, cl.Snapshots.at(activity, ["2026-03-01"]), users=pd.concat([users, users])
        )


def test_a_builder_without_its_roles_contributes_nothing_and_is_named(data: cl.Dataset) -> None:
    assert data.skipped == {"PushOpenDecline": "push_sent, push_opened"}
    assert not any(c.startswith("push__") for c in data.X)


def test_the_digest_follows_the_content(data: cl.Dataset, activity: cl.DailyActivity) -> None:
    again = cl.build_dataset(
        activity,
        cl.Snapshots(
            data.X.index.to_frame(index=False).join(data.labels.reset_index(drop=True)),
            data.targets,
        ),
    )
    assert again.digest == data.digest
    assert data.take(np.arange(10)).digest != data.digest


def test_an_unknown_label_is_named(data: cl.Dataset) -> None:
    with pytest.raises(FrameError, match="no target 'churn': did you mean 'churned'"):
        data.y("churn")


def test_a_split_censors_what_the_training_part_could_not_know_yet() -> None:
    community = cl.datasets.make_community(users=60, days=200, seed=4)
    table = community.log().daily()
    days, target = [table.start + d for d in (60, 90, 120)], cl.TimeToChurn(30, weeks=8)
    few = cl.FeatureSet.of(["Tenure"])
    data = cl.build_dataset(table, cl.Snapshots.at(table, days, targets=[target]), few)
    start = table.start + 120
    learn, test = data.split(start)
    events = community.events
    past = events[events["ts"] < pd.Timestamp("1970-01-01") + pd.Timedelta(days=start)]
    then = replace(community, events=past).log().daily()
    assert then.end == start
    seen = cl.build_dataset(then, cl.Snapshots.at(then, days[:2], targets=[target]), few)
    pd.testing.assert_frame_equal(learn.labels, seen.labels)
    assert learn.labels["known_weeks"].max() == 5 < data.labels["known_weeks"].max()
    pd.testing.assert_frame_equal(test.labels, data.labels.loc[test.labels.index])
    pd.testing.assert_frame_equal(
        cl.build_dataset(table, cl.Snapshots.at(table, days), few).X, data.X
    )
