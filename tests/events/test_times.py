"""Times of every type and of every day of the calendar, and those that cannot be read."""

from __future__ import annotations

from datetime import datetime

import oracle
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.logs import (
    COLUMNS,
    SOUND,
    outcome,
    put,
    small,
)
from support.refusals import OPTIONS, refused

import churnlab as cl
from churnlab.errors import LogError

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
        return cl.EventLog.from_frame(table, user="u", time="t", event="e", timezone=zone_name)

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
    assert small(times).daily().frame().set_index("day")["acts"].to_dict() == {
        pd.Timestamp("1969-12-31"): 3,
        pd.Timestamp("1970-01-01"): 2,
    }


def test_an_unreadable_time(frame: pd.DataFrame) -> None:
    text = frame.assign(ts=frame["ts"].astype(str))
    text.loc[7, "ts"] = "yesterday"
    refused("column 'ts' of the frame is not a time in 1 of 500 rows, the first 'yesterday'", text)


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
