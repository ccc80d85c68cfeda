"""Periods: the days, calendar weeks or calendar months of a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.schema.days import contains, fully_observed, to_timestamps

Every: TypeAlias = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = ("day", "week", "month")
_MONDAY = 4  # 1970-01-05, in days since 1970-01-01


@dataclass(frozen=True, eq=False)
class Periods:
    """The periods that touch the days `[base, stop)`, in order.

    `first` int64[n] is the first day of each and `last` its last day, which may lie outside.
    Weeks begin on Monday.

    >>> weeks = Periods.of("week", 4, 20)
    >>> weeks.first.tolist(), weeks.last.tolist(), weeks.whole.tolist()
    ([4, 11, 18], [10, 17, 24], [True, True, False])
    """

    every: Every
    base: int
    stop: int
    first: np.ndarray
    last: np.ndarray

    @classmethod
    def of(cls, every: str, base: int, stop: int) -> Periods:
        """The periods of a length, "day", "week" or "month"; ConfigError for another one.

        >>> Periods.of("month", 0, 32).last.tolist()
        [30, 58]
        """
        if every == "day":
            return cls("day", base, stop, np.arange(base, stop), np.arange(base, stop))
        if every == "week":
            first = np.arange(base - (base - _MONDAY) % 7, stop, 7)
            return cls("week", base, stop, first, first + 6)
        if every == "month":
            days = np.arange(base, stop).astype("datetime64[D]").astype("datetime64[M]")
            month = np.unique(days)
            begin = month.astype("datetime64[D]").astype(np.int64)
            end = (month + 1).astype("datetime64[D]").astype(np.int64) - 1
            return cls("month", base, stop, begin, end)
        raise ConfigError.from_unknown("length of a period", str(every), EVERY)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def of_day(self) -> np.ndarray:
        """The period of each day from `base` on, int32[stop - base]."""
        days = np.arange(self.base, self.stop)
        return (np.searchsorted(self.first, days, side="right") - 1).astype(np.int32)

    @property
    def over(self) -> np.ndarray:
        """Whether the last day of each period was observed, bool[n]."""
        return fully_observed(self.last + 1, self.stop)

    @property
    def whole(self) -> np.ndarray:
        """Whether each period was observed from its first day to its last, bool[n]."""
        return self.over & contains(self.first, self.base, self.stop)

    @property
    def stamps(self) -> pd.DatetimeIndex:
        """The first day of each period as a timestamp."""
        return pd.DatetimeIndex(to_timestamps(self.first), name="period")

    def name(self, place: int) -> str:
        """A period as text: the day, the Monday of the week, or the month.

        >>> Periods.of("month", 0, 32).name(1), Periods.of("week", 4, 20).name(0)
        ('1970-02', '1970-01-05')
        """
        text = str(np.datetime64(int(self.first[place]), "D"))
        return text[:7] if self.every == "month" else text
