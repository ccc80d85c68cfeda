"""Static attributes: types, strangers and errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import ChurnlabError, FrameError
from churnlab.features import profile
from churnlab.features.catalogue import COLUMNS

USERS = pd.DataFrame(
    {
        "user_id": [1, 2, 3],
        "Age band": [20, 30, None],
        "vip": [True, False, True],
        "channel": ["ads", None, "friend"],
    }
)
AGE = profile.column_name("Age band")


def test_numbers_are_floats_and_text_is_category_and_strangers_are_missing() -> None:
    found = profile.attributes(USERS, pd.Series([3, 1, 9]))
    assert list(found) == [AGE, "profile__vip__static", "profile__channel__static"]
    assert found[AGE].dtype == np.float64
    assert found["profile__vip__static"].tolist()[:2] == [1.0, 1.0]
    assert found["profile__channel__static"].dtype == pd.CategoricalDtype(["ads", "friend"])
    assert found.iloc[2].isna().all()


def test_ids_that_are_text_find_users_by_number() -> None:
    assert profile.attributes(USERS, pd.Series(["2"]))[AGE].item() == 30


def test_nobody_known_is_refused_for_the_whole_but_not_for_a_part() -> None:
    strangers = pd.Series([8, 9])
    with pytest.raises(FrameError, match="is of a person who is known"):
        profile.attributes(USERS, strangers)
    assert profile.attributes(USERS, strangers, whole=False).isna().all(axis=None)


@pytest.mark.parametrize(
    "users, match",
    [
        (USERS.drop(columns="user_id"), "user_id"),
        (pd.concat([USERS, USERS]), "duplicate"),
        (USERS.set_axis(["user_id", "vip", "vip", "channel"], axis=1), "the same name: vip"),
        (USERS.set_axis(["user_id", "1", 1, "channel"], axis=1), "the same name: 1"),
        (USERS.rename(columns={"vip": "user_id"}), "the same name: user_id"),
        (USERS.assign(since=pd.Timestamp("2026-01-01")), "since"),
    ],
)
def test_a_users_frame_that_cannot_be_used_is_refused(users: pd.DataFrame, match: str) -> None:
    with pytest.raises(ChurnlabError, match=match):
        profile.attributes(users, pd.Series([1]))


def test_catalogue_rows_say_the_attribute_as_it_is() -> None:
    table = profile.catalogue(["Age band"])
    assert list(table) == COLUMNS
    assert table.iloc[0][["signal", "builder", "unit", "window"]].tolist() == [
        "profile",
        "attributes",
        "as given",
        "static",
    ]
    assert table["says"].item() == "Age band: {value}"
    assert table["missing"].item() == "Age band is not known"
