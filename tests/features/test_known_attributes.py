"""Attributes of a later night are of the types that the training saw, or set aside."""

from __future__ import annotations

import logging
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from churnlab.errors import FrameError
from churnlab.features.known_attributes import KnownAttributes, Misfit, joined
from churnlab.features.profile import attributes, catalogue, column_name

TRAINED = pd.DataFrame(
    {
        "user_id": range(200),
        "tier": pd.Series(["1", "2", "3", "unknown"] * 50, dtype=object),
        "年龄": np.arange(200.0),
        "vip": [True, False] * 100,
        "member": pd.Series(["True", "False", "maybe", None] * 50, dtype=object),
        "nothing": pd.Series([None] * 200, dtype=object),
    }
)
NAMES = list(TRAINED)[1:]


def known() -> KnownAttributes:
    X = attributes(TRAINED, TRAINED["user_id"])
    categories = {
        c: X[c].cat.categories.tolist() for c in X if isinstance(X[c].dtype, pd.CategoricalDtype)
    }
    return KnownAttributes.of(["acts__x__all", *X], categories, catalogue(NAMES))


def fitted(**tonight: object) -> tuple[pd.DataFrame, dict[str, Misfit]]:
    users = TRAINED.assign(**tonight)
    frame, misfits = known().fit(users)
    return frame, {m.name: m for m in misfits if m.unfit}


def test_the_same_users_fit_and_stay_as_they_are() -> None:
    frame, misfits = fitted()
    assert list(frame) == ["user_id", *NAMES] and misfits == {}
    pd.testing.assert_frame_equal(
        attributes(frame, frame["user_id"]), attributes(TRAINED, TRAINED["user_id"])
    )


@pytest.mark.parametrize(
    "tonight",
    [
        [1, 2, 3, 3] * 50,
        [1.0, 2.0, 3.0, np.nan] * 50,
        ["1.0", "2.0", "3.0", None] * 50,
        [Decimal(1), Decimal(2), Decimal("3.0"), None] * 50,
        pd.array([1, 2, 3, None] * 50, dtype="Int8"),
        pd.Categorical([1, 2, 3, None] * 50),
        pd.Series([1, "2", 3.0, None] * 50, dtype=object),
    ],
)
def test_tiers_are_known_although_tonight_they_are_numbers(tonight: object) -> None:
    frame, misfits = fitted(tier=tonight)
    assert misfits == {} and frame["tier"].tolist()[:3] == ["1", "2", "3"]
    column = attributes(frame, frame["user_id"])[column_name("tier")]
    assert column.notna().sum() in (150, 200) and set(column.dropna()) == {"1", "2", "3"}


@pytest.mark.parametrize("tonight", [[True, False] * 100, ["true", "FALSE"] * 100, [1, 0] * 100])
def test_true_and_false_are_what_they_were(tonight: list) -> None:
    frame, misfits = fitted(vip=tonight)
    assert frame["vip"].tolist() == [1.0, 0.0] * 100 and misfits == {}
    if tonight[0] != 1 or tonight[0] is True:
        frame, misfits = fitted(member=tonight)
        assert frame["member"].tolist() == ["True", "False"] * 100 and misfits == {}


def test_a_text_among_numbers_is_missing_and_counted_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ages = pd.Series(np.arange(200.0), dtype=object)
    ages[7] = "about 30"
    frame, misfits = fitted(年龄=ages)
    assert np.flatnonzero(frame["年龄"].isna()).tolist() == [7]
    assert frame["年龄"].dtype == np.float64 and frame["年龄"][8] == 8.0
    assert misfits == {"年龄": Misfit("年龄", 1, 200, ("'about 30'",), "a number")}
    with caplog.at_level(logging.WARNING, "churnlab"):
        misfits["年龄"].check(0.01)
    assert "attribute '年龄': 1 of 200 values are set aside" in caplog.text
    assert "such as 'about 30'; it was a number" in caplog.text
    with pytest.raises(FrameError) as refused:
        misfits["年龄"].check(0.004)
    assert str(refused.value) == (
        "attribute '年龄' is not as in training in 1 of 200 values, more than the share 0.004 that "
        "may be set aside: 'about 30'; it was a number; correct the users, train again, or raise "
        "bad_attributes"
    )
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(
    "name, tonight, unfit, examples",
    [
        ("tier", ["1", "gold"] * 100, 100, ("'gold'",)),
        ("tier", [1, 9] * 100, 100, ("9",)),
        ("tier", pd.Timestamp("2026-01-01"), 200, None),
        ("tier", pd.Series([[1]] * 200, dtype=object), 200, ("[1]",)),
        ("年龄", [np.inf, -np.inf] * 100, 200, ("inf", "-inf")),
        ("年龄", ["1", "12,50"] * 100, 100, ("'12,50'",)),
        ("年龄", pd.Timestamp("2026-01-01"), 200, None),
        ("年龄", pd.Categorical(["x", "7"] * 100), 100, ("'x'",)),
        ("nothing", ["a", None] * 100, 100, ("'a'",)),
    ],
)
def test_what_does_not_fit_is_missing_and_counted(
    name: str, tonight: object, unfit: int, examples: tuple[str, ...] | None
) -> None:
    frame, misfits = fitted(**{name: tonight})
    assert list(misfits) == [name] and misfits[name].unfit == unfit
    assert int(frame[name].isna().sum()) >= unfit
    assert examples is None or misfits[name].examples == examples


def test_an_attribute_without_any_value_in_training_is_never_refused() -> None:
    _, misfits = fitted(nothing="a")
    assert not misfits["nothing"].learnt
    misfits["nothing"].check(0.0)


def test_a_number_that_is_text_in_a_file_is_a_number() -> None:
    frame, misfits = fitted(年龄=["12", " 7 ", "1e3", "0.5"] * 50, nothing=None)
    assert frame["年龄"].tolist()[:4] == [12.0, 7.0, 1000.0, 0.5] and misfits == {}


def test_new_attributes_are_left_out_and_missing_ones_refused() -> None:
    frame, _ = known().fit(TRAINED.assign(新=pd.Timestamp("2026-01-01"))[["新", *TRAINED]])
    assert list(frame) == ["user_id", *NAMES]
    with pytest.raises(FrameError) as refused:
        known().fit(TRAINED.drop(columns="年龄"))
    assert "the users lack 1 attribute(s) that the run was trained with: '年龄'" in str(
        refused.value
    )
    with pytest.raises(FrameError, match="columns of the same name: tier"):
        known().fit(pd.concat([TRAINED, TRAINED["tier"]], axis=1))


def test_parts_of_the_users_are_counted_together() -> None:
    parts = [Misfit("a", n, 10, (f"'{n}'",), "a number") for n in (2, 0, 1)]
    assert joined(parts) == Misfit("a", 3, 30, ("'0'", "'1'", "'2'"), "a number")


def test_only_the_training_says_what_a_category_is() -> None:
    assert known().is_category("tier") and known().is_category("nothing")
    assert not known().is_category("年龄") and not known().is_category("new")
