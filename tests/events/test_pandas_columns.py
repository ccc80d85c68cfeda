"""Columns of Python objects with mixed values."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import LogError
from churnlab.events.numbers import read_numbers
from churnlab.events.pandas_columns import arrow_of

NUMBERS = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9).map(lambda v: round(v, 4)),
    st.decimals(-(10**9), 10**9, places=3),
)


@given(st.lists(NUMBERS, min_size=1), st.sampled_from([None, ".", ","]))
def test_numbers_of_any_kind_beside_text_keep_their_value(
    values: list[object], decimal: str | None
) -> None:
    frame = pd.DataFrame({"paid": pd.Series([*values, "7", None, pd.NA], dtype=object)})
    column = arrow_of(frame, {"paid"}).column("paid").combine_chunks()
    found, null = read_numbers("the frame", "paid", column, decimal)
    assert null is not None and null.tolist() == [False] * (len(values) + 1) + [True, True]
    assert np.allclose(found[:-2], [*map(float, values), 7], rtol=1e-15, atol=0)  # type: ignore[arg-type]


def test_values_that_are_no_numbers_stay_visible() -> None:
    given_ = [Decimal("1.5"), "$3", True, [1], float("inf"), float("nan"), "x\ud800"]
    frame = pd.DataFrame({"paid": pd.Series(given_, dtype=object)})
    told = arrow_of(frame, {"paid"})["paid"].to_pylist()
    assert told == ["15e-1", "$3", "True", "[1]", "inf", None, "x\\ud800"]


def test_other_columns_of_mixed_values_are_refused_in_one_line() -> None:
    frame = pd.DataFrame({"who": pd.Series(["a", 5], dtype=object)})
    with pytest.raises(LogError, match="give every column values of one type") as caught:
        arrow_of(frame)
    assert "\n" not in str(caught.value)
