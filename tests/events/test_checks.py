"""Logs without enough sound rows."""

from __future__ import annotations

import pandas as pd
import pytest
from support.refusals import OPTIONS, refused

import churnlab as cl


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_rows_without_a_user_are_counted_and_too_many_refused(
    frame: pd.DataFrame, nothing: str | None
) -> None:
    clean = cl.EventLog.from_frame(frame.drop(index=[3, 4]), **OPTIONS).daily()
    frame.loc[[3, 4], "user_id"] = nothing
    log = cl.EventLog.from_frame(frame, **OPTIONS)
    assert log.describe()["bad_ids"] == 2
    assert log.daily().digest == clean.digest
    frame.loc[range(8), "user_id"] = nothing
    refused(
        "column 'user_id' of the frame is null, empty or a word for nothing in 8 of 500 rows", frame
    )
    assert cl.EventLog.from_frame(frame, **OPTIONS, bad_ids=0.1).describe()["bad_ids"] == 8


def test_an_empty_log(frame: pd.DataFrame) -> None:
    refused("holds no event", frame.head(0))
    refused("all 500 rows of the frame are ignored events", frame, ignore=["open", "purchase"])
