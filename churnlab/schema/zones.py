"""Time zones: the local day of a moment, and the moment at which a local day starts.

The moments at which a zone's distance to UTC changes are searched for, because zoneinfo does not
list them and pyarrow's local_timestamp, which computes local times directly, does not give the
runs of one local day that the rollup is cut into.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from churnlab.errors import ConfigError, LogError
from churnlab.kernels.units import DAY_MICROS

EPOCH = datetime(1970, 1, 1)


def zone(name: str) -> ZoneInfo:
    """The time zone of that name. Raises LogError with near names for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LogError.from_unknown_zone(name, available_timezones()) from error


def zone_name(given: str | tzinfo | None) -> str | None:
    """The name of a time zone that is given by name, as a ZoneInfo, or as datetime.UTC.

    Raises ConfigError for anything else, a fixed offset among them.

    >>> zone_name(ZoneInfo("Asia/Shanghai")), zone_name(UTC), zone_name("UTC")
    ('Asia/Shanghai', 'UTC', 'UTC')
    """
    if given is None or isinstance(given, str):
        return given
    name = "UTC" if given is UTC else getattr(given, "key", None) or getattr(given, "zone", None)
    if not isinstance(given, tzinfo) or not isinstance(name, str):
        wanted = 'the name of a time zone like "Asia/Shanghai", or a ZoneInfo'
        raise ConfigError.from_type("timezone", given, wanted)
    return name


def zone_changes(zone_name: str | None, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
    """The changes of a zone's distance to UTC: (moments int64[k], shifts int64[k]).

    From moments[i] on, in microseconds since 1970, local time minus UTC is shifts[i] microseconds.
    They cover whole years around the clock times `[low, high]`. The zone None stands for a clock
    that shows local time already.

    >>> [int(part[0]) for part in zone_changes("Asia/Shanghai", 0, 0)][1] // 3_600_000_000
    8
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
    """The local day of each clock time, int64[n], from the zone's changes around them."""
    return (clock + shifts[np.searchsorted(moments, clock, side="right") - 1]) // DAY_MICROS


def _year(micros: int) -> int:
    """The year of a moment, clipped so that datetime knows the years beside it in every zone."""
    return int(
        np.clip(
            np.datetime64(int(micros), "us").astype("datetime64[Y]").astype(np.int64) + 1970,
            3,
            9997,
        )
    )


def _shift(zone_name: str, year: int) -> int:
    """Local time minus UTC at the start of a UTC year, in microseconds."""
    return _offset(zone(zone_name), datetime(year, 1, 1, tzinfo=UTC))


def _offset(where: ZoneInfo, at: datetime) -> int:
    """Local time minus UTC at a moment, in microseconds."""
    return (at.astimezone(where).utcoffset() or timedelta()) // timedelta(microseconds=1)


@cache
def _changes(zone_name: str, year: int) -> tuple[tuple[int, int], ...]:
    """The changes of a zone's distance to UTC in a UTC year: (moment, distance from then on)."""
    where = zone(zone_name)
    found = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    before = _offset(where, day)
    while day.year == year:
        morrow = day + timedelta(days=1)
        after = _offset(where, morrow)
        if after != before:
            since = _change(where, day, morrow) - EPOCH.replace(tzinfo=UTC)
            found.append((since // timedelta(microseconds=1), after))
        before, day = after, morrow
    return tuple(found)


def _change(where: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The whole second after `low`, up to `high`, at which the zone's distance to UTC changes."""
    before = _offset(where, low)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(where, middle) == before else (low, middle)
    return high.replace(microsecond=0)


def instant(day: int, zone_name: str | None) -> int:
    """The clock, in microseconds, at the first moment of a local day; midnight for the zone None.

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
    """The clock, in microseconds, from which on it is never again before the local day.

    It is later than `instant` where the clock is set back over that midnight.

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
    """(begin, shift, end) of each stretch of one distance to UTC, for some years around a day."""
    moments, shifts = zone_changes(zone_name, day * DAY_MICROS, day * DAY_MICROS)
    return [
        (int(t), int(s), int(end))
        for t, s, end in zip(moments, shifts, [*moments[1:], 2**62], strict=True)
    ]
