"""Bad input at the door of the log: one line that says what broke, what was given, what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import churnlab as cl
from churnlab.errors import LogError

COLUMNS = {"user": "user_id", "time": "ts", "event": "event", "amount": "amount", "timezone": "UTC"}


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "user_id": [f"{i:04d}" for i in rng.integers(0, 30, 500)],
            "ts": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 10**6, 500), "s"),
            "event": rng.choice(["open", "purchase"], 500),
            "amount": rng.gamma(2, 5, 500).round(2),
        }
    )


def refused(match: str, frame: object = None, path: str | None = None, **changes: object) -> None:
    options = {**COLUMNS, **changes}
    with pytest.raises(LogError, match=match) as caught:
        cl.EventLog.read(path, **options) if path else cl.EventLog.from_frame(frame, **options)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_no_such_file() -> None:
    refused("no such file: 'gone.parquet'", path="gone.parquet")


def test_a_pattern_that_matches_nothing() -> None:
    refused(r"no file matches the pattern 'gone/\*.parquet'", path="gone/*.parquet")


def test_a_truncated_parquet_file(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_parquet(tmp_path / "b.parquet")
    data = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(data[: len(data) // 2])
    refused(r"b\.parquet cannot be read", path="*.parquet")


def test_a_csv_with_a_broken_row(frame: pd.DataFrame, tmp_path: Path) -> None:
    text = frame.to_csv(index=False).splitlines()
    text[200] = text[200] + ",one,two,three"
    (tmp_path / "log.csv").write_text("\n".join(text))
    refused(r"log\.csv cannot be read.*", path="log.csv")


def test_csv_files_with_different_headers(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "1.csv", index=False)
    frame[["ts", "user_id", "event", "amount"]].to_csv(tmp_path / "2.csv", index=False)
    refused(r"2\.csv has another header line than .*1\.csv", path="?.csv")


def test_a_misspelt_column_lists_near_names(frame: pd.DataFrame) -> None:
    refused(r"no column 'usr_id' \(given as user=\): did you mean 'user_id'", frame, user="usr_id")


def test_an_unreadable_time(frame: pd.DataFrame) -> None:
    text = frame.assign(ts=frame["ts"].astype(str))
    text.loc[7, "ts"] = "yesterday"
    refused("column 'ts' of the frame is not a time in 1 of 500 rows, the first 'yesterday'", text)


@pytest.mark.parametrize("nothing", [None, "", "null"])
def test_rows_without_a_user_are_counted_and_too_many_refused(
    frame: pd.DataFrame, nothing: str | None
) -> None:
    clean = cl.EventLog.from_frame(frame.drop(index=[3, 4]), **COLUMNS).daily()
    frame.loc[[3, 4], "user_id"] = nothing
    log = cl.EventLog.from_frame(frame, **COLUMNS)
    assert log.describe()["bad_ids"] == 2
    assert log.daily().digest == clean.digest
    frame.loc[range(8), "user_id"] = nothing
    refused(
        "column 'user_id' of the frame is null, empty or a word for nothing in 8 of 500 rows", frame
    )
    assert cl.EventLog.from_frame(frame, **COLUMNS, bad_ids=0.1).describe()["bad_ids"] == 8


def test_ids_that_are_no_ids(frame: pd.DataFrame) -> None:
    refused(
        "column 'user_id' of the frame is double; give text or whole numbers",
        frame.assign(user_id=1.5),
    )


def test_no_event_of_a_named_role(frame: pd.DataFrame) -> None:
    refused(
        "role 'social' names 'comment', and the log has no such event",
        frame,
        roles={"social": ["comment"]},
    )
    refused("did you mean 'purchase'", frame, roles={"purchase": ["purchases"]})


def test_an_empty_log(frame: pd.DataFrame) -> None:
    refused("holds no event", frame.head(0))
    refused("all 500 rows of the frame are ignored events", frame, ignore=["open", "purchase"])


def test_naive_times_need_a_zone_and_zones_must_exist(frame: pd.DataFrame) -> None:
    refused("column 'ts' of the frame has no time zone", frame, timezone=None)
    refused(
        "unknown time zone 'Asia/Shangai': did you mean 'Asia/Shanghai'",
        frame,
        timezone="Asia/Shangai",
    )
    zoned = frame.assign(ts=frame["ts"].dt.tz_localize("UTC"))
    assert cl.EventLog.from_frame(zoned, **{**COLUMNS, "timezone": None}).timezone == "UTC"


def test_amounts_that_are_none_are_counted_and_set_aside(frame: pd.DataFrame) -> None:
    clean = cl.EventLog.from_frame(frame, **COLUMNS).daily()
    rows = frame.index[frame["event"] == "purchase"][:4]
    frame.loc[rows, "amount"] = [np.inf, -np.inf, np.nan, 1e300]
    log = cl.EventLog.from_frame(frame, **COLUMNS)
    assert log.describe()["bad_amounts"] == 4
    assert log.daily().columns["acts"].sum() == clean.columns["acts"].sum()
    assert 0 < log.daily().columns["money"].sum() < clean.columns["money"].sum()


def test_sums_beyond_64_bits_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(LogError, match="'money' sums to more than 9e12"):
        cl.EventLog.from_frame(
            pd.concat([frame.assign(user_id="one", amount=1e10)] * 3), **COLUMNS, roles={}
        ).daily()


def test_duplicates_are_counted_and_dropped_where_an_id_says_so(frame: pd.DataFrame) -> None:
    twice = (
        pd.concat([frame, frame.head(20)])
        .assign(id=[*range(500), *range(20)])
        .sample(frac=1, random_state=1)
    )
    assert cl.EventLog.from_frame(twice, **COLUMNS).describe()["duplicates"] == 20
    log = cl.EventLog.from_frame(twice, **COLUMNS, event_id="id")
    assert log.describe()["duplicates_dropped"] == 20
    assert log.daily().digest == cl.EventLog.from_frame(frame, **COLUMNS).daily().digest


def test_every_source_gives_the_same_daily_rows(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "log.parquet")
    frame.head(250).to_csv(tmp_path / "1.csv", index=False)
    frame.tail(250).to_csv(tmp_path / "2.csv", index=False)
    sources = [
        frame.sample(frac=1, random_state=3),
        pl.from_pandas(frame),
        pl.from_pandas(frame).lazy(),
        pa.Table.from_pandas(frame),
        duckdb.sql("select * from frame"),
        frame.astype({"user_id": "category", "event": "category"}),
    ]
    digests = {cl.EventLog.from_frame(s, **COLUMNS).daily().digest for s in sources}
    digests |= {
        cl.EventLog.read(p, **COLUMNS).daily().digest
        for p in ("log.parquet", "?.csv", str(tmp_path / "*.parquet"))
    }
    assert len(digests) == 1


def test_a_frame_that_is_none_is_refused() -> None:
    refused("is list; give a dataframe", [1, 2])


def test_text_times_with_offsets_are_instants() -> None:
    frame = pd.DataFrame(
        {
            "u": ["a", "a"],
            "t": ["2026-01-01T23:30:00+08:00", "2026-01-01T16:30:00Z"],
            "e": ["x", "x"],
        }
    )
    activity = cl.EventLog.from_frame(
        frame, user="u", time="t", event="e", timezone="Asia/Shanghai"
    ).daily()
    assert activity.frame()["day"].dt.strftime("%m-%d").tolist() == ["01-01", "01-02"]


def test_the_machines_own_zone_does_not_matter(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    for zone in ("UTC", "America/New_York", "Australia/Lord_Howe"):
        monkeypatch.setenv("TZ", zone)
        digests.add(
            cl.EventLog.from_frame(
                frame.assign(ts=frame["ts"].dt.tz_localize("UTC")),
                **{**COLUMNS, "timezone": "Asia/Kolkata"},
            )
            .daily()
            .digest
        )
    assert len(digests) == 1


def test_all_amounts_are_money_where_no_event_is_a_purchase(frame: pd.DataFrame) -> None:
    frame["event"] = frame["event"].replace("purchase", "order")
    log = cl.EventLog.from_frame(frame, **COLUMNS)
    assert log.roles.names == ("open", "other")
    assert log.daily().sums[:, 0].sum() == round(frame["amount"] * 1e6).astype(int).sum()
