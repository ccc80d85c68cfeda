"""One machine: daily rows in memory to a frame of features."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from churnlab.activity import DailyActivity
from churnlab.features.expression import Cell, Longest, Observed, Recent, Since, SinceFirst, WindowSum
from churnlab.features.featureset import FeatureSet
from churnlab.kernels import windows


def compute(activity: DailyActivity, codes: np.ndarray, days: np.ndarray, features: FeatureSet) -> pd.DataFrame:
    """The features of each (person, day), float64[n, p]; rows of the activity on or after the day are not seen.

    `codes` point into `activity.users`, -1 for a person without any row: the empty history.
    """
    roles = available(activity)
    reader = _Reader(activity, codes, days)
    values = {cell: reader.value(cell) for cell in features.cells(roles)}
    return features.evaluate(roles, values, len(codes))


def available(activity: DailyActivity) -> frozenset[str]:
    """The roles of the log, and `money` where it names an amount."""
    roles = {r for r in activity.roles.names if f"n_{r}" in activity.columns}
    return frozenset(roles | ({"money"} if activity.has_money else set()))


class _Reader:
    """Cells of one set of snapshots. All that it looks up lies before `self.now`, the row where t begins."""

    def __init__(self, activity: DailyActivity, codes: np.ndarray, days: np.ndarray) -> None:
        self.activity, self.days = activity, days
        people = len(activity.users)
        self.first = np.append(activity.first, activity.first[-1])
        self.codes = np.where(codes < 0, people, codes)
        self.row_days = activity.day.astype(np.int64)
        self.begin = self.first[self.codes]
        self._rows: dict[int, np.ndarray] = {}
        self._sums: dict[str, np.ndarray] = {}
        self._last: dict[str, np.ndarray] = {}
        self.now = self.row(0)
        self._kinds: dict[type, Callable[..., np.ndarray]] = {
            WindowSum: self._window, Since: self._since, SinceFirst: self._since_first,
            Recent: self._recent, Longest: self._longest, Observed: self._observed}

    def value(self, cell: Cell) -> np.ndarray:
        """The cell for every snapshot, float64[n]."""
        return self._kinds[type(cell)](cell)

    def row(self, back: int | None) -> np.ndarray:
        """The person's first row on or after `t - back`; their first row for None."""
        if back is None:
            return self.begin
        if back not in self._rows:
            bounds = (self.days - back)[:, None]
            self._rows[back] = windows.positions(self.first, self.row_days, self.codes, bounds)[:, 0]
        return self._rows[back]

    def _window(self, cell: WindowSum) -> np.ndarray:
        if cell.measure not in self._sums:
            self._sums[cell.measure] = windows.prefix(self.activity.columns[cell.measure])
        return windows.window_sums(self._sums[cell.measure], self.row(cell.old), self.row(cell.new))

    def _nth_last(self, measure: str, k: int) -> np.ndarray:
        if measure not in self._last:
            self._last[measure] = windows.last_rows(self.activity.codes, self.activity.columns[measure])
        return windows.nth_last(self._last[measure], self.begin, self.now, k)

    def _since(self, cell: Since) -> np.ndarray:
        return self._days_back(self._nth_last(cell.measure, 0))

    def _since_first(self, cell: SinceFirst) -> np.ndarray:
        by_person = np.append(windows.first_rows(self.activity.first, self.activity.columns[cell.measure]), -1)
        rows = by_person[self.codes]
        return self._days_back(np.where(rows < self.now, rows, -1))

    def _days_back(self, rows: np.ndarray) -> np.ndarray:
        return np.where(rows >= 0, self.days - self.row_days[rows], np.nan)

    def _recent(self, cell: Recent) -> np.ndarray:
        rows = self._nth_last("active", cell.k)
        return np.where(rows >= 0, self.activity.columns[cell.measure][rows], np.nan)

    def _longest(self, cell: Longest) -> np.ndarray:
        largest = windows.running_max(self.activity.codes, self.activity.columns[cell.measure])
        return np.where(self.now > self.begin, largest[self.now - 1], np.nan)

    def _observed(self, cell: Observed) -> np.ndarray:
        return np.maximum(self.days - self.activity.start, 0).astype(np.float64)
