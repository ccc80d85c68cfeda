"""Days as whole numbers, and every comparison of days that decides what may be seen or learnt.

A day is the number of days since 1970-01-01 in the log's local calendar. A window is written
`[t - w, t)`: a day `d` is inside when `t - w <= d < t`. The kernels compare days themselves
(`kernels.windows.before`); everywhere else these functions do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import TypeAlias, TypeVar

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError

Day: TypeAlias = str | date | datetime | pd.Timestamp | pd.Period | np.datetime64 | int
Days = TypeVar("Days", int, np.ndarray)
_FIRST = -719_162  # 0001-01-01
_LAST = 2_932_896  # 9999-12-31


def day_number(when: Day) -> int:
    """Days since 1970-01-01 of a date, a midnight, or text like "2026-03-01".

    A midnight with a time zone is the day that its own clock shows. A whole number is days since
    1970-01-01 already. Raises ConfigError for anything else: text that is not a date of the form
    year, month, day; a time inside a day; a month; a number beyond the year 9999.

    >>> day_number("1970-01-02"), day_number(3), day_number(pd.Timestamp("1970-01-02"))
    (1, 3, 1)
    """
    if isinstance(when, int | np.integer) and not isinstance(when, bool):
        if not _FIRST <= when <= _LAST:
            raise ConfigError.from_bad_date(when)
        return int(when)
    try:
        stamp = _stamp(when)
    except (ValueError, TypeError, OverflowError) as error:
        raise ConfigError.from_bad_date(when) from error
    if stamp is pd.NaT or stamp != stamp.normalize():
        raise ConfigError.from_bad_date(when)
    return int(stamp.tz_localize(None).to_datetime64().astype("datetime64[D]").astype(np.int64))


def _stamp(when: object) -> pd.Timestamp:
    """The moment that a value names; ValueError or TypeError for what names no day."""
    if isinstance(when, str):
        text = re.sub(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$", _padded, when.strip())
        return pd.Timestamp(datetime.fromisoformat(text))
    if isinstance(when, pd.Period):
        if when.start_time.normalize() != when.end_time.normalize():
            raise ValueError("a period of several days")
        return when.start_time
    if isinstance(when, date | np.datetime64):
        return pd.Timestamp(when)
    raise TypeError("no day")


def _padded(found: re.Match[str]) -> str:
    """A date with two digits for month and day."""
    year, month, day = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def as_days(given: Day | Iterable[Day]) -> list[int]:
    """One day or several as day numbers, in the order given; ConfigError as in `day_number`.

    >>> as_days("1970-01-02"), as_days(["1970-01-03", 1])
    ([1], [2, 1])
    """
    if isinstance(given, np.ndarray):
        given = given.ravel()
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        return [day_number(each) for each in given]
    return [day_number(given)]


def check_count(name: str, given: object, least: int, unit: str = "day") -> None:
    """Refuse a number of days or weeks that is no whole number, or below `least`; ConfigError.

    >>> check_count("horizon", 5.5, 1)
    Traceback (most recent call last):
    churnlab.errors.base.ConfigError: horizon is 5.5; give a whole number of days
    """
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise ConfigError.from_type(name, given, f"a whole number of {unit}s")
    if given < least:
        wanted = f"at least {least} {unit}" if least else f"0 {unit}s or more"
        raise ConfigError.from_range(name, given, wanted)


def day_numbers(stamps: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """Days since 1970-01-01 of midnights without a time zone, int64[n].

    >>> day_numbers(pd.DatetimeIndex(["1970-01-02", "2024-10-04"]))
    array([    1, 20000])
    """
    return np.asarray(stamps, dtype="datetime64[D]").astype(np.int64)


def to_timestamp(day: int) -> pd.Timestamp:
    """The midnight on which a local day starts, without a time zone.

    >>> to_timestamp(20_000)
    Timestamp('2024-10-04 00:00:00')
    """
    return pd.Timestamp(np.datetime64(int(day), "D")).as_unit("us")


def to_timestamps(days: np.ndarray) -> np.ndarray:
    """The midnights of many days, datetime64[us][n].

    >>> to_timestamps(np.array([20_000])).astype(str).tolist()
    ['2024-10-04T00:00:00.000000']
    """
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[us]")


def day_text(day: int) -> str:
    """A day as text, year first.

    >>> day_text(20_000)
    '2024-10-04'
    """
    return str(np.datetime64(int(day), "D"))


def before(days: Days, bound: int) -> Days:
    """Whether days lie before `bound`: the days that a snapshot at `bound` may see.

    >>> before(np.array([2, 3, 4]), 3)
    array([ True, False, False])
    """
    return days < bound


def up_to(days: Days, last: int) -> Days:
    """Whether days lie on or before the day `last`.

    >>> up_to(3, 3), up_to(4, 3)
    (True, False)
    """
    return days <= last


def contains(days: Days, start: int, stop: int) -> Days:
    """Whether days lie in `[start, stop)`.

    >>> contains(np.array([1, 2, 3, 4]), 2, 4)
    array([False,  True,  True, False])
    """
    return (days >= start) & (days < stop)


def learnable(day: Days, reach: int, cut: int) -> Days:
    """The purge rule: whether labels at `day` may be learnt from at the day `cut`.

    A label sees `[day, day + reach)`. It is known at `cut` when the snapshot lies before `cut` and
    its window has closed by then.

    >>> learnable(np.array([0, 9, 10, 11]), reach=30, cut=40)
    array([ True,  True,  True, False])
    """
    return before(day, cut) & fully_observed(day + reach, cut)


def fully_observed(stop: Days, end: int) -> Days:
    """Whether a window that ends before `stop` lies inside a log that ends before `end`.

    >>> fully_observed(40, end=40), fully_observed(41, end=40)
    (True, False)
    """
    return stop <= end
