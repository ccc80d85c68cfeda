"""The moments between which events are taken in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.errors import ConfigError
from churnlab.events import iso8601
from churnlab.schema.zones import EPOCH, instant, zone

Moment: TypeAlias = str | date | datetime
# The reasons by which events outside the bounds are counted.
OUTSIDE = ("bad_times", "after_until", "before_since")
_NEVER = -(2**62)
_FLOOR = datetime(1971, 1, 1)  # the first moment that no broken clock shows


def as_moment(given: Moment | None) -> datetime | None:
    """A date as its midnight, a moment or ISO 8601 text as a datetime; None stays None.

    A datetime without a zone is the local time of the log. Raises ConfigError for anything else.

    >>> as_moment("2026-03-01"), as_moment("20260301T0930Z").hour
    (datetime.datetime(2026, 3, 1, 0, 0), 9)
    """
    if given is None:
        return None
    if isinstance(given, str):
        return _read(given)
    try:
        if isinstance(given, np.datetime64 | pd.Timestamp):
            given = pd.Timestamp(given).floor("us").to_pydatetime()
    except (ValueError, OverflowError) as error:
        raise ConfigError.from_bad_moment(given) from error
    if not isinstance(given, date) or given is pd.NaT:
        raise ConfigError.from_bad_moment(given)
    return given if isinstance(given, datetime) else datetime(given.year, given.month, given.day)


def _read(text: str) -> datetime:
    found = iso8601.parse(pa.array([text], pa.large_string()))
    if not found.read[0]:
        raise ConfigError.from_bad_moment(text)
    try:
        moment = EPOCH + timedelta(microseconds=int(found.micros[0]))
    except OverflowError as error:  # the end of the year 9999
        raise ConfigError.from_bad_moment(text) from error
    return moment.replace(tzinfo=UTC) if found.zoned[0] else moment


def on_clock(moment: datetime, naive: bool, zone_name: str | None) -> int:
    """A moment as microseconds of a log's clock.

    The clock is UTC, or the local time of the zone for `naive`.

    >>> on_clock(datetime(1970, 1, 2), naive=False, zone_name="Asia/Shanghai") // 3_600_000_000
    16
    """
    midnight = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None and not naive:
        if moment == midnight:  # which a change of the clock may leave out
            return instant((moment - EPOCH).days, zone_name)
        moment = moment.replace(tzinfo=zone(zone_name or "UTC"))
    elif moment.tzinfo is not None and naive:
        moment = moment.astimezone(zone(zone_name or "UTC")).replace(tzinfo=None)
    begin = EPOCH if moment.tzinfo is None else EPOCH.replace(tzinfo=UTC)
    return (moment - begin) // timedelta(microseconds=1)


def earlier(one: Moment | None, other: Moment | None, zone_name: str | None) -> datetime | None:
    """The earlier of two bounds; None stands for no bound.

    >>> earlier("2026-03-01", None, "UTC"), earlier("2026-03-01", date(2026, 2, 1), "UTC").month
    (datetime.datetime(2026, 3, 1, 0, 0), 2)
    """
    moments = [m for m in (as_moment(one), as_moment(other)) if m is not None]
    return min(moments, key=lambda m: on_clock(m, False, zone_name), default=None)


@dataclass(frozen=True)
class Bounds:
    """Microseconds of a log's clock: events in `[low, high)` are taken in.

    Those before `floor` or at `now` and after cannot be right; the others were left out on purpose.
    """

    low: int
    high: int
    floor: int
    now: int

    @classmethod
    def of(
        cls,
        since: datetime | None,
        until: datetime | None,
        now: datetime,
        naive: bool,
        zone_name: str | None,
    ) -> Bounds:
        """The bounds of a log: a stated bound goes before the floor of 1971 and before `now`.

        A `since` before 1971, or an `until` after `now`, moves what can be right.
        """
        floor, present = (on_clock(m, naive, zone_name) for m in (_FLOOR, now))
        low = _NEVER if since is None else on_clock(since, naive, zone_name)
        high = present if until is None else on_clock(until, naive, zone_name)
        return cls(low, high, min(floor, low), max(present, high))
