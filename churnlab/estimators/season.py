"""What the time of year does to everybody at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

WIDTH, WEIGHT = 15.0, 0.3
NAME = "calendar__usual_log_odds__all"


@dataclass(frozen=True)
class Season:
    """Log-odds that days of the year had beyond what their people's columns say: `effect` by `day` of the year, 1 to 366, in training.

    A later snapshot has the mean of these by nearness: a normal curve of 15 days over the distance within the year (E. Nadaraya, 1964, On
    estimating regression), drawn to 0 with the weight of 0.3 days, so that 0 is said of times of the year that were not seen. That a year is
    like the one before it is an assumption; less than two years cannot test it.
    """

    day: list[int]
    effect: list[float]

    @classmethod
    def of(cls, dates: pd.DatetimeIndex, effect: np.ndarray) -> Self:
        """From the snapshot and the effect of each training row.

        >>> season = Season.of(pd.DatetimeIndex(["2025-06-01", "2025-12-01"]), np.array([-0.4, 0.4]))
        >>> season.shift(pd.DatetimeIndex(["2026-06-01", "2026-03-01"])).round(2).tolist()
        [-0.31, -0.0]
        """
        by_day = pd.Series(np.asarray(effect, np.float64)).groupby(dates.day_of_year.to_numpy()).mean()
        return cls([int(d) for d in by_day.index], by_day.tolist())

    def scaled(self, slope: float) -> Self:
        """With `slope` times the effects."""
        return type(self)(self.day, [e * slope for e in self.effect])

    def state(self) -> dict[str, Any]:
        """Plain numbers that `Season(**state)` takes."""
        return asdict(self)

    def shift(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """Log-odds to add for each snapshot, float64[n]."""
        found, place = np.unique(dates.day_of_year.to_numpy(), return_inverse=True)
        apart = np.abs(found[:, None] - np.array(self.day)[None, :])
        near = np.exp(-((np.minimum(apart, 365 - apart) / WIDTH) ** 2) / 2)
        return np.asarray((near @ np.array(self.effect) / (near.sum(axis=1) + WEIGHT))[place])


def dates_of(X: Any, time: Any = None) -> pd.DatetimeIndex | None:
    """The snapshot of each row as a date: `time`, or the index level snapshot of X; None where neither are dates."""
    if time is None and isinstance(X, pd.DataFrame) and "snapshot" in (X.index.names or ()):
        time = X.index.get_level_values("snapshot")
    return pd.DatetimeIndex(time) if time is not None and pd.api.types.is_datetime64_any_dtype(getattr(time, "dtype", None)) else None


def catalogue() -> pd.DataFrame:
    """The row of the column that holds the shift, in the form of FeatureSet.catalogue."""
    says = "at this time of the year everybody's log-odds of leaving move by {value:+.2f}"
    row = (NAME, "calendar", "Season", "log-odds", "all", says, "the time of the year is not known")
    return pd.DataFrame([row], columns=["name", "signal", "builder", "unit", "window", "says", "missing"])
