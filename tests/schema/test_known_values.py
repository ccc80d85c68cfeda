"""Values are found among known ones however they are spelled."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from churnlab.schema.known_values import places

TIERS = ["1", "2", "3", "unknown"]


@pytest.mark.parametrize(
    "values",
    [
        [1, 3, 2],
        [1.0, 3.0, 2.0],
        ["1", "3", "2"],
        ["1.0", "3.0", "2.0"],
        [Decimal("1"), Decimal("3.0"), Decimal("2")],
        [np.int8(1), np.float32(3), np.uint64(2)],
        pd.Series([1, 3, 2], dtype="Int64"),
        pd.Categorical([1, 3, 2]),
    ],
)
def test_numbers_are_found_among_texts(values: object) -> None:
    assert places(values, TIERS).tolist() == [0, 2, 1]
    assert places(values, [1, 2, 3]).tolist() == [0, 2, 1]
    assert places(values, [1.0, 2.0, 3.0]).tolist() == [0, 2, 1]


def test_missing_values_and_others_are_not_found() -> None:
    others = [
        None,
        np.nan,
        pd.NA,
        pd.NaT,
        4,
        "one",
        "01",
        "1e0",
        " 1",
        True,
        b"1",
        (1,),
        [1],
        "nan",
    ]
    assert places(pd.Series(others, dtype=object), TIERS).tolist() == [-1] * len(others)
    assert places([], TIERS).tolist() == [] and places([1], []).tolist() == [-1]


def test_true_and_false_are_found_in_any_spelling() -> None:
    for known in (["False", "True"], ["false", "true", "x"], [False, True]):
        assert places([True, False, "TRUE", "false", np.True_], known).tolist() == [1, 0, 1, 0, 1]


def test_what_is_equal_comes_before_what_is_meant() -> None:
    assert places(["1.0", "1", 1, 1.0], ["1", "1.0"]).tolist() == [1, 0, 0, 0]
    assert places(["007", 7, "7"], ["007", "7"]).tolist() == [0, 1, 1]
    assert places([7], ["007"]).tolist() == [-1]
