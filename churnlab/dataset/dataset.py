"""Dataset: features and labels on the same rows, and their split by time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd

from churnlab.dataset.facts import FactSource
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.features.facts import Facts
from churnlab.schema.days import Day, before, day_number, day_numbers, day_text, learnable
from churnlab.schema.files import one_line, publish
from churnlab.schema.targets import Target, TimeToChurn
from churnlab.schema.views import view


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features `X` (float64 and category columns) and `labels`, indexed by (user_id, snapshot).

    `catalogue` has a row for each column of X: name, signal, builder, unit, window, says, missing.
    `counts` has the rows that were left out, by reason; `skipped` has the builders that found
    nothing to work on in the log, each with what it lacks. `left_out` names columns that were left
    out because they cannot vary (`dataset.unvarying`). `told_by` computes the facts of its rows.
    `active_within` is that of its snapshots.

    >>> from churnlab.dataset.build import build_dataset
    >>> from churnlab.dataset.snapshots import Snapshots
    >>> from churnlab.demo.datasets import make_community
    >>> from churnlab.schema.targets import Churn
    >>> activity = make_community(users=30, days=60).log().daily()
    >>> days, targets = ["2026-01-15", "2026-02-01", "2026-02-15"], [Churn(horizon=14)]
    >>> data = build_dataset(activity, Snapshots.at(activity, days, targets=targets))
    >>> data
    Dataset(78 rows, 242 columns, labels: churned)
    >>> train, test = data.split("2026-02-15")
    >>> len(train.X), len(test.X), int(test.y("churned").sum())
    (48, 30, 2)
    """

    X: pd.DataFrame
    labels: pd.DataFrame
    catalogue: pd.DataFrame
    targets: tuple[Target, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    told_by: FactSource | None = None
    active_within: int | None = None

    def y(self, name: str) -> pd.Series:
        """One label, float64, on the index of X: `churned` (0 or 1) or `ltv` (money).

        Raises FrameError for a label that the dataset does not have.

        >>> data = _example()
        >>> data.y("churned").tolist()
        [0.0, 1.0, 1.0]
        """
        if name not in self.labels:
            raise FrameError.from_no_target(name, self.labels.columns)
        return self.labels[name]

    def facts(self) -> Facts:
        """The plain numbers of every row that reasons say, computed now from the daily rows.

        Raises ConfigError for a dataset that was not built from daily rows on this machine.

        >>> from churnlab import FeatureSet, Snapshots, build_dataset, datasets
        >>> activity = datasets.make_community(users=30, days=60).log().daily()
        >>> snapshots = Snapshots.at(activity, ["2026-02-15"])
        >>> data = build_dataset(activity, snapshots, FeatureSet.of(["LoginIntervals"]))
        >>> float(data.take(np.arange(1)).facts().frame["fact__visits__14d"].iloc[0]) <= 14
        True
        """
        if self.told_by is None:
            raise ConfigError.from_no_facts()
        return self.told_by.of(self.X.index)

    def tiers(self) -> pd.Series | None:
        """The stage of life of every row, a name of `features.life.TIERS`, by the index of X.

        Missing where it is not known; None for a dataset that was not built from daily rows on this
        machine.

        >>> _example().tiers() is None
        True
        """
        return None if self.told_by is None else self.told_by.tiers(self.X.index)

    @property
    def days(self) -> pd.DatetimeIndex:
        """The snapshot days, each once, sorted.

        >>> data = _example()
        >>> [str(day.date()) for day in data.days]
        ['2026-03-01', '2026-04-01']
        """
        return pd.DatetimeIndex(self.X.index.get_level_values("snapshot").unique()).sort_values()

    @cached_property
    def digest(self) -> str:
        """sha256 of X, its column names and the labels, in hexadecimal digits.

        >>> data = _example()
        >>> len(data.digest), data.digest == data.take(np.arange(2)).digest
        (64, False)
        """
        digest = hashlib.sha256(repr((list(self.X.columns), list(self.labels.columns))).encode())
        for frame in (self.X, self.labels):
            digest.update(pd.util.hash_pandas_object(frame, index=True).to_numpy().tobytes())
        return digest.hexdigest()

    def take(self, rows: np.ndarray) -> Dataset:
        """The dataset with some of its rows, given as a mask bool[n] or as positions.

        >>> data = _example()
        >>> data.take(np.array([0, 2])).y("churned").tolist()
        [0.0, 1.0]
        """
        places = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, X=self.X.iloc[places], labels=self.labels.iloc[places])

    def without(self, names: Collection[str]) -> Dataset:
        """The dataset without some columns of X, which `left_out` then names.

        >>> _example().without(["cadence__active_days__28d"]).left_out
        ('cadence__active_days__28d',)
        """
        gone = set(names)
        return replace(
            self,
            X=self.X[[name for name in self.X.columns if name not in gone]],
            catalogue=self.catalogue[~self.catalogue["name"].isin(gone)].reset_index(drop=True),
            left_out=(*self.left_out, *names),
        )

    def split(self, test_from: Day, purge: int | None = None) -> tuple[Dataset, Dataset]:
        """Training rows whose label windows end by `test_from`, and test rows from that day on.

        Rows between are purged, because their labels overlap the test days; the training part
        counts them as `purged`. `purge` is the reach of the labels in days; when it is None, the
        longest reach of the targets is taken. Weeks of a time to churn that end after `test_from`
        are censored in the training part.

        Raises HistoryError when either part is empty, FrameError when `purge` is needed: labels
        of your own do not say how far they reach.

        >>> data = _example()
        >>> train, test = data.split("2026-04-01", purge=30)
        >>> train.y("churned").tolist(), test.y("churned").tolist()
        ([0.0, 1.0], [1.0])
        """
        start = day_number(test_from)
        if purge is None and len(self.labels.columns) and not self.targets:
            raise FrameError.from_no_horizon()
        reach = max((t.window(0)[1] for t in self.targets), default=0) if purge is None else purge
        train, test = self.sides(start, reach)
        learn = self.take(train)
        labels = learn.labels
        for target in self.targets:
            if isinstance(target, TimeToChurn):
                labels = target.censored(labels, self._day[train], start)
        counts = {**self.counts, "purged": len(self.X) - len(train) - len(test)}
        return replace(learn, labels=labels, counts=counts), self.take(test)

    @property
    def _day(self) -> np.ndarray:
        """The snapshot day of each row as days since 1970-01-01, int64[n]."""
        return day_numbers(self.X.index.get_level_values("snapshot"))

    def sides(self, start: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the training rows and of the test rows of a split at the day `start`.

        Labels reach `reach` days ahead: training rows are those whose labels end by `start`, test
        rows those from `start` on. Days count from 1970-01-01. Raises HistoryError when either
        side is empty.

        >>> data = _example()
        >>> data.sides(day_number("2026-04-01"), 30)
        (array([0, 1]), array([2]))
        """
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

        The file is written whole or not at all. Raises OutputError when it cannot be written.

        >>> import tempfile
        >>> data = _example()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     data.write(f"{folder}/X.parquet")
        3
        """
        write = partial(self.X.reset_index().to_parquet, index=False)
        if "://" in path:
            with one_line(path):
                write(path)
        else:
            publish({Path(path): write})
        return len(self.X)

    def describe(self) -> dict[str, object]:
        """Rows, people, days, label means and what was left out, ready for JSON.

        >>> facts = _example().describe()
        >>> facts["rows"], facts["people"], facts["churned_mean"]
        (3, 2, 0.6666666666666666)
        """
        means = {
            f"{name}_mean": float(self.labels[name].mean())
            for name in self.labels
            if self.labels[name].notna().any()
        }
        return {
            "rows": len(self.X),
            "people": int(self.X.index.get_level_values("user_id").nunique()),
            "columns": self.X.shape[1],
            "days": [str(d.date()) for d in self.days],
            **means,
            "left_out": dict(self.counts),
            "skipped_builders": dict(self.skipped),
            "digest": self.digest,
        }

    def __repr__(self) -> str:
        labels = ", ".join(self.labels) or "none"
        return f"Dataset({len(self.X):,} rows, {self.X.shape[1]} columns, labels: {labels})"

    def _repr_html_(self) -> str:
        return str(view("report.glances:dataset")(self).html())


def _example() -> Dataset:
    """Three rows of two people, for the examples of this file."""
    days = pd.to_datetime(["2026-03-01", "2026-03-01", "2026-04-01"])
    index = pd.MultiIndex.from_arrays([["ann", "bob", "ann"], days], names=["user_id", "snapshot"])
    X = pd.DataFrame({"cadence__active_days__28d": [9.0, 2.0, 1.0]}, index)
    labels = pd.DataFrame({"churned": [0.0, 1.0, 1.0]}, index)
    return Dataset(X, labels, pd.DataFrame({"name": list(X.columns)}))
