"""Time zones: which local day a moment is of, and when a local day starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from churnlab.errors import LogError
from churnlab.kernels.units import DAY_MICROS

EPOCH = datetime(1970, 1, 1)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name, or a LogError with near names."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LogError.from_unknown_zone(name, available_timezones()) from error


def zone_changes(zone_name: str | None, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """How far local time is from UTC: from the microseconds zone_changes[i] on it is shifts[i], int64 both; whole years around `[low, high]`.

    None stands for a clock that shows local time already.
    """
    if zone_name is None or zone_name == "UTC":
        return np.array([-(2**62)]), np.zeros(1, np.int64)
    years = range(_year(low) - 1, _year(high) + 2)
    changes = [
        (-(2**62), _shift(zone_name, years[0])),
        *(c for year in years for c in _changes(zone_name, year)),
    ]
    return np.array([c[0] for c in changes], np.int64), np.array([c[1] for c in changes], np.int64)


def local_day(clock: np.ndarray, moments: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """The local day of moments in microseconds, int64[n], from what `zone_changes` gives for a range around them."""
    return (clock + shifts[np.searchsorted(moments, clock, side="right") - 1]) // DAY_MICROS


def _year(micros: int) -> int:
    """The year of a moment, of those whose neighbours `datetime` knows in every zone."""
    return int(
        np.clip(
            np.datetime64(int(micros), "us").astype("datetime64[Y]").astype(np.int64) + 1970,
            3,
            9997,
        )
    )


def _shift(zone_name: str, year: int) -> int:
    return _offset(zone(zone_name), datetime(year, 1, 1, tzinfo=UTC))


def _offset(where: ZoneInfo, at: datetime) -> int:
    return (at.astimezone(where).utcoffset() or timedelta()) // timedelta(microseconds=1)


@cache
def _changes(zone_name: str, year: int) -> tuple[tuple[int, int], ...]:
    """The moments of a UTC year at which a zone's distance to UTC changes, and to what."""
    where, found = zone(zone_name), []
    day = datetime(year, 1, 1, tzinfo=UTC)
    before = _offset(where, day)
    while day.year == year:
        low, high = day, day + timedelta(days=1)
        after = _offset(where, high)
        if after != before:
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(where, middle) == before else (low, middle)
            high = high.replace(microsecond=0)
            found.append(((high - EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1), after))
        before, day = after, day + timedelta(days=1)
    return tuple(found)


def instant(day: int, zone_name: str | None) -> int:
    """The clock, in microseconds, when a local day starts: the first moment of the day in a zone, midnight itself for None.

    >>> instant(1, None), instant(1, "Asia/Shanghai")
    (86400000000, 57600000000)
    """
    midnight = day * DAY_MICROS
    return min(
        max(begin, midnight - shift)
        for begin, shift, end in _stretches(day, zone_name)
        if midnight - shift < end
    )


def day_settled(day: int, zone_name: str | None) -> int:
    """The clock when a local day has started for good: later than `instant` where the clock is set back over that midnight.

    >>> day = 14_920  # one minute after midnight it was 23:01 again
    >>> (day_settled(day, "America/St_Johns") - instant(day, "America/St_Johns")) // 60_000_000
    60
    """
    midnight = day * DAY_MICROS
    return max(
        min(end, midnight - shift)
        for begin, shift, end in _stretches(day, zone_name)
        if begin < midnight - shift
    )


def _stretches(day: int, zone_name: str | None) -> list[tuple[int, int, int]]:
    """From when, by how much and until when local time is ahead of the clock, for some years around a day."""
    moments, shifts = zone_changes(zone_name, day * DAY_MICROS, day * DAY_MICROS)
    return [
        (int(t), int(s), int(end))
        for t, s, end in zip(moments, shifts, [*moments[1:], 2**62], strict=True)
    ]
