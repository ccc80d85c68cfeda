"""From a configuration to rows: snapshot days, held-out days, features of a day."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import churnlab as cl
from churnlab.activity.daily import DailyActivity
from churnlab.config.tables import Config
from churnlab.errors import ConfigError, HistoryError
from churnlab.schema.days import day_number
from churnlab.training.preparation import (
    build,
    features_at,
    held_out_from,
    label,
    reach_of,
    snapshot_days,
    split,
    split_rows,
    with_varying_columns,
)

TARGETS = (cl.Churn(30), cl.LifetimeValue(60))


def config(folder: Path = Path(), **tables: Any) -> Config:
    log = {"path": "events.parquet", "user": "user_id", "time": "ts", "event": "event"}
    given = {"log": log | {"timezone": "Asia/Shanghai"}, "features": {"builders": ["Tenure"]}}
    return Config.of(
        given | {"model": {"when": False}, "target": {"ltv_horizon": 30}} | tables, folder
    )


@pytest.fixture(scope="module")
def activity(community: Any) -> DailyActivity:
    return community.log().daily()


def test_snapshots_go_backwards_from_the_last_day_with_observed_labels(
    activity: DailyActivity,
) -> None:
    days = snapshot_days(config(), activity, TARGETS)
    assert reach_of(TARGETS) == 60
    assert days[-1] == activity.end - 60
    assert {b - a for a, b in pairwise(days)} == {14}
    assert days[0] - activity.start >= (days[-1] - activity.start) // 3
    first = config(snapshots={"first": "2026-01-10", "every": 3})
    stated = snapshot_days(first, activity, TARGETS)
    assert day_number("2026-01-10") <= stated[0] < day_number("2026-01-13")


@pytest.mark.parametrize(
    ("snapshots", "targets", "error", "says"),
    [
        ({"every": 0}, TARGETS, ConfigError, "snapshots.every is 0; give at least 1 day"),
        ({"first": "2027-01-01"}, TARGETS, ConfigError, "give a day up to 2026-0"),
        ({}, (cl.Churn(400),), HistoryError, "a horizon of 400 days needs a longer log"),
    ],
)
def test_snapshots_that_cannot_be_are_refused(
    activity: DailyActivity, snapshots: dict, targets: Any, error: type, says: str
) -> None:
    with pytest.raises(error, match=says):
        snapshot_days(config(snapshots=snapshots), activity, targets)


def test_the_newest_quarter_is_held_out_once_earlier_labels_have_ended() -> None:
    days = [0, 10, 20, 30, 40, 50, 60, 70]
    assert held_out_from(config(), days, (cl.Churn(30),)) == 60
    assert held_out_from(config(), days, (cl.Churn(65),)) == 70
    stated = config(snapshots={"test_from": "1970-02-01"})
    assert held_out_from(stated, days, (cl.Churn(30),)) == 31
    with pytest.raises(HistoryError, match="labels reach 80 days ahead"):
        held_out_from(config(), days, (cl.Churn(80),))


def test_rows_are_split_by_time_and_purged(community: Any, activity: DailyActivity) -> None:
    settings = config(snapshots={"active_within": 30})
    rows = label(settings, activity)
    parts = split(settings, rows)
    cut = held_out_from(settings, rows.days, rows.targets)
    reach = reach_of(rows.targets)
    assert all(day_number(d) + reach <= cut for d in parts.train.days)
    assert all(day_number(d) >= cut for d in parts.test.days)
    assert rows.data.X.equals(build(settings, activity, rows.days, rows.targets).X)
    again = split_rows(settings, community.log())
    assert again.train.digest == parts.train.digest and again.test.digest == parts.test.digest


def test_labels_of_one_class_are_refused(activity: DailyActivity) -> None:
    settings = config()
    rows = label(settings, activity)
    alike = rows.data.labels.assign(churned=0.0)
    object.__setattr__(rows.data, "labels", alike)
    with pytest.raises(HistoryError, match="churned is 0 in all"):
        split(settings, rows)


def test_features_of_a_day_are_of_the_eligible_and_without_a_day_of_everybody(
    community: Any, activity: DailyActivity, tmp_path: Path
) -> None:
    community.events.to_parquet(tmp_path / "events.parquet")
    settings = config(tmp_path, snapshots={"active_within": 5})
    some, everybody = features_at(settings, "2026-05-01"), features_at(settings)
    assert set(some.X.index.get_level_values("snapshot").strftime("%Y-%m-%d")) == {"2026-05-01"}
    assert len(some.X) < len(everybody.X) <= len(activity.users)
    assert list(some.X) == list(everybody.X)


def test_columns_that_cannot_vary_in_the_training_rows_are_left_out_and_named(
    activity: DailyActivity,
) -> None:
    chosen = config(features={"builders": ["Tenure", "PushOpenDecline"]})
    rows = label(chosen, activity)
    rows.data.X["lifecycle__tenure_share__all"] = 0.5
    said: list[str] = []
    kept = with_varying_columns(chosen, rows, said.append)
    assert kept.data.left_out == ("lifecycle__tenure_share__all",)
    columns = rows.data.X.shape[1]
    assert said == [
        f"left out 1 of {columns} columns: the same for everybody, like "
        "lifecycle__tenure_share__all"
    ]
    assert with_varying_columns(chosen, kept) is kept
    rows.data.X["lifecycle__tenure_days__all"] = 1.0  # models of histories read it
    assert "lifecycle__tenure_days__all" in with_varying_columns(chosen, rows).data.X
