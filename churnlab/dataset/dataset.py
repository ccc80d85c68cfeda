""""""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from churnlab.errors import FrameError, HistoryError, OutputError
from churnlab.schema.days import Day, before, day_number, day_numbers, day_text, learnable
from churnlab.schema.targets import Target, TimeToChurn


@dataclass(frozen=True, eq=False)
class Dataset:
    """`X` (float64 and category columns) and labels, both indexed by (user_id, snapshot).

    `catalogue` has a row for each column of X: name, signal, builder, unit, window, says, missing. `counts` says what was
    left out on the way, `skipped` which builders had nothing to work on.
    """

    X: pd.DataFrame
    labels: pd.DataFrame
    catalogue: pd.DataFrame
    targets: tuple[Target, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)

    def y(self, name: str) -> pd.Series:
        """One label, float64, on the index of X: `churned` (0 or 1) or `ltv` (money)."""
        if name not in self.labels:
            raise FrameError.from_no_target(name, self.labels.columns)
        return self.labels[name]

    @property
    def days(self) -> pd.DatetimeIndex:
        """The snapshot days, sorted."""
        return pd.DatetimeIndex(self.X.index.get_level_values("snapshot").unique()).sort_values()

    @cached_property
    def digest(self) -> str:
        """sha256 of X, its column names and the labels."""
        digest = hashlib.sha256(repr((list(self.X.columns), list(self.labels.columns))).encode())
        for frame in (self.X, self.labels):
            digest.update(pd.util.hash_pandas_object(frame, index=True).to_numpy().tobytes())
        return digest.hexdigest()

    def take(self, rows: np.ndarray) -> Dataset:
        """The same with some of the rows, bool[n] or positions."""
        return replace(
            self, X=self.X.iloc[positions(rows)], labels=self.labels.iloc[positions(rows)]
        )

    def split(self, test_from: Day, purge: int | None = None) -> tuple[Dataset, Dataset]:
        """Training rows whose label windows end by `test_from`, and test rows from it on.

        Rows between (their labels overlap the test's days) are purged and counted as `purged` in the training part. `purge`
        is the reach of the labels in days, the longest of the targets' when None. The weeks of a time to churn that end after `test_from` are
        censored in the training part. Raises HistoryError when either part is empty, FrameError when labels of your own do not say how far they
        reach.
        """
        start = day_number(test_from)
        if purge is None and len(self.labels.columns) and not self.targets:
            raise FrameError.from_no_horizon()
        reach = max((t.window(0)[1] for t in self.targets), default=0) if purge is None else purge
        train, test = self.sides(start, reach)
        counts = {**self.counts, "purged": len(self.X) - len(train) - len(test)}
        learn = self.take(train)
        for target in self.targets:
            if isinstance(target, TimeToChurn):
                learn = replace(
                    learn, labels=target.censored(learn.labels, self._day[train], start)
                )
        return replace(learn, counts=counts), self.take(test)

    @property
    def _day(self) -> np.ndarray:
        return day_numbers(self.X.index.get_level_values("snapshot"))

    def sides(self, start: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the rows before the day `start` whose labels, which reach so many days, end by it, and of those from it on. HistoryError when
        either is empty."""
        day = self._day
        learn = np.flatnonzero(learnable(day, reach, start))
        test = np.flatnonzero(~before(day, start))
        if not len(learn) or not len(test):
            raise HistoryError.from_empty_split(
                day_text(start), day_text(day.min()), day_text(day.max()), reach
            )
        return learn, test

    def write(self, path: str) -> int:
        """Write X and its keys to a Parquet file, and return the number of rows.

        Raises OutputError when the file cannot be written.
        """
        try:
            self.X.reset_index().to_parquet(path, index=False)
        except OSError as error:
            raise OutputError.from_unwritable(path, str(error)) from error
        return len(self.X)

    def describe(self) -> dict[str, object]:
        """Rows, people, days, rates and what was left out, JSON-ready."""
        about: dict[str, object] = {
            "rows": len(self.X),
            "people": int(self.X.index.get_level_values("user_id").nunique()),
            "columns": self.X.shape[1],
            "days": [str(d.date()) for d in self.days],
        }
        about |= {
            f"{name}_mean": float(self.labels[name].mean())
            for name in self.labels
            if self.labels[name].notna().any()
        }
        return about | {
            "left_out": dict(self.counts),
            "skipped_builders": dict(self.skipped),
            "digest": self.digest,
        }

    def __repr__(self) -> str:
        return f"Dataset({len(self.X):,} rows, {self.X.shape[1]} columns, labels: {', '.join(self.labels) or 'none'})"


def positions(rows: np.ndarray) -> np.ndarray:
    """Row positions, int64[k], from a mask or from positions."""
    return np.flatnonzero(rows) if rows.dtype == bool else rows
