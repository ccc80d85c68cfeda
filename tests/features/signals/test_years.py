"""Windows of two and three years, against counts by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import churnlab as cl
from churnlab.dataset import compute
from churnlab.schema.days import day_number

END = 1500
DAYS = [100, END - 900, END - 500, END - 490, END - 10]


def found() -> pd.Series:
    """The features of Ann, who bought on DAYS, in a log that begins with Bob."""
    first = pd.Timestamp("2020-01-01")
    rows = pd.DataFrame(
        {
            "u": ["bob", *["ann"] * len(DAYS)],
            "t": first + pd.to_timedelta([0, *DAYS], "D"),
            "e": "purchase",
            "a": [9.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )
    activity = cl.EventLog.from_frame(
        rows, user="u", time="t", event="e", amount="a", timezone="UTC"
    ).daily()
    day = np.array([day_number("2020-01-01") + END])
    return compute.compute(activity, np.array([0]), day, cl.FeatureSet.of(["Years"])).iloc[0]


def test_windows_of_two_and_three_years() -> None:
    values = found()
    assert values["years__active_days__728d"] == 3 and values["years__active_days__1092d"] == 4
    assert values["years__amount_sum__1092d"] == 14 and values["years__orders_sum__728d"] == 3


def test_the_years_before_the_last() -> None:
    values = found()
    assert values["years__active_days_before_364__728d"] == pytest.approx(2 * 7 / 364)
    assert values["years__amount_before_728__1092d"] == pytest.approx(2.0 * 7 / 364)


@pytest.mark.parametrize("days, windows", [(1091, ()), (1092, (728,)), (1456, (728, 1092))])
def test_a_window_needs_a_log_that_is_a_year_longer(days: int, windows: tuple[int, ...]) -> None:
    chosen = cl.FeatureSet.of(["Years"]).within(days)
    assert chosen.builders[0].windows == windows  # type: ignore[attr-defined]


def test_the_look_back_is_a_setting() -> None:
    years = cl.FeatureSet(cl.FeatureSet.of(["Years"]).builders, look_back=728)
    assert years.within(5000).builders[0].windows == (728,)  # type: ignore[attr-defined]
