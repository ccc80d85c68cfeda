"""What the guards of a list see of a log on Spark: sums that the workers make.

Two jobs: one over everybody's daily rows, and one that rides with the rows of the list: the first
row of each batch carries the counts of its features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from churnlab.activity.daily import DailyActivity
from churnlab.nightly.guards.drift import BINS, binned
from churnlab.nightly.guards.witness import DAYS, Witness, sums_by_day
from churnlab.nightly.scoring import Listing
from churnlab.spark.activity import SparkActivity
from churnlab.spark.batches import named, to_arrow
from churnlab.spark.session import DataFrame, collected
from churnlab.spark.worker import LogContext
from churnlab.training.reference import by_signal

COUNTS = "churnlab_counts"
_SUMS, _NEW, _LAPSED = 0, 1, 2


@dataclass(frozen=True, eq=False)
class SparkWitness(Witness):
    """A Witness that is told sums; `count_scored` people were scored, of whom it knows some ids."""

    count_scored: int = 0

    @property
    def missing_shares(self) -> dict[str, float]:
        """The share of the cells of each signal that are missing."""
        return by_signal(sum(self.missing[1:], self.missing[0]) / max(self.count_scored, 1))

    def told(self, sums: np.ndarray, activity: SparkActivity, found: pd.DataFrame) -> None:
        """Take note of the counts of all batches, and of the rows of a SeenPeople job."""
        names = sums_by_day(activity.context.nobody(), self.day)
        parts = found.loc[found["kind"] == _SUMS, "counts"]
        total = np.sum([np.asarray(part) for part in parts], axis=0)
        by_day = total.reshape(DAYS, names.shape[1])
        self.sums.append(pd.DataFrame(by_day, index=names.index, columns=names.columns))
        new = found[found["kind"] == _NEW]
        self.new.append(pd.Series(new["day"].to_numpy(np.int64), pd.Index(new["user_id"])))
        self.lapsed.append(found.loc[found["kind"] == _LAPSED, "user_id"].to_numpy())
        missing, bins = np.split(sums, [len(self.columns)])
        self.missing.append(pd.Series(missing, list(self.columns)))
        self.bins.append(bins.reshape(len(self.edges), BINS))


@dataclass(frozen=True)
class CountedListing:
    """Makes the rows of a list as `listing` does, and counts features for a witness of its kind."""

    listing: Listing
    columns: tuple[str, ...]
    edges: dict[str, tuple[float, ...]]

    def __call__(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns of the list, and COUNTS, which the first row alone has."""
        missing = X[list(self.columns)].isna().sum().to_numpy(np.int64)
        counts: list[Any] = [[*missing.tolist(), *binned(X, self.edges).ravel().tolist()]]
        rows = self.listing(X)
        first = pd.Series((counts + [None] * len(rows))[: len(rows)], rows.index, dtype=object)
        return rows.assign(**{COUNTS: first})


@dataclass(frozen=True)
class SeenPeople:
    """Job from all events of some people to their sums by day, who is new, and who has lapsed.

    `day` and `within` are those of a Witness.
    """

    context: LogContext
    day: int
    within: int

    @property
    def schema(self) -> pa.Schema:
        """A kind of row, and what rows of that kind have."""
        user = ("user_id", pa.string() if self.context.text_ids else pa.int64())
        rest = [("kind", pa.int64()), ("day", pa.int64()), ("counts", pa.list_(pa.int64()))]
        return pa.schema([user, *rest])

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows of one task."""
        seen = Witness(self.day, self.within, ())
        activity: DailyActivity = self.context.activity(named(batches, self.context.spec))
        seen.see(activity)
        sums = seen.by_day.to_numpy(np.int64).ravel().tolist()
        nobody = "" if self.context.text_ids else 0
        yield self._batch([nobody], _SUMS, [0], [sums])
        new = seen.new[0]
        yield self._batch(new.index.tolist(), _NEW, new.tolist())
        lapsed = seen.lapsed[0].tolist()
        yield self._batch(lapsed, _LAPSED, [0] * len(lapsed))

    def _batch(
        self, users: list[Any], kind: int, days: list[int], counts: list[Any] | None = None
    ) -> pa.RecordBatch:
        told = {"user_id": pd.Series(users, dtype=object), "kind": kind, "day": days}
        frame = pd.DataFrame(told, index=range(len(users)))
        filled = counts if counts is not None else [None] * len(users)
        return to_arrow(frame.assign(counts=pd.Series(filled, dtype=object)), self.schema)


def summed_counts(rows: DataFrame, length: int) -> np.ndarray:
    """The sum of the COUNTS of all batches, int64[length]."""
    some = collected(rows.where(rows[COUNTS].isNotNull()).select(COUNTS))[COUNTS].to_pylist()
    return np.sum([np.asarray(each, np.int64) for each in some] or [np.zeros(length, np.int64)], 0)
