"""Attributes that name their people are found, and no other ones."""

from __future__ import annotations

from functools import cache

import pandas as pd

import churnlab as cl
from churnlab.dataset.naming import naming

FEATURES = cl.FeatureSet.of(["Tenure"])
DAYS = ["2026-02-10", "2026-03-01"]


@cache
def found() -> cl.datasets.Community:
    return cl.datasets.make_community(users=60, days=90)


def named(users: pd.DataFrame) -> tuple[str, ...]:
    activity = found().log().daily()
    snapshots = cl.Snapshots.at(activity, DAYS, targets=[cl.Churn(horizon=14)])
    return naming(cl.build_dataset(activity, snapshots, FEATURES, users=users))


def test_a_text_of_nearly_everybody_is_named_and_a_number_or_a_group_is_not() -> None:
    users = found().users
    ids = pd.Series(range(len(users)))
    given = users.assign(
        name=[f"Ann {i}" for i in ids],
        shared=[f"house {i // 2}" for i in ids],  # two people each
        thrice=[f"house {i // 3}" for i in ids],
        number=ids * 7.5,
        same="one",
    )
    columns = {"profile__name__static"}
    assert columns <= {*named(given)} <= columns | {"profile__shared__static"}


def test_an_attribute_of_some_people_is_judged_by_those_who_have_it() -> None:
    users = found().users
    mail = "m" + users["user_id"]
    assert named(users.assign(mail=mail.where(users.index < 40))) == ("profile__mail__static",)
    assert named(users.assign(mail=mail.where(users.index < 10))) == ()
    assert named(users.assign(mail=None)) == ()
