"""Times of every type and of every day of the calendar, and those that cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.logs import (
    COLUMNS,
    EVERY_TIME,
    SOUND,
    outcome,
    put,
    small,
)
from support.refusals import OPTIONS, refused

import churnlab as cl
from churnlab.errors import ConfigError, LogError

WANT = outcome(cl.EventLog.from_frame(SOUND, **COLUMNS))


def times_as(kind: str) -> pa.Array:
    """The times as another type, and what they then are in whole seconds, days."""
    utc = SOUND["t"].combine_chunks()
    if kind.startswith("text"):
        form = {"text": "%Y-%m-%d %H:%M:%S+00:00", "text Z": "%Y-%m-%dT%H:%M:%SZ"}[kind]
        return pc.strftime(utc.cast(pa.timestamp("s", "UTC")), form)
    return utc.cast(pa.timestamp(kind.split()[0], "Asia/Tokyo" if "Tokyo" in kind else "UTC"))


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns", "s Tokyo", "ns Tokyo", "text", "text Z"])
def test_times_with_a_zone_of_every_type(kind: str) -> None:
    assert outcome(cl.EventLog.from_frame(put(SOUND, "t", times_as(kind)), **COLUMNS)) == WANT


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns", "text", "text T", "date32", "date64"])
def test_times_without_a_zone_are_the_local_clock(kind: str) -> None:
    local_clock = pc.local_timestamp(
        SOUND["t"].combine_chunks().cast(pa.timestamp("us", "America/New_York"))
    )
    if kind.startswith("date"):
        local_clock = pc.floor_temporal(local_clock, unit="day")
    want = outcome(cl.EventLog.from_frame(put(SOUND, "t", local_clock), **COLUMNS))
    assert (want[0] == WANT[0]) is not kind.startswith("date")
    if kind.startswith("text"):
        values: pa.Array = pc.strftime(
            local_clock.cast(pa.timestamp("s")),
            "%Y-%m-%dT%H:%M:%S" if "T" in kind else "%Y-%m-%d %H:%M:%S",
        )
    else:
        values = local_clock.cast(
            {"date32": pa.date32(), "date64": pa.date64()}.get(kind) or pa.timestamp(kind)
        )
    assert outcome(cl.EventLog.from_frame(put(SOUND, "t", values), **COLUMNS)) == want


@pytest.mark.parametrize("zone_name", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("kind", ["s", "ms", "us"])
def test_every_day_of_the_calendar_is_exact_and_others_are_refused(
    kind: str, zone_name: str
) -> None:
    def log(*values: int) -> cl.EventLog:
        table = pa.table(
            {
                "u": ["ann"] * len(values),
                "t": pa.array(values, pa.int64()).cast(pa.timestamp(kind, tz="UTC")),
                "e": ["x"] * len(values),
            }
        )
        return cl.EventLog.from_frame(
            table, user="u", time="t", event="e", timezone=zone_name, **EVERY_TIME
        )

    step = {"s": 1, "ms": 1000, "us": 10**6}[kind]
    for at in (
        datetime(1, 1, 2, 12),
        datetime(1600, 2, 29, 12),
        datetime(1969, 12, 31, 12),
        datetime(9999, 12, 30, 12),
    ):
        day = (at.date() - oracle.EPOCH).days
        got = log((day * 86_400 + 43_200) * step).daily()
        assert got.day.tolist() == [day] and got.frame()["day"].iloc[0].year == at.year
    for far in (-(2**63), -62_135_596_801 * step, 253_402_300_800 * step, 2**62, 2**63 - 1):
        with pytest.raises(
            LogError, match="column 't' of the frame holds times outside the years 1 to 9999"
        ) as caught:
            log(far, 0)
        assert "\n" not in str(caught.value)


def test_nanoseconds_are_rounded_down_before_1970_too() -> None:
    times = pa.array([-1, -1000, -1001, 0, 999], pa.int64()).cast(pa.timestamp("ns"))
    assert small(times, since=None).daily().frame().set_index("day")["acts"].to_dict() == {
        pd.Timestamp("1969-12-31"): 3,
        pd.Timestamp("1970-01-01"): 2,
    }


def test_an_unreadable_time(frame: pd.DataFrame) -> None:
    text = frame.assign(ts=frame["ts"].astype(str))
    text.loc[7, "ts"] = "yesterday"
    refused("column 'ts' of the frame is not a time in 1 of 500 rows, the first 'yesterday'", text)


EPOCH = pd.Timestamp("2026-03-01 20:30:00.123456", tz="UTC")
STEPS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


@pytest.mark.parametrize("unit", STEPS)
@pytest.mark.parametrize("kind", ["int64", "float64", "text", "decimal", "uint64", "csv"])
def test_numbers_of_a_unit_are_moments(unit: str, kind: str, tmp_path: Path) -> None:
    numbers = pd.Series(
        [EPOCH.value // STEPS[unit], (EPOCH.value + 3 * 86_400 * 10**9) // STEPS[unit]]
    )
    values = {
        "text": numbers.astype(str),
        "csv": numbers.astype(str),
        "decimal": pa.array(numbers.tolist()).cast(pa.decimal128(38, 0)),
    }.get(kind)
    table = pa.table(
        {
            "u": ["ann", "ann"],
            "t": pa.array(numbers.astype(kind)) if values is None else pa.array(values),
            "e": ["x", "x"],
        }
    )
    options = {"user": "u", "time": "t", "event": "e", "timezone": "Asia/Kolkata"}
    if kind == "csv":
        table.to_pandas().to_csv(tmp_path / "log.csv", index=False)
        log = cl.EventLog.read(tmp_path / "log.csv", **options, time_unit=unit)
    else:
        log = cl.EventLog.from_frame(table, **options, time_unit=unit)
    assert log.daily().frame()["day"].dt.strftime("%m-%d").tolist() == ["03-02", "03-05"]


@pytest.mark.parametrize("kind", ["float64", "text"])
def test_fractions_of_a_unit_stay_in_it(kind: str) -> None:
    last = float(np.nextafter(1772409600.0, 0))  # the last number of 2026-03-01 in UTC
    values = pd.Series([last, last + 1]).astype("str" if kind == "text" else kind)
    frame = pd.DataFrame({"u": ["ann", "bob"], "t": values, "e": "x"})
    log = cl.EventLog.from_frame(frame, user="u", time="t", event="e", time_unit="s")
    assert log.daily().frame()["day"].dt.day.tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["int64", "float64", "str", "object"])
def test_numbers_without_a_unit_are_refused_with_what_they_would_be(kind: str) -> None:
    frame = pd.DataFrame({"u": ["a"], "t": pd.Series([1772397000]).astype(kind), "e": "x"})
    options = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    with pytest.raises(LogError, match='2026-03-01 20:30:00 in "s", 1970-01-21') as caught:
        cl.EventLog.from_frame(frame, **options)
    assert "\n" not in str(caught.value) and 'time_unit="s"' in str(caught.value)
    with pytest.raises(ConfigError, match="unknown time_unit 'sec': there are: ms, ns, s, us"):
        cl.EventLog.from_frame(frame, **options, time_unit="sec")


@pytest.mark.parametrize("values", [[1.5, np.inf], [2**62, 1], [-(2**62), 1]])
def test_numbers_beyond_the_calendar_are_refused(values: list[float]) -> None:
    frame = pd.DataFrame({"u": ["a", "b"], "t": values, "e": "x"})
    with pytest.raises(LogError, match="outside the years 1 to 9999"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", time_unit="s")


def test_a_missing_number_is_a_null() -> None:
    frame = pd.DataFrame({"u": ["a", "b"], "t": [1.5, np.nan], "e": "x"})
    with pytest.raises(LogError, match="null or empty in 1 of 2 rows"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", time_unit="s")


NAIVE = datetime(2026, 3, 1, 20, 30)
ZONED = NAIVE.replace(tzinfo=ZoneInfo("Asia/Kolkata"))


@pytest.mark.parametrize(
    "values",
    [
        [NAIVE, ZONED],
        [ZONED, NAIVE],
        [pd.Timestamp(ZONED), None, pd.Timestamp(NAIVE)],
        [ZONED, date(2026, 3, 1)],
        ["2026-03-01 20:30", "2026-03-01T20:30Z"],
        ["2026-03-01T20:30+0530", "2026-060"],
    ],
)
def test_zoned_beside_naive_is_refused_in_every_frame(values: list[object]) -> None:
    frame = pd.DataFrame({"u": 1, "t": pd.Series(values, dtype=object), "e": "x"})
    with pytest.raises(LogError, match="a time zone in some parts and none in others"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC")


def test_dates_beside_times_are_refused_as_the_clock_would_be_lost() -> None:
    times = pd.Series([date(2026, 3, 1), NAIVE], dtype=object)
    frame = pd.DataFrame({"u": 1, "t": times, "e": "x"})
    with pytest.raises(LogError, match="dates in some rows and times in others"):
        cl.EventLog.from_frame(frame, user="u", time="t", event="e", timezone="UTC")


def test_zoned_beside_naive_is_refused_in_files_and_later_batches(tmp_path: Path) -> None:
    columns = {"user": "u", "time": "t", "event": "e", "timezone": "UTC"}
    lines = ["u,t,e", *["1,2026-03-01 20:30,x"] * 140_000, "1,2026-03-01 20:30:00 UTC,x"]
    (tmp_path / "log.csv").write_text("\n".join(lines))
    for i, at in enumerate(("2026-03-01 20:30", "20260301T203000Z")):
        pd.DataFrame({"u": [1], "t": [at], "e": "x"}).to_parquet(tmp_path / f"{i}.parquet")
    for path in ("log.csv", "*.parquet"):
        with pytest.raises(LogError, match="a time zone in some parts and none in others"):
            cl.EventLog.read(tmp_path / path, **columns)


def test_a_zone_may_be_an_object() -> None:
    frame = pd.DataFrame({"u": [1], "t": ["2026-03-01T20:30Z"], "e": "x"})
    columns = {"user": "u", "time": "t", "event": "e"}
    for zone, day in ((ZoneInfo("Asia/Kolkata"), 2), (UTC, 1), (ZoneInfo("UTC"), 1)):
        log = cl.EventLog.from_frame(frame, **columns, timezone=zone)
        assert log.daily().frame()["day"].dt.day.tolist() == [day]
    for odd in (timezone(timedelta(hours=8)), 8, NAIVE):
        with pytest.raises(ConfigError, match="timezone is .*give the name of a time zone"):
            cl.EventLog.from_frame(frame, **columns, timezone=odd)  # type: ignore[arg-type]


def test_naive_times_need_a_zone_and_zones_must_exist(frame: pd.DataFrame) -> None:
    refused("column 'ts' of the frame has no time zone", frame, timezone=None)
    refused(
        "unknown time zone 'Asia/Shangai': did you mean 'Asia/Shanghai'",
        frame,
        timezone="Asia/Shangai",
    )
    zoned = frame.assign(ts=frame["ts"].dt.tz_localize("UTC"))
    assert cl.EventLog.from_frame(zoned, **{**OPTIONS, "timezone": None}).timezone == "UTC"


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
                **{**OPTIONS, "timezone": "Asia/Kolkata"},
            )
            .daily()
            .digest
        )
    assert len(digests) == 1
