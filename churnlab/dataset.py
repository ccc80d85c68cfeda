"""Dataset: features, labels and their catalogue, on the same rows; split by time, purged."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

from churnlab import schema
from churnlab.activity import DailyActivity
from churnlab.engines import local
from churnlab.errors import ConfigError, FrameError, HistoryError
from churnlab.features import profile
from churnlab.features.featureset import FeatureSet
from churnlab.schema import Day, Roles
from churnlab.snapshots import Rule, Snapshots
from churnlab.targets import Target, TimeToChurn

Job: TypeAlias = Callable[[], DailyActivity]


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
        return replace(self, X=self.X.iloc[_positions(rows)], labels=self.labels.iloc[_positions(rows)])

    def split(self, test_from: Day, purge: int | None = None) -> tuple[Dataset, Dataset]:
        """Training rows whose label windows end by `test_from`, and test rows from it on.

        Rows between (their labels overlap the test's days) are purged and counted as `purged` in the training part. `purge`
        is the reach of the labels in days, the longest of the targets' when None. The weeks of a time to churn that end after `test_from` are
        censored in the training part. Raises HistoryError when either part is empty, FrameError when labels of your own do not say how far they
        reach.
        """
        start = schema.day_number(test_from)
        if purge is None and len(self.labels.columns) and not self.targets:
            raise FrameError.from_no_horizon()
        reach = max((t.window(0)[1] for t in self.targets), default=0) if purge is None else purge
        train, test = self.sides(start, reach)
        counts = {**self.counts, "purged": len(self.X) - len(train) - len(test)}
        learn = self.take(train)
        for target in self.targets:
            if isinstance(target, TimeToChurn):
                learn = replace(learn, labels=target.censored(learn.labels, self._day[train], start))
        return replace(learn, counts=counts), self.take(test)

    @property
    def _day(self) -> np.ndarray:
        return schema.day_numbers(self.X.index.get_level_values("snapshot"))

    def sides(self, start: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the rows before the day `start` whose labels, which reach so many days, end by it, and of those from it on. HistoryError when
        either is empty."""
        day = self._day
        learn, test = np.flatnonzero((day < start) & (day + reach <= start)), np.flatnonzero(day >= start)
        if not len(learn) or not len(test):
            raise HistoryError.from_empty_split(schema.day_text(start), schema.day_text(day.min()), schema.day_text(day.max()), reach)
        return learn, test

    def describe(self) -> dict[str, object]:
        """Rows, people, days, rates and what was left out, JSON-ready."""
        about: dict[str, object] = {"rows": len(self.X), "people": int(self.X.index.get_level_values("user_id").nunique()),
                                    "columns": self.X.shape[1], "days": [str(d.date()) for d in self.days]}
        about |= {f"{name}_mean": float(self.labels[name].mean()) for name in self.labels if self.labels[name].notna().any()}
        return about | {"left_out": dict(self.counts), "skipped_builders": dict(self.skipped), "digest": self.digest}

    def __repr__(self) -> str:
        return f"Dataset({len(self.X):,} rows, {self.X.shape[1]} columns, labels: {', '.join(self.labels) or 'none'})"


def build_dataset(activity: DailyActivity | Any, snapshots: Snapshots | Any, features: FeatureSet | None = None,
                  users: Any | None = None, threads: int | None = None) -> Dataset:
    """Features of every snapshot row, point in time, beside its labels.

    `users` is a frame of user_id and static attributes, known before every snapshot; they become `profile__*` columns. The activity of a
    log on Spark gives a SparkDataset, whose X is a Spark DataFrame. `threads` is how many cores work (None: all).
    """
    features = features or FeatureSet.default()
    if not isinstance(activity, DailyActivity):
        return activity.dataset(snapshots, features, users)
    by_user = None if users is None else _attributes(users, activity)
    return _build(activity, snapshots, features, by_user, threads, whole=True)


def _attributes(users: Any, activity: Jobs) -> pd.DataFrame:
    return profile.table(_pandas(users), not np.issubdtype(activity.users.dtype, np.integer))


def _build(activity: DailyActivity, snapshots: Snapshots, features: FeatureSet, by_user: pd.DataFrame | None, threads: int | None,
           whole: bool) -> Dataset:
    roles = local.available(activity)
    codes, days = snapshots.keys(activity.users)
    X, catalogue = local.compute(activity, codes, days, features, threads), features.catalogue(roles)
    if by_user is not None:
        static = profile.of(by_user, snapshots.frame["user_id"], whole)
        X, catalogue = pd.concat([X, static], axis=1), pd.concat([catalogue, profile.catalogue(list(static))], ignore_index=True)
    index = _index(activity, codes, days) if (codes >= 0).all() else pd.MultiIndex.from_frame(snapshots.frame[["user_id", "snapshot"]])
    labels = snapshots.frame.drop(columns=["user_id", "snapshot"])
    counts = {**snapshots.dropped, "people not in the log": int((codes < 0).sum())}
    return Dataset(X.set_axis(index), labels.set_axis(index), catalogue, snapshots.targets,
                   {k: v for k, v in counts.items() if v}, features.skipped(roles))


def _index(activity: DailyActivity, codes: np.ndarray, days: np.ndarray) -> pd.MultiIndex:
    """(user_id, snapshot) from codes and days, without looking every id up again."""
    present, day_codes = np.unique(days, return_inverse=True)
    levels = [activity.ids, pd.DatetimeIndex(schema.to_timestamps(present))]
    return pd.MultiIndex(levels=levels, codes=[codes, day_codes], names=["user_id", "snapshot"], verify_integrity=False)


class Jobs(Protocol):
    """Daily rows that come a group of people at a time: a DailyActivity or an ActivityStore."""

    @property
    def roles(self) -> Roles:
        """What the events mean."""

    @property
    def users(self) -> np.ndarray:
        """The ids, or an empty array of their type."""

    @property
    def start(self) -> int:
        """The first observed day."""

    @property
    def has_money(self) -> bool:
        """Whether the log named an amount."""

    def jobs(self) -> Iterator[Job]:
        """What makes each group's activity."""


def iter_datasets(activity: Jobs, days: Sequence[Day], active_within: int = 60, targets: Iterable[Target] = (),
                  features: FeatureSet | None = None, users: Any | None = None, terminal: str | None = None,
                  rows: int = 20_000) -> Iterator[Dataset]:
    """What `build_dataset` gives for `Snapshots.at`, in parts of about `rows` rows, each with all rows of its people: memory does not grow with
    the log. Parts are made on all cores while the caller works on the one before; they come in the order of the groups of people, who are
    sorted within each, with a person's snapshots side by side.

    >>> from churnlab.datasets import make_community
    >>> activity = make_community(users=40, days=90).log().daily()
    >>> sum(len(part.X) for part in iter_datasets(activity, ["2026-03-15"])) == len(Snapshots.at(activity, ["2026-03-15"]))
    True
    """
    if rows < 1:
        raise ConfigError.from_range("rows", rows, "at least 1")
    rule = Rule.of(days, active_within, targets, "error", terminal)
    rule.check(activity.roles, activity.has_money)
    for day in rule.days:
        Snapshots.check_past(activity, day)
    chosen, by_user = features or FeatureSet.default(), None if users is None else _attributes(users, activity)
    strangers = 0
    for part in _ahead(lambda job: list(_parts(job(), rule, chosen, by_user, rows)), activity.jobs()):
        if by_user is not None and strangers >= 0:
            known = part.X.index.get_level_values("user_id").isin(by_user.index).any()
            strangers = -1 if known else strangers + len(part.X)
        yield part
    if strangers > 0:
        raise FrameError.from_unknown_users(strangers, strangers, "…")


def _parts(activity: DailyActivity, rule: Rule, features: FeatureSet, by_user: pd.DataFrame | None, rows: int) -> Iterator[Dataset]:
    found = [rule.chosen(activity, day) for day in rule.days]
    count = np.zeros(len(activity.users) + 1, np.int64)
    for one in found:
        count[1 + one.codes] += 1
    total = np.cumsum(count)
    cuts = [0, *(int(np.searchsorted(total, k)) for k in range(rows, int(total[-1]), rows)), len(activity.users)]
    for begin, end in pairwise(cuts):
        if total[end] > total[begin]:
            snapshots = Snapshots.of_rule(activity, rule, found, begin, end)
            yield _build(activity, snapshots, features, by_user, threads=1, whole=False)


def _ahead(make: Callable[[Job], list[Dataset]], jobs: Iterable[Job]) -> Iterator[Dataset]:
    """The datasets of all jobs in their order, made by threads that run one job each ahead of the caller."""
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Any] = deque()
        for job in jobs:
            waiting.append(pool.submit(make, job))
            if len(waiting) > threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _pandas(frame: Any) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        return frame
    import pyarrow as pa

    return pa.table(frame).to_pandas()


def _positions(rows: np.ndarray) -> np.ndarray:
    return np.flatnonzero(rows) if rows.dtype == bool else rows
