"""Ids in frames of users: what is no id is refused in one line."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors import FrameError
from churnlab.schema.user_ids import known_ids

PEOPLE = [uuid.UUID(int=5), uuid.UUID(int=6)]


def activity_of(ids: Any) -> cl.DailyActivity:
    events = pd.DataFrame({"u": ids, "t": pd.Timestamp("2026-03-01"), "e": "open"})
    return cl.EventLog.from_frame(events, user="u", time="t", event="e", timezone="UTC").daily()


def test_uuids_find_their_people_in_snapshots_and_attributes() -> None:
    ids = pd.Series(PEOPLE, dtype=object)
    snapshots = cl.Snapshots.from_frame(pd.DataFrame({"user_id": ids, "snapshot": "2026-03-02"}))
    users = pd.DataFrame({"user_id": ids, "tier": ["gold", "tin"]})
    data = cl.build_dataset(activity_of(ids), snapshots, cl.FeatureSet.of(["Tenure"]), users=users)
    assert data.X["lifecycle__tenure_days__all"].tolist() == [1, 1]
    assert data.X["profile__tier__static"].tolist() == ["gold", "tin"]


@pytest.mark.parametrize(
    "ids, match",
    [
        (["a\ud800", "b"], r"holds what is no text, the first 'a\\ud800'; correct or drop"),
        (["a", 5, "\udfff"], r"holds what is no text, the first '\\udfff'"),
        ([["a"], ["b"]], "holds a list; give text or whole numbers"),
        ([{}, "a"], "holds a dict"),
        ([np.array([1]), "a"], "holds a ndarray"),
    ],
)
def test_what_is_no_id_is_refused_in_one_line(ids: list[Any], match: str) -> None:
    frame = pd.DataFrame({"user_id": pd.Series(ids, dtype=object), "snapshot": "2026-03-02"})
    with pytest.raises(FrameError, match="column 'user_id' of the snapshots " + match) as caught:
        cl.Snapshots.from_frame(frame)
    assert "\n" not in str(caught.value) and str(caught.value).encode()
    own = cl.Snapshots.from_frame(pd.DataFrame({"user_id": ["a"], "snapshot": "2026-03-02"}))
    with pytest.raises(FrameError, match="column 'user_id' of the users frame " + match):
        cl.build_dataset(activity_of(["a"]), own, users=frame[["user_id"]])


def test_truth_values_are_no_ids() -> None:
    with pytest.raises(FrameError, match="holds a bool; give text or whole numbers"):
        known_ids("the users frame", pd.Series([True, False], name="user_id"))


@pytest.mark.parametrize("ids", [["a", None], [1, "a", None], [1.0, np.nan]])
def test_other_ids_are_left_as_they_are(ids: list[Any]) -> None:
    column = pd.Series(ids, dtype=object)
    assert known_ids("the users frame", column) is column


def test_categories_that_are_no_text_are_written_out() -> None:
    own = cl.Snapshots.from_frame(pd.DataFrame({"user_id": ["a", "b"], "snapshot": "2026-03-02"}))
    tiers = pd.Series(["x\ud800", "y\0"], dtype=object)
    users = pd.DataFrame({"user_id": ["a", "b"], "tier": tiers})
    data = cl.build_dataset(activity_of(["a", "b"]), own, cl.FeatureSet.of(["Tenure"]), users=users)
    assert data.X["profile__tier__static"].tolist() == [r"x\ud800", "y\0"]


@pytest.mark.parametrize(
    "name, labels, match",
    [
        ("churned", ["yes", "no"], "'churned' of the snapshots is 'yes' in 2 rows; give numbers"),
        ("ltv", ["12,5", "3"], "'ltv' of the snapshots is '12,5' in 1 rows; give numbers"),
        ("ltv", [[1], 2], "'ltv' of the snapshots is .* in 1 rows; give numbers"),
    ],
)
def test_labels_that_are_no_numbers_are_refused(name: str, labels: list[Any], match: str) -> None:
    frame = pd.DataFrame({"user_id": ["a", "b"], "snapshot": "2026-03-02"})
    with pytest.raises(FrameError, match=match) as caught:
        cl.Snapshots.from_frame(frame.assign(**{name: pd.Series(labels, dtype=object)}))
    assert "\n" not in str(caught.value)
