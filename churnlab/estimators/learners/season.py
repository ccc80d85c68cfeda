"""What the time of year does to everybody at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.estimators.learners import folds
from churnlab.features.catalogue import Entry, table
from churnlab.language.sentence import sentence

WIDTH = 15.0
WEIGHT = 0.3
_OF = {
    "log-odds": sentence(
        "at this time of the year everybody's log-odds of leaving move by {value:+.2f}"
    ),
    "log money": sentence(
        "at this time of the year everybody's expected log money moves by {value:+.2f}"
    ),
}


@dataclass(frozen=True)
class Season:
    """Log-odds, or log money, that days of the year had beyond what their people's columns say: `effect` by `day` of the year, 1 to 366, in training.

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
        [-0.31, 0.0]
        """
        by_day = (
            pd.Series(np.asarray(effect, np.float64)).groupby(dates.day_of_year.to_numpy()).mean()
        )
        return cls([int(d) for d in by_day.index], by_day.tolist())

    def scaled(self, slope: float) -> Self:
        """With `slope` times the effects."""
        return type(self)(self.day, [e * slope for e in self.effect])

    def state(self) -> dict[str, Any]:
        """Plain numbers that `Season(**state)` takes."""
        return asdict(self)

    def shift(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """What to add to the score of each snapshot, float64[n]."""
        found, place = np.unique(dates.day_of_year.to_numpy(), return_inverse=True)
        apart = np.abs(found[:, None] - np.array(self.day)[None, :])
        near = np.exp(-((np.minimum(apart, 365 - apart) / WIDTH) ** 2) / 2)
        return np.asarray(
            ((near * np.array(self.effect)).sum(axis=1) / (near.sum(axis=1) + WEIGHT))[place]
        )


def dates_of(X: Any, time: Any = None) -> pd.DatetimeIndex | None:
    """The snapshot of each row as a date: `time`, or the index level snapshot of X; None where neither are dates."""
    time = folds.level(X, "snapshot", time)
    return (
        pd.DatetimeIndex(time)
        if time is not None and pd.api.types.is_datetime64_any_dtype(getattr(time, "dtype", None))
        else None
    )


class Seasonal:
    """What a model has that may keep a `Season`: what it adds to each row, and the column that shows it."""

    season_: dict[str, Any] | None = None
    unit: str = "log-odds"

    def _shift(self, X: Any) -> np.ndarray:
        """The effect of the time of the year, float64[n]; zeros where none was learnt or X has no index level snapshot."""
        dates = dates_of(X)
        if self.season_ is None or dates is None:
            return np.zeros(len(X if hasattr(X, "__len__") else np.asarray(X)))
        return Season(**self.season_).shift(dates)

    def widened(self, X: pd.DataFrame) -> pd.DataFrame:
        """X beside the columns that the model makes itself, to which contributions belong as well."""
        wide: pd.DataFrame = super().widened(X)  # type: ignore[misc]
        return wide if self.season_ is None else wide.assign(**{name_of(self.unit): self._shift(X)})

    def own_catalogue(self) -> pd.DataFrame:
        """One row a column that the model makes itself: name, signal, builder, unit, window, says, missing."""
        made: pd.DataFrame = super().own_catalogue()  # type: ignore[misc]
        return (
            made
            if self.season_ is None
            else pd.concat([made, catalogue(self.unit)], ignore_index=True)
        )


def name_of(unit: str) -> str:
    """The name of the column that holds the shift, of a score in "log-odds" or "log money".

    >>> name_of("log money")
    'calendar__usual_log_money__all'
    """
    return f"calendar__usual_{unit.replace('-', '_').replace(' ', '_')}__all"


def catalogue(unit: str) -> pd.DataFrame:
    """The row of the column that holds the shift, in the form of FeatureSet.catalogue."""
    unknown = sentence("the time of the year is not known")
    return table([Entry(name_of(unit), "Season", unit, _OF[unit], unknown)])
