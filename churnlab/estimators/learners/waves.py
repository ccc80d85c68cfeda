"""The waves of the calendar as columns: learnt from only where training can know a season."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.estimators.learners.chosen import Chosen

# The columns of the builder Calendar, by period.
WAVES = {
    "year": ("calendar__year_sine__static", "calendar__year_cosine__static"),
    "week": ("calendar__week_sine__static", "calendar__week_cosine__static"),
}
_YEAR = pd.Timedelta(365, "D")
_MIN_CUTS_OF_A_WEEK = 14


def left_out(
    columns: int, names: Any, dates: pd.DatetimeIndex | None, chosen: Chosen | None = None
) -> np.ndarray:
    """True for each column that is not learnt from, bool[columns]: a wave that nobody can know.

    The waves of the year need a year from the first snapshot to the last. Those of the week need
    snapshots on several weekdays, and 14 of them: else a wave would only number the snapshots.
    `names` are those of the first columns (none: every column is learnt from), and `dates` the
    snapshots of the rows; None, where they are not known, leaves out every wave. With what an
    earlier fit has `chosen`, its columns are left out, whatever the dates are.

    >>> dates = pd.DatetimeIndex(["2025-01-01", "2025-06-01"])
    >>> left_out(2, ["visits", "calendar__year_sine__static"], dates).tolist()
    [False, True]
    """
    if chosen is not None:
        return np.isin(np.arange(columns), chosen.left_out)
    unknown = _unknown(dates)
    waves = np.zeros(columns, bool)
    waves[: len(names)] = [name in unknown for name in names]
    return waves


def _unknown(dates: pd.DatetimeIndex | None) -> set[str]:
    """The names of the waves that rows with these snapshots cannot teach."""
    cuts = pd.DatetimeIndex([]) if dates is None else dates.unique()
    weekdays = cuts.day_of_week.nunique()
    known = {
        "year": len(cuts) > 1 and cuts.max() - cuts.min() >= _YEAR,
        "week": weekdays > 1 and len(cuts) >= _MIN_CUTS_OF_A_WEEK,
    }
    return {name for period, names in WAVES.items() if not known[period] for name in names}
