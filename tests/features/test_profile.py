"""Static attributes: types, strangers and errors."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

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


@pytest.mark.parametrize(
    "values, kind",
    [
        ([1, 2.5, None], "numbers"),
        ([Decimal("1.5"), None, Decimal(2)], "numbers"),
        ([True, None, False], "numbers"),
        (["a", 1, None], "texts"),
        ([1, True, "x"], "texts"),
        ([None, None, None], "texts"),
        ([UUID(int=1), None, UUID(int=2)], "texts"),
        ([date(2026, 1, 1), None, "x"], "dates"),
        ([timedelta(1), None, None], "dates"),
        ([[1], None, [2]], "others"),
        ([b"a", None, b"b"], "others"),
        ([{"a": 1}, None, "x"], "others"),
    ],
)
def test_a_column_of_any_values_is_what_its_values_are(values: list, kind: str) -> None:
    column = pd.Series(values, dtype=object, name="x")
    assert profile.kind_of(column) == kind
    users = pd.DataFrame({"user_id": [1, 2, 3], "x": column})
    if kind in ("dates", "others"):
        with pytest.raises(FrameError, match="attribute 'x' (is a date|holds lists)"):
            profile.attributes(users, pd.Series([1]))
    else:
        found = profile.attributes(users, pd.Series([1, 2, 3]))["profile__x__static"]
        assert (found.dtype == np.float64) == (kind == "numbers")
        assert found.isna().tolist() == [v is None for v in values]


def test_a_category_of_mixed_values_has_one_spelling_of_a_whole_number() -> None:
    users = pd.DataFrame({"user_id": range(4), "x": pd.Series([1, 1.0, "1", "no"], dtype=object)})
    found = profile.attributes(users, users["user_id"])["profile__x__static"]
    assert found.tolist() == ["1", "1", "1", "no"]


def test_infinite_numbers_are_missing() -> None:
    users = pd.DataFrame({"user_id": [1, 2, 3], "x": [np.inf, -np.inf, 3.0]})
    found = profile.attributes(users, pd.Series([1, 2, 3]))["profile__x__static"]
    assert found.isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    "users, log",
    [
        (["1", "2", "3"], [1, 2, 3]),
        ([1.0, 2.0, 3.0, None], [1, 2, 3]),
        ([Decimal(1), 2, "3"], [1, 2, 3]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([1.0, 2.0, 3.0, np.nan], ["1", "2", "3"]),
        (["a", "b", "c", None], ["a", "b", "c"]),
    ],
)
def test_ids_of_another_type_are_found_and_rows_without_an_id_left_out(
    users: list, log: list
) -> None:
    frame = pd.DataFrame({"user_id": users, "age": np.arange(len(users))})
    assert profile.attributes(frame, pd.Series(log)).iloc[:, 0].tolist() == [0.0, 1.0, 2.0]


def test_ids_that_cannot_be_the_logs_are_refused() -> None:
    with pytest.raises(FrameError, match="has an id like 'aaa', and the log's are whole numbers"):
        profile.attributes(pd.DataFrame({"user_id": ["1", "ann"]}), pd.Series([1]))


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
