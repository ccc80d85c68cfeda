"""Columns of frames that a user gives."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from churnlab.dataset.given import midnights, numbers, with_columns
from churnlab.errors import FrameError

DAY = np.datetime64("2026-03-01", "us")


@pytest.mark.parametrize(
    "values",
    [
        ["2026-03-01"],
        ["2026-3-1"],
        [date(2026, 3, 1)],
        [pd.Timestamp("2026-03-01")],
        pd.DatetimeIndex(["2026-03-01"]).tz_localize("Asia/Tokyo"),
        pd.PeriodIndex(["2026-03-01"], freq="D"),
    ],
)
def test_days_in_any_form(values: object) -> None:
    assert midnights(pd.Series(values, name="renewal")).tolist() == [DAY.item()]


@pytest.mark.parametrize("values", [["soon"], [20_000.5], [None], ["2026-03-01 09:00"], [True]])
def test_what_is_no_day_is_refused_by_the_columns_name(values: list[object]) -> None:
    with pytest.raises(FrameError, match="column 'renewal' is not midnight in 1 rows") as caught:
        midnights(pd.Series(values, name="renewal"))
    assert "\n" not in str(caught.value)


def test_numbers_and_what_is_none() -> None:
    assert numbers(pd.Series([1, None, True], dtype=object)).tolist()[::2] == [1, 1]
    with pytest.raises(FrameError, match="column 'ltv' of the snapshots is 'x' in 1 rows"):
        numbers(pd.Series(["1", "x"], name="ltv"))


def test_keys_are_columns_or_levels_of_the_index_and_no_name_stands_twice() -> None:
    frame = pd.DataFrame({"user_id": [1], "renewal": [DAY], "n": [2]})
    for given in (frame, frame.set_index("user_id"), frame.set_index(["user_id", "renewal"])):
        assert set(with_columns("the renewals", given, ["user_id", "renewal"])) == set(frame)
    with pytest.raises(FrameError, match="the renewals has columns of the same name: n"):
        with_columns("the renewals", pd.concat([frame, frame[["n"]]], axis=1), ["user_id"])
