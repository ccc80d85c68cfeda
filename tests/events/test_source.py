"""Columns that are missing or there twice."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest
from support.logs import (
    SMALLER,
)
from support.refusals import refused

import churnlab as cl
from churnlab.errors import LogError


def test_two_columns_of_one_name_are_refused_in_one_line() -> None:
    twice = pa.Table.from_arrays(
        [SMALLER["u"], SMALLER["t"], SMALLER["e"], SMALLER["e"]], names=["u", "t", "e", "e"]
    )
    for given in (twice, twice.to_pandas()):
        with pytest.raises(
            LogError,
            match="column 'e' of the frame is there more than once; give one column of that name",
        ):
            cl.EventLog.from_frame(given, user="u", time="t", event="e")


def test_a_misspelt_column_lists_near_names(frame: pd.DataFrame) -> None:
    refused(r"no column 'usr_id' \(given as user=\): did you mean 'user_id'", frame, user="usr_id")
