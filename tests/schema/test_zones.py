"""Time zones: changes, local days and the moments at which days start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.zones import TURNS

from churnlab.errors import LogError
from churnlab.kernels.units import DAY_MICROS
from churnlab.schema.days import day_number
from churnlab.schema.zones import day_settled, instant, local_day, zone, zone_changes

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = 3_600_000_000
ZONES = ["UTC", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "America/St_Johns"]


def micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def test_an_unknown_zone_is_refused_with_near_names() -> None:
    with pytest.raises(LogError, match="unknown time zone 'Asia/Shanghay': did you mean"):
        zone("Asia/Shanghay")


@pytest.mark.parametrize("name", [None, "UTC"])
def test_utc_and_a_local_clock_have_no_changes(name: str | None) -> None:
    moments, shifts = zone_changes(name, 0, 2**50)
    assert len(moments) == 1 and shifts.tolist() == [0]


def test_changes_are_those_of_the_calendar() -> None:
    at = micros(datetime(2026, 6, 1, tzinfo=UTC))
    moments, shifts = zone_changes("America/New_York", at, at)
    summer = micros(datetime(2026, 3, 8, 7, tzinfo=UTC))
    winter = micros(datetime(2026, 11, 1, 6, tzinfo=UTC))
    found = dict(zip(moments.tolist(), shifts.tolist(), strict=True))
    assert found[summer] == -4 * HOUR and found[winter] == -5 * HOUR


@pytest.mark.parametrize("name", ZONES)
def test_local_days_equal_those_of_zoneinfo(name: str) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7 * i) for i in range(1250)]
    clock = np.array([micros(t) for t in times])
    changes = zone_changes(name, int(clock.min()), int(clock.max()))
    wanted = [(t.astimezone(ZoneInfo(name)).date() - EPOCH.date()).days for t in times]
    assert local_day(clock, *changes).tolist() == wanted


@pytest.mark.parametrize("name", ZONES)
def test_a_day_starts_at_its_first_moment_and_is_settled_later_or_at_once(name: str) -> None:
    for day in range(20_000, 20_400):
        begin, settled = instant(day, name), day_settled(day, name)
        around = np.array([begin - 1, begin, settled])
        days = local_day(around, *zone_changes(name, begin, settled)).tolist()
        assert days[0] < day and days[1] == day == days[2] and settled >= begin


def test_a_local_clock_starts_its_days_at_midnight() -> None:
    assert instant(3, None) == day_settled(3, None) == 3 * DAY_MICROS


@settings(max_examples=400)
@given(
    st.sampled_from(
        [
            *TURNS,
            "Asia/Shanghai",
            "Asia/Gaza",
            "America/Sao_Paulo",
            "Atlantic/Azores",
            "Antarctica/Troll",
            "Europe/Lisbon",
        ]
    ),
    st.one_of(
        st.datetimes(datetime(1900, 1, 1), datetime(2090, 1, 1)),
        st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),
        st.sampled_from([t for turns in TURNS.values() for t in turns]),
    ),
    st.integers(-2000, 2000),
)
def test_turns_and_instants_equal_zoneinfo(zone_name: str, near: datetime, minutes: int) -> None:
    at = min(
        max(near + timedelta(minutes=minutes), datetime(3, 1, 1)), datetime(9997, 1, 1)
    ).replace(tzinfo=UTC)
    micros = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    moments, shifts = zone_changes(zone_name, micros, micros)
    there = at.astimezone(ZoneInfo(zone_name))
    assert int(
        shifts[np.searchsorted(moments, micros, side="right") - 1]
    ) == there.utcoffset() // timedelta(microseconds=1)
    check_instants(zone_name, (there.date() - oracle.EPOCH).days)


def check_instants(zone_name: str, day: int) -> None:
    """Before `instant` no clock shows the day or a later one, from `settled` on none shows an earlier one."""

    def shown(micros: int) -> int:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        return (at.astimezone(ZoneInfo(zone_name)).date() - oracle.EPOCH).days

    begin, settled = instant(day, zone_name), day_settled(day, zone_name)
    hours = range(0, 49 * 4)
    assert (
        begin <= settled
        and shown(begin) >= day
        and shown(settled) >= day
        and shown(begin - 1) < day
    )
    assert all(
        shown(begin - 1 - h * 900_000_000) < day and shown(settled + h * 900_000_000) >= day
        for h in hours
    )
    assert begin == settled or shown(settled - 1) < day


def test_a_zone_is_known_at_the_ends_of_the_calendar() -> None:
    for zone_name in ("America/New_York", "Asia/Tokyo", "Pacific/Apia"):
        for micros in (-(2**62), -(2**56), 2**58, 2**62):
            assert len(zone_changes(zone_name, micros, micros)[0]) >= 1
        assert instant(day_number("9999-12-31"), zone_name) < day_settled(
            day_number("9999-12-31") + 1, zone_name
        )
