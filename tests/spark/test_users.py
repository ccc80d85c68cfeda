"""Attributes of people on Spark: numbers as doubles, everything else as text, no dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from support.spark import MARKS, on_spark, pulled, small

import churnlab as cl
from churnlab.errors import FrameError, LogError
from churnlab.features.known_attributes import KnownAttributes
from churnlab.features.profile import column_name
from churnlab.spark.users import as_in_training, read, typed

pytestmark = MARKS


def test_numbers_are_doubles_and_everything_else_is_text(session: Any, tmp_path: Path) -> None:
    users = pd.DataFrame({"user_id": [7], "age": [40], "member": [True], "plan": ["gold"]})
    frame, columns = typed(on_spark(session, users, tmp_path), False, session)
    kinds = dict(frame.dtypes)
    assert {n: kinds[c] for n, c in columns.items()} == {
        "age": "double",
        "member": "double",
        "plan": "string",
    }
    assert kinds["user_id"] == "bigint"
    assert (
        dict(typed(on_spark(session, users, tmp_path), True, session)[0].dtypes)["user_id"]
        == "string"
    )


def test_dates_and_frames_without_ids_are_refused(session: Any, tmp_path: Path) -> None:
    born = pd.DataFrame({"user_id": [7], "born": [date(1990, 1, 1)]})
    with pytest.raises(FrameError, match="'born' is a date"):
        typed(on_spark(session, born, tmp_path), False, session)
    with pytest.raises(FrameError, match="lacks 1 column"):
        typed(on_spark(session, born[["born"]], tmp_path), False, session)
    lists = pd.DataFrame({"user_id": [7], "tags": [["a"]]})
    with pytest.raises(FrameError, match="'tags' holds lists"):
        typed(on_spark(session, lists, tmp_path), False, session)
    twice = on_spark(session, pd.DataFrame({"user_id": [7], "a": [1], "b": [2]}), tmp_path)
    with pytest.raises(FrameError, match="columns of the same name: a"):
        typed(twice.toDF("user_id", "a", "a"), False, session)


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


NAMES = ("渠道", "Age band", "AGE BAND", "age_band", "a`b.c", "👩\u200d👧", "e\u0301", "é", " ")


def test_attributes_of_any_name_are_those_of_one_machine(session: Any, tmp_path: Path) -> None:
    log, users = (
        pd.DataFrame({"u": ["a", "b"] * 9, "e": "open"}),
        pd.DataFrame({"user_id": ["a", "b"]}),
    )
    log["t"] = pd.date_range("2026-01-01", periods=18, freq="12h")
    users["mixed"] = pd.Series([1.0, "x"], dtype=object)
    for i, name in enumerate(NAMES):
        users[name] = [f"{i}a", f"{i}b"] if i % 2 else [float(i), None]
    found = {}
    for engine in (on_spark(session, log, tmp_path), log):
        options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
        activity = cl.EventLog.from_frame(engine, **options).daily()
        snapshots = cl.Snapshots.at(activity, ["2026-01-08"], active_within=30)

        found[engine is log] = cl.build_dataset(
            activity, snapshots, cl.FeatureSet.of(["Tenure"]), users=users
        )
    spark, here = found[False], found[True]
    users[["user_id", *NAMES]].to_parquet(tmp_path / "users.parquet")
    with pytest.raises(LogError, match="differ in capitals alone are one; rename one"):
        read(spark.activity, str(tmp_path / "users.parquet"), "user_id")
    assert spark.catalogue.equals(here.catalogue)
    rows = pulled(spark.X)
    for name in here.X:
        expected = here.X[name].astype(object).tolist()
        assert [None if pd.isna(v) else v for v in rows[name]] == [
            None if pd.isna(v) else v for v in expected
        ]


def test_attributes_are_of_the_types_of_the_training(
    session: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    learnt = KnownAttributes(
        {column_name("Tier"): ("1", "2", "unknown"), column_name("年龄"): None},
        {column_name("Tier"): "Tier", column_name("年龄"): "年龄"},
    )
    users = pd.DataFrame(
        {
            "user_id": [f"u{i}" for i in range(8)],
            "Tier": [1.0, 2.0, None, 1.0, 1.0, 2.0, 7.0, 2.0],
            "年龄": ["20", "30", "old", None, "4", "5", "6", "7"],
            "new": "x",
        }
    )
    frame = on_spark(session, users, tmp_path)
    found = as_in_training(frame, learnt, share=0.5)
    found = pulled(found, ("user_id",))
    assert list(found) == ["user_id", "Tier", "年龄"]
    expected, _ = learnt.fit(users)
    assert found["Tier"].astype(object).where(found["Tier"].notna(), None).tolist() == [
        None if pd.isna(v) else v for v in expected["Tier"]
    ]
    assert found["年龄"].fillna(-1).tolist() == expected["年龄"].fillna(-1).tolist()
    assert "attribute 'Tier': 1 of 7 values are set aside" in caplog.text
    with pytest.raises(FrameError, match="'Tier' is not as in training in 1 of 7 values.*: 7.0"):
        as_in_training(frame, learnt, share=0.01)
    with pytest.raises(FrameError, match="the users lack 1 attribute.*'年龄'"):
        as_in_training(frame.drop("年龄"), learnt, share=0.01)
