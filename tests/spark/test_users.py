"""Attributes of people on Spark: numbers as doubles, everything else as text, no dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.spark import MARKS, on_spark, small

import churnlab as cl
from churnlab.errors import FrameError, LogError
from churnlab.spark.users import read, typed

pytestmark = MARKS


def test_numbers_are_doubles_and_everything_else_is_text(session: Any, tmp_path: Path) -> None:
    users = pd.DataFrame({"user_id": [7], "age": [40], "member": [True], "plan": ["gold"]})
    frame = typed(on_spark(session, users, tmp_path), text_ids=False)
    assert dict(frame.dtypes) == {
        "user_id": "bigint",
        "age": "double",
        "member": "double",
        "plan": "string",
    }
    assert dict(typed(on_spark(session, users, tmp_path), True).dtypes)["user_id"] == "string"


def test_dates_and_frames_without_ids_are_refused(session: Any, tmp_path: Path) -> None:
    born = pd.DataFrame({"user_id": [7], "born": [date(1990, 1, 1)]})
    with pytest.raises(FrameError, match="'born' is a date"):
        typed(on_spark(session, born, tmp_path), False)
    with pytest.raises(FrameError, match="lacks 1 column"):
        typed(on_spark(session, born[["born"]], tmp_path), False)


def test_parquet_stays_on_spark_and_csv_is_read_here(session: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    frame = small(session, log)
    activity = cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC").daily()
    users = pd.DataFrame({"who": ["a"], "age": [40]})
    users.to_parquet(tmp_path / "users.parquet")
    users.to_csv(tmp_path / "users.csv", index=False)
    spark = read(activity, str(tmp_path / "users.parquet"), "who")
    here = read(activity, str(tmp_path / "users.csv"), "who")
    assert spark.columns == ["user_id", "age"] and here["user_id"].tolist() == ["a"]
    with pytest.raises(LogError):
        read(activity, str(tmp_path / "users.csv"), "nobody")
