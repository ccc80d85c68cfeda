"""Days as whole numbers, and the only place outside the kernels that compares them.

A day is the days since 1970-01-01 of the log's local calendar. A window is written `[t - w, t)`:
a day `d` is inside when `t - w <= d < t`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError

Day: TypeAlias = str | date | datetime | pd.Timestamp | np.datetime64 | int


def day_number(when: Day) -> int:
    """Days since 1970-01-01 of a date, a midnight, or text like "2026-03-01".

    Raises ConfigError for what is no date or lies inside a day.

    >>> day_number("1970-01-02"), day_number(3)
    (1, 3)
    """
    if isinstance(when, int | np.integer):
        return int(when)
    try:
        stamp = pd.Timestamp(when)
    except (ValueError, TypeError) as error:
        raise ConfigError.from_bad_date(when) from error
    if stamp is pd.NaT or stamp != stamp.normalize():
        raise ConfigError.from_bad_date(when)
    return int(stamp.tz_localize(None).to_datetime64().astype("datetime64[D]").astype(np.int64))


def day_numbers(stamps: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """Days since 1970-01-01 of naive midnights, int64."""
    return np.asarray(stamps, dtype="datetime64[D]").astype(np.int64)


def to_timestamp(day: int) -> pd.Timestamp:
    """The midnight on which a local day starts, naive.

    >>> to_timestamp(20_000)
    Timestamp('2024-10-04 00:00:00')
    """
    return pd.Timestamp(np.datetime64(int(day), "D")).as_unit("us")


def to_timestamps(days: np.ndarray) -> np.ndarray:
    """Midnights of many days, datetime64[us]."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[us]")


def day_text(day: int) -> str:
    """A day as people write it.

    >>> day_text(20_000)
    '2024-10-04'
    """
    return str(np.datetime64(int(day), "D"))


def contains(days: np.ndarray, start: int, stop: int) -> np.ndarray:
    """Which days lie in `[start, stop)`; the only comparison of days outside the kernels."""
    return (days >= start) & (days < stop)


def fully_observed(stop: int, end: int) -> bool:
    """Whether a window that ends before `stop` lies inside a log whose last observed day is `end - 1`."""
    return stop <= end
