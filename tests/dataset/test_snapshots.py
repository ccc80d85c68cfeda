"""Snapshots of the user's own, and their keys."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from support.small_log import LOG, activity

import churnlab as cl
from churnlab.dataset.rule import Rule
from churnlab.dataset.snapshots import snapshots_of_group
from churnlab.errors import FrameError


def test_own_snapshots_are_checked() -> None:
    with pytest.raises(FrameError, match="not midnight in 1 rows"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshot": [pd.Timestamp("2026-01-01 03:00")]})
        )
    with pytest.raises(FrameError, match="lacks 1 column.*'snapshot'"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshots": [pd.Timestamp("2026-01-01")]})
        )
    with pytest.raises(FrameError, match="1 duplicate"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a", "a"], "snapshot": [pd.Timestamp("2026-01-01")] * 2})
        )
    with pytest.raises(FrameError, match="'churned' of the snapshots is 2"):
        cl.Snapshots.from_frame(
            pd.DataFrame({"user_id": ["a"], "snapshot": ["2026-01-01"], "churned": [2]})
        )


def test_own_snapshots_may_name_people_without_events() -> None:
    own = cl.Snapshots.from_frame(
        pd.DataFrame(
            {"user_id": ["ann", "zoe"], "snapshot": ["2026-01-10"] * 2, "churned": [True, False]}
        )
    )
    data = cl.build_dataset(activity(LOG), own)
    assert data.counts["people not in the log"] == 1
    row = data.X.loc["zoe"].iloc[0]
    assert row["cadence__active_days__all"] == 0 and np.isnan(row["cadence__since_last_days__all"])


def test_ids_of_another_type_are_refused() -> None:
    own = cl.Snapshots.from_frame(pd.DataFrame({"user_id": [1, 2], "snapshot": ["2026-01-10"] * 2}))
    with pytest.raises(FrameError, match="none of the 2 snapshot rows is of a person who is known"):
        cl.build_dataset(activity(LOG), own)


def test_keys_may_be_levels_of_the_index() -> None:
    frame = pd.DataFrame({"user_id": ["ann"], "snapshot": ["2026-01-10"], "ltv": [2.5]})
    own = cl.Snapshots.from_frame(frame.set_index(["user_id", "snapshot"]))
    assert own.frame["user_id"].tolist() == ["ann"] and own.frame["ltv"].tolist() == [2.5]
    with pytest.raises(FrameError, match="'ltv' of the snapshots is inf"):
        cl.Snapshots.from_frame(frame.assign(ltv=[np.inf]))


@pytest.mark.parametrize("cuts", [[0, 3], [0, 1, 3], [0, 1, 2, 3]])
def test_snapshots_of_groups_of_people_are_the_whole(cuts: list[int]) -> None:
    table = activity(LOG)
    rule = Rule.of(["2026-01-10", "2026-01-25"], 30, [cl.Churn(5)], "error", None)
    by_day = rule.eligible(table)
    parts = [snapshots_of_group(table, rule, by_day, a, b).frame for a, b in pairwise(cuts)]
    whole = cl.Snapshots.at(table, rule.days, 30, rule.targets).frame
    keys = ["user_id", "snapshot"]
    got = pd.concat(parts, ignore_index=True)
    assert got["user_id"].is_monotonic_increasing
    pd.testing.assert_frame_equal(
        got.sort_values(keys, ignore_index=True), whole.sort_values(keys, ignore_index=True)
    )
