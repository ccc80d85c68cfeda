"""Time zones: changes, local days and the moments at which days start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from churnlab.errors import LogError
from churnlab.kernels.units import DAY_MICROS
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
