"""The seasonal shift: what the time of the year adds to everybody's score."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.features.catalogue import Entry, table
from churnlab.language.sentence import sentence

WIDTH_DAYS = 15.0
WEIGHT_OF_ZERO = 0.3
_DAYS_OF_A_YEAR = 365
_SAYS = {
    "log-odds": sentence(
        "at this time of the year everybody's log-odds of leaving move by {value:+.2f}"
    ),
    "log money": sentence(
        "at this time of the year everybody's expected log money moves by {value:+.2f}"
    ),
}


@dataclass(frozen=True)
class SeasonalShift:
    """Effects of days of the year on the score, beyond what people's columns explain.

    `effect` holds one number for each `day` of the year (1 to 366) seen in training, in log-odds
    or log money. A later snapshot gets their mean weighted by nearness: a normal curve with a
    deviation of 15 days over the distance within the year (E. Nadaraya, 1964, On estimating
    regression). The mean is drawn to 0 with the weight of 0.3 days, so that times of the year that
    were not seen get 0. The model assumes that a year is like the one before it; less than two
    years of data cannot test that.
    """

    day: list[int]
    effect: list[float]

    @classmethod
    def of(cls, dates: pd.DatetimeIndex, effect: np.ndarray) -> Self:
        """The shift learnt from the snapshot and the day effect, float64[n], of each training row.

        >>> dates = pd.DatetimeIndex(["2025-06-01", "2025-12-01"])
        >>> shift = SeasonalShift.of(dates, np.array([-0.4, 0.4]))
        >>> shift.at(pd.DatetimeIndex(["2026-06-01", "2026-03-01"])).round(2).tolist()
        [-0.31, 0.0]
        """
        effects = pd.Series(np.asarray(effect, np.float64))
        by_day = effects.groupby(dates.day_of_year.to_numpy()).mean()
        return cls([int(d) for d in by_day.index], by_day.tolist())

    def scaled(self, slope: float) -> Self:
        """The same shift with every effect multiplied by `slope`."""
        return type(self)(self.day, [e * slope for e in self.effect])

    def state(self) -> dict[str, Any]:
        """The fields as plain JSON values; the class called with them gives the shift back."""
        return asdict(self)

    def at(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """The number to add to the score of each snapshot, float64[n]."""
        found, place = np.unique(dates.day_of_year.to_numpy(), return_inverse=True)
        apart = np.abs(found[:, None] - np.array(self.day)[None, :])
        distance = np.minimum(apart, _DAYS_OF_A_YEAR - apart)
        near = np.exp(-((distance / WIDTH_DAYS) ** 2) / 2)
        total = (near * np.array(self.effect)).sum(axis=1)
        return np.asarray((total / (near.sum(axis=1) + WEIGHT_OF_ZERO))[place])


def dated(time: Any) -> pd.DatetimeIndex | None:
    """The snapshots of a fit, as `times.to_fit` gives them, if they are dates; else None.

    >>> dated(np.array([1, 2])) is None
    True
    """
    return time if isinstance(time, pd.DatetimeIndex) else None


def shift_name(unit: str) -> str:
    """Name of the column that shows the shift of a score in "log-odds" or "log money".

    >>> shift_name("log money")
    'calendar__usual_log_money__all'
    """
    return f"calendar__usual_{unit.replace('-', '_').replace(' ', '_')}__all"


def shift_catalogue(unit: str) -> pd.DataFrame:
    """One row about the column that shows the shift, with the columns of FeatureSet.catalogue."""
    unknown = sentence("the time of the year is not known")
    name = shift_name(unit)
    return table([Entry(name, SeasonalShift.__name__, unit, _SAYS[unit], unknown, about="day")])
