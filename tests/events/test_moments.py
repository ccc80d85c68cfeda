"""The bounds of a log: until, since, the moment of reading, and what lies beyond."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import churnlab as cl
from churnlab.errors import ConfigError, LogError
from churnlab.events import clock
from churnlab.events.moments import as_moment, earlier, on_clock
from churnlab.schema.days import day_number

SHANGHAI = ZoneInfo("Asia/Shanghai")
COLUMNS = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Shanghai"}
NOW = datetime(2026, 7, 1, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def events(*more: str) -> pd.DataFrame:
    """200 people active every third day to 2026-06-30, and further events of one of them."""
    days = pd.date_range("2026-01-01", "2026-06-30")
    rows = [(u, d + pd.Timedelta(hours=9)) for u in range(200) for d in days[u % 3 :: 3]] + [
        (7, pd.Timestamp(t)) for t in more
    ]
    return pd.DataFrame(rows, columns=["u", "t"]).assign(e="open")


PHONE = events("2027-06-30 10:00")


def sources(frame: pd.DataFrame, folder: Path) -> dict[str, cl.EventLog]:
    """The same events read from sources of every kind, naive and with a zone."""
    plain = pa.table({name: pa.array(frame[name]) for name in frame})
    moments = pc.assume_timezone(plain["t"].cast(pa.timestamp("us")), "Asia/Shanghai")
    zoned = plain.set_column(1, "t", moments)
    epoch = plain.set_column(1, "t", moments.cast(pa.timestamp("ms", "UTC")).cast(pa.int64()))
    frame.to_csv(folder / "log.csv", index=False)
    pq.write_table(zoned, folder / "zoned.parquet", row_group_size=2000)
    with duckdb.connect(str(folder / "log.duckdb")) as connection:
        connection.execute("create table log as from zoned")
    read, of = cl.EventLog.read, cl.EventLog.from_frame
    return {
        "pandas": of(frame, **COLUMNS),
        "polars": of(pl.from_arrow(zoned), **COLUMNS),
        "csv": read(folder / "log.csv", **COLUMNS),
        "parquet": read(folder / "zoned.parquet", **COLUMNS, threads=2),
        "duckdb": read(folder / "log.duckdb", table="log", **COLUMNS),
        "epoch": of(epoch, **COLUMNS, time_unit="ms"),
        "small memory": read(folder / "zoned.parquet", **COLUMNS, memory="100KB"),
    }


def test_the_issues_instance_from_every_source(tmp_path: Path) -> None:
    want = cl.EventLog.from_frame(events(), **COLUMNS).daily()
    assert want.end == day_number("2026-07-01")
    for name, log in sources(PHONE, tmp_path).items():
        assert log.counts["bad_times"] == 1 and "bad_times 1" in repr(log), name
        if name != "csv":  # whose ids are text
            assert log.daily().digest == want.digest, name
        assert (log.daily().start, log.daily().end) == (want.start, want.end), name
        assert log.describe()["last_day"] == "2026-06-30", name


def test_a_thin_tail_before_now_from_every_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2028, 1, 1, tzinfo=UTC))
    for name, log in sources(events("2027-06-30 10:00", "1999-01-01"), tmp_path).items():
        activity = log.daily()
        assert (log.counts["thin_tail"], log.counts["thin_head"]) == (1, 1), name
        assert "thin_head 1, thin_tail 1" in repr(log), name
        assert activity.start == day_number("2026-01-01"), name
        assert activity.end == day_number("2026-07-01"), name
        assert activity.day.min() == activity.start, name  # the head is set aside, the tail is not


def test_labels_rest_on_the_observed_days() -> None:
    activity = cl.EventLog.from_frame(PHONE, **COLUMNS, until="2030-01-01").daily()
    assert activity.end == day_number("2026-07-01")
    with pytest.raises(cl.ChurnlabError, match="the log ends on 2026-06-30"):
        cl.Snapshots.at(activity, "2026-07-01", targets=[cl.Churn(30)])
    sound = cl.Snapshots.at(activity, "2026-06-01", targets=[cl.Churn(30)]).frame["churned"]
    assert sound.sum() == 0


@pytest.mark.parametrize(
    "until",
    [
        "2026-05-01",
        date(2026, 5, 1),
        datetime(2026, 5, 1),
        datetime(2026, 4, 30, 16, tzinfo=UTC),
        pd.Timestamp("2026-05-01", tz="Asia/Shanghai"),
        np.datetime64("2026-05-01"),
        "20260501T0000+08",
        "2026-04-30 16:00 UTC",
    ],
)
@pytest.mark.parametrize("zoned", [True, False])
def test_until_leaves_out_what_comes_after_and_refuses_nothing(until: object, zoned: bool) -> None:
    frame = PHONE.assign(t=PHONE["t"].dt.tz_localize("Asia/Shanghai")) if zoned else PHONE
    log = cl.EventLog.from_frame(frame, **COLUMNS, until=until)
    after = int((PHONE["t"] >= "2026-05-01").sum()) - 1
    assert (log.counts["after_until"], log.counts["bad_times"]) == (after, 1)
    assert log.describe()["events"] == len(PHONE) - after - 1
    assert log.daily().end == day_number("2026-05-01")


def test_a_bound_is_exact_to_the_microsecond() -> None:
    times = ["2026-03-01T09:00:00.000001", "2026-03-01T09:00:00", "2026-03-01T08:59:59.999999"]
    frame = pd.DataFrame({"u": 1, "t": times, "e": "x"})
    log = cl.EventLog.from_frame(frame, **COLUMNS, until="2026-03-01T09:00+08:00")
    assert log.describe()["events"] == 1 and log.counts["after_until"] == 2
    log = cl.EventLog.from_frame(frame, **COLUMNS, since="2026-03-01T09:00")
    assert log.describe()["events"] == 2 and log.counts["before_since"] == 1


def test_since_leaves_out_what_comes_before() -> None:
    log = cl.EventLog.from_frame(events("1970-01-01"), **COLUMNS, since="2026-03-01")
    assert log.counts["bad_times"] == 1
    assert log.counts["before_since"] == int((events()["t"] < "2026-03-01").sum())
    assert log.daily().start == day_number("2026-03-01")
    old = pd.DataFrame({"u": 1, "t": ["1965-05-05"], "e": "x"})
    assert cl.EventLog.from_frame(old, **COLUMNS, since="1900-01-01").daily().start < 0
    assert cl.EventLog.from_frame(old, **COLUMNS, since=None, bad_times=0).counts["bad_times"] == 0


@pytest.mark.parametrize("odd", ["2026-07-01 00:00:00", "2106-02-07", "1970-01-01", "0001-01-01"])
def test_too_many_impossible_times_are_refused(odd: str) -> None:
    frame = pd.DataFrame({"u": 1, "t": ["2026-03-01"] * 98 + [odd] * 2, "e": "x"})
    with pytest.raises(LogError, match="in 2 of 100 rows, more than the share 0.01") as caught:
        cl.EventLog.from_frame(frame, **COLUMNS)
    assert "2026-06-30 16:00 UTC" in str(caught.value) and "\n" not in str(caught.value)
    log = cl.EventLog.from_frame(frame, **COLUMNS, bad_times=0.02)
    assert log.counts["bad_times"] == 2 and log.describe()["events"] == 98
    assert cl.EventLog.from_frame(frame[:98], **COLUMNS).counts["bad_times"] == 0


def test_a_log_of_the_future_alone_is_refused_whatever_the_share() -> None:
    frame = pd.DataFrame({"u": 1, "t": ["2027-03-01"], "e": "x"})
    with pytest.raises(LogError, match="in 1 of 1 rows"):
        cl.EventLog.from_frame(frame, **COLUMNS, bad_times=1)
    log = cl.EventLog.from_frame(frame, **COLUMNS, until="2028-01-01")
    assert log.describe()["events"] == 1


def test_nothing_between_the_bounds_is_refused() -> None:
    with pytest.raises(LogError, match="has no event before 2025-01-01"):
        cl.EventLog.from_frame(events(), **COLUMNS, until="2025-01-01")


@pytest.mark.parametrize("given", ["soon", 20260301, 1.5, True, pd.NaT, "2026", ("2026-01-01",)])
def test_a_bound_that_is_no_moment_is_refused(given: object) -> None:
    with pytest.raises(ConfigError, match="no date and no moment") as caught:
        cl.EventLog.from_frame(events(), **COLUMNS, until=given)
    assert "\n" not in str(caught.value)


def test_a_midnight_that_the_clock_leaves_out() -> None:
    gap = datetime(2018, 11, 4)  # in Sao Paulo it was 01:00 at once
    first = on_clock(gap, naive=False, zone_name="America/Sao_Paulo")
    assert datetime(1970, 1, 1) + timedelta(microseconds=first) == datetime(2018, 11, 4, 3)


def test_the_earlier_of_two_bounds() -> None:
    assert earlier(None, None, None) is None
    moment = as_moment("2026-03-01T00:00+09:00")
    assert earlier("2026-03-01", moment, "Asia/Shanghai") == moment
    assert earlier("2026-03-01", moment, "Asia/Tokyo") == as_moment("2026-03-01")


def test_a_store_sets_aside_what_lies_beyond_and_ends_before_a_thin_tail(tmp_path: Path) -> None:
    store = cl.ActivityStore.create(tmp_path / "store", **COLUMNS)
    frame = events("2027-06-30 10:00").sort_values("t")
    last = frame[frame["t"] >= "2026-06-30"]
    for day, part in frame[frame["t"] < "2026-06-30"].groupby(frame["t"].dt.date):
        store.append(day, part)
    with pytest.raises(LogError, match="in 1 of 68 rows"):
        store.append("2026-06-30", last)
    loose = cl.ActivityStore.open(tmp_path / "store", **COLUMNS, bad_times=0.02)
    assert loose.append("2026-06-30", last).counts["bad_times"] == 1
    assert loose.end == day_number("2026-07-01") and loose.describe()["bad_times"] == 1
    # Only a handful of the next day's events came.
    late = pd.DataFrame({"u": [1], "t": [pd.Timestamp("2026-07-01 00:01")], "e": "open"})
    loose = cl.ActivityStore.open(tmp_path / "store", **COLUMNS, until="2026-07-02")
    loose.append("2026-07-01", late)
    again = cl.ActivityStore.open(tmp_path / "store")
    for each in (loose, again, again.daily()):
        assert each.end == day_number("2026-07-01") and each.describe()["thin_tail"] == 1
    loose.append("2026-07-01", pd.concat([late] * 100))
    assert loose.end == day_number("2026-07-02") == loose.daily().end
