"""Amounts of any type, and those that cannot be used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from support.logs import (
    START,
    small,
)
from support.refusals import OPTIONS

import churnlab as cl


def test_amounts_that_are_none_and_amounts_that_are_large() -> None:
    day = pa.array([START] * 9, pa.timestamp("us"))
    log = small(
        day, [1e308, float("nan"), float("inf"), float("-inf"), -5.5, 1e10, -1e10, 1.1e10, None]
    )
    assert log.counts["bad_amounts"] == 5 and log.counts["bad_measures"] == 5
    assert (
        log.daily().values("money").tolist()
        == [-5_500_000]
        == log.daily().values("m_size").tolist()
    )


def test_amounts_that_are_none_are_counted_and_set_aside(frame: pd.DataFrame) -> None:
    clean = cl.EventLog.from_frame(frame, **OPTIONS).daily()
    rows = frame.index[frame["event"] == "purchase"][:4]
    frame.loc[rows, "amount"] = [np.inf, -np.inf, np.nan, 1e300]
    log = cl.EventLog.from_frame(frame, **OPTIONS)
    assert log.describe()["bad_amounts"] == 4
    assert log.daily().columns["acts"].sum() == clean.columns["acts"].sum()
    assert 0 < log.daily().columns["money"].sum() < clean.columns["money"].sum()
