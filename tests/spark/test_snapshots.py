"""Snapshots and users on Spark that cannot be used are refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.spark import MARKS, on_spark, small

import churnlab as cl
from churnlab.errors import ConfigError, FrameError, HistoryError, LogError

pytestmark = MARKS


def test_snapshots_and_users_that_cannot_be_used(session: Any, tmp_path: Path) -> None:
    activity = cl.EventLog.from_frame(
        small(session, tmp_path), user="u", time="t", event="e"
    ).daily()
    with pytest.raises(FrameError, match=r"lacks 1 column\(s\): 'snapshot'"):
        cl.Snapshots.from_frame(small(session, tmp_path).withColumnRenamed("u", "user_id"))
    rows = pd.DataFrame(
        {"user_id": ["a", "a"], "snapshot": pd.to_datetime(["2026-03-02", "2026-03-02"])}
    )
    doubled = cl.build_dataset(activity, cl.Snapshots.from_frame(on_spark(session, rows, tmp_path)))
    with pytest.raises(FrameError, match="holds 1 duplicate keys"):
        doubled.write(str(tmp_path / "X"))
    snapshots = cl.Snapshots.from_frame(rows.iloc[:1])
    for users, error, text in (
        (
            pd.DataFrame({"user_id": ["a"], "born": [date(1990, 1, 1)]}),
            FrameError,
            "'born' is a date",
        ),
        (pd.DataFrame({"user": ["a"]}), FrameError, "lacks 1 column"),
    ):
        with pytest.raises(error, match=text):
            cl.build_dataset(activity, snapshots, users=users)
    with pytest.raises(LogError, match="'user_id' of the snapshots is long"):
        cl.build_dataset(activity, cl.Snapshots.from_frame(rows.iloc[:1].assign(user_id=7)))
    with pytest.raises(HistoryError, match="no event before 2026-03-01"):
        cl.Snapshots.at(activity, ["2026-03-01"])
    with pytest.raises(HistoryError, match="needs a longer log"):
        cl.Snapshots.at(activity, ["2026-03-02"], targets=[cl.Churn(30)])
    with pytest.raises(ConfigError, match="without amounts"):
        cl.Snapshots.at(activity, ["2026-03-02"], targets=[cl.LifetimeValue(1)])
    with pytest.raises(ConfigError, match="unknown role 'quit'"):
        cl.Snapshots.at(activity, ["2026-03-02"], terminal="quit")
    with pytest.raises(HistoryError, match="nobody was active"):
        cl.Snapshots.at(activity, ["2026-03-02"], targets=[cl.Churn(1)], unobserved="drop")
