"""Groups of people by one column."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from churnlab.winback.experiments.groups import grouped

VALUES = st.lists(st.one_of(st.none(), st.floats(-5, 5), st.integers(0, 3)), min_size=1)


@given(VALUES)
def test_every_person_is_in_one_group_and_no_group_is_empty(values: list[float | None]) -> None:
    names, group = grouped(pd.Series(values, dtype=np.float64))
    assert len(group) == len(values) and group.min() >= 0
    assert sorted(set(group)) == list(range(len(names)))


def test_few_numbers_are_their_own_groups_in_order() -> None:
    names, group = grouped(pd.Series([10.0, 2.0, np.nan, 10.0]))
    assert names == ("2", "10", "unknown") and group.tolist() == [1, 0, 2, 1]


def test_bands_are_named_by_their_lowest_and_highest_value() -> None:
    assert grouped(pd.Series(np.arange(1, 13.0)))[0] == ("1-3", "4-6", "7-9", "10-12")


def test_values_that_repeat_make_fewer_bands() -> None:
    names, group = grouped(pd.Series(np.r_[np.zeros(90), np.arange(1, 11.0)]))
    assert names == ("0-0", "1-10") and group.tolist() == [0] * 90 + [1] * 10


def test_of_many_texts_the_smallest_are_put_together() -> None:
    values = [chr(97 + i) for i in range(20) for _ in range(30 - i)]
    names, group = grouped(pd.Series(values))
    assert len(names) == 12 and names[-1] == "other"
    assert (group == 11).sum() == sum(30 - i for i in range(11, 20))


def test_categories_and_missing_texts() -> None:
    names, group = grouped(pd.Series(["b", None, "a"], dtype="category"))
    assert names == ("a", "b", "unknown") and group.tolist() == [1, 2, 0]


def test_texts_with_numbers_are_in_the_order_of_the_numbers() -> None:
    names = ["silent 28+ days", "silent 7-27 days", "silent 0-6 days"]
    assert grouped(pd.Series(names))[0] == tuple(reversed(names))


def test_bands_of_long_numbers_have_short_names() -> None:
    values = pd.Series(np.linspace(-1.35485, 61.5644, 40))
    assert grouped(values)[0][0] == "-1.355 – 13.16"
    assert grouped(pd.Series(np.linspace(0.123456, 12_345.678, 40)))[0][-1] == "9497-12346"
    close = grouped(pd.Series(100 + np.arange(40) * 1e-4))[0]
    assert len(set(close)) == 4
