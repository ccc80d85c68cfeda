"""Counting over people: each once, whatever the groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.errors.retention import PeopleError
from churnlab.retention.counting import count
from churnlab.retention.people import People


class Seen:
    """The people that were counted."""

    def __init__(self) -> None:
        self.users: list = []
        self.places: list = []

    def add(self, part: cl.DailyActivity, places: np.ndarray) -> None:
        self.users += part.users.tolist()
        self.places += places.tolist()

    def merge(self, other: Seen) -> None:
        self.users += other.users
        self.places += other.places


def test_everybody_is_counted_once_by_each_tally() -> None:
    made = cl.datasets.make_community(users=90, days=40, seed=2)
    activity = made.log().daily()
    people = People.of(activity, made.users.iloc[:50])
    one, two = count(activity, people, [Seen, Seen])
    assert sorted(one.users) == sorted(activity.users.tolist()) == sorted(two.users)
    known = dict(zip(one.users, one.places, strict=True))
    for i, user in enumerate(made.users["user_id"]):
        assert known.get(user, -1) == (i if i < 50 else -1) or user not in known


def test_a_frame_with_nobody_of_the_log_is_refused() -> None:
    made = cl.datasets.make_community(users=60, days=40, seed=2)
    activity, strangers = made.log().daily(), made.users.assign(user_id=made.users["user_id"] + "x")
    with pytest.raises(PeopleError, match="nobody of the log is in the users frame"):
        count(activity, People.of(activity, strangers, "channel"), [Seen])
    count(activity, People.of(activity, strangers), [Seen])
    half = pd.concat([strangers, made.users.head(1)])
    count(activity, People.of(activity, half, "channel"), [Seen])
