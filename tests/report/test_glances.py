"""What logs, daily rows, snapshots, datasets and evaluations show of themselves in a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from churnlab.activity.daily import DailyActivity
from churnlab.dataset.build import build_dataset
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.snapshots import Snapshots
from churnlab.evaluation.evaluation import Evaluation
from churnlab.events.event_log import EventLog
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.targets import Churn, LifetimeValue

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def log(community: Any) -> EventLog:
    return community.log()


@pytest.fixture(scope="module")
def activity(log: EventLog) -> DailyActivity:
    return log.daily()


@pytest.fixture(scope="module")
def snapshots(activity: DailyActivity) -> Snapshots:
    days = list(range(activity.start + 60, activity.end - 30, 5))
    return Snapshots.at(activity, days, targets=[Churn(horizon=30), LifetimeValue(horizon=20)])


@pytest.fixture(scope="module")
def data(activity: DailyActivity, snapshots: Snapshots) -> Dataset:
    return build_dataset(activity, snapshots, FeatureSet.of(["Tenure", "LoginIntervals"]))


def test_a_log_shows_its_events_and_what_was_set_aside_and_nobody(log: EventLog) -> None:
    said = log._repr_html_()
    counted = log.describe()
    assert f"{counted['events']:,} events of {counted['people']} people." in said
    assert max(log.named, key=lambda name: log.named[name]) in said
    assert not any(str(user) in said for user in log.daily().users[:50])


def test_daily_rows_show_a_few_rows_of_a_few_people(activity: DailyActivity) -> None:
    said = activity._repr_html_()
    seen = [user for user in activity.users if f">{user}<" in said]
    rows = activity.frame().head(5)
    assert seen == list(rows["user_id"].unique()) == list(activity.users[: len(seen)])
    assert said.count("<tr>") == 1 + len(rows)
    assert all(f">{day:%Y-%m-%d}<" in said for day in rows["day"])


def test_snapshots_show_rows_and_labels_by_day(snapshots: Snapshots) -> None:
    said = snapshots._repr_html_()
    newest = snapshots.frame["snapshot"].max()
    rows = snapshots.frame[snapshots.frame["snapshot"] == newest]
    assert f"{newest:%Y-%m-%d}" in said
    assert f">{rows['churned'].mean():.1%}<" in said
    assert f">{len(rows)}<" in said
    assert "no act in the 30 days" in said
    assert "more</p>" in said  # the older days are counted
    assert not any(f">{user}<" in said for user in rows["user_id"])


def test_snapshots_without_labels_show_their_rows() -> None:
    frame = pd.DataFrame({"user_id": [7, 9], "snapshot": "2026-03-01"})
    said = Snapshots.from_frame(frame)._repr_html_()
    assert "2 rows of 2 people at 1 day" in said
    assert "share that churned" not in said


def test_a_dataset_shows_its_columns_by_signal_and_what_it_lacks(data: Dataset) -> None:
    train, _ = data.split(data.days[-1])
    said = train._repr_html_()
    assert f"{data.X.shape[1]} columns of features." in said
    assert ">cadence<" in said
    assert ">purged<" in said
    empty = data.take(np.zeros(0, int))._repr_html_()
    assert "0 rows of 0 people at 0 days" in empty


def test_an_evaluation_shows_intervals_and_what_is_unsure(data: Dataset) -> None:
    y = data.y("churned").iloc[:100]
    found = Evaluation.of({"churnlab": np.linspace(0, 1, 100)}, y, target="churned")
    said = found._repr_html_()
    assert str(found.interval("auc")) in said
    assert "Unsure: judged on" in said
    assert 'class="ours"' in said


def test_names_in_a_log_are_escaped() -> None:
    at = pd.date_range("2026-03-01", periods=5, freq="D", tz="UTC")
    frame = pd.DataFrame({"u": [EVIL] * 5, "t": at, "e": EVIL})
    log = EventLog.from_frame(frame, user="u", time="t", event="e")
    for said in (log._repr_html_(), log.daily()._repr_html_()):
        assert "<img" not in said
        assert "&lt;img" in said
