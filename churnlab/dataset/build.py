"""From daily rows and snapshots to a Dataset, whole or in parts."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity, Job
from churnlab.dataset import compute
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.rule import Rule
from churnlab.dataset.snapshots import Snapshots, snapshots_of_group
from churnlab.errors import ConfigError, FrameError
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.schema.days import Day, to_timestamps
from churnlab.schema.frames import as_pandas, by_engine
from churnlab.schema.targets import Target


def build_dataset(
    activity: Activity,
    snapshots: Snapshots,
    features: FeatureSet | None = None,
    users: Any | None = None,
    threads: int | None = None,
) -> Dataset:
    """Features of every snapshot row, point in time, beside its labels.

    `users` is a frame of user_id and static attributes, known before every snapshot; they become `profile__*` columns. The activity of a
    log on Spark gives a SparkDataset, whose X is a Spark DataFrame. `threads` is how many cores work (None: all).
    """
    return _dataset(activity, snapshots, features or FeatureSet.default(), users, threads)


@by_engine("spark.dataset:build")
def _dataset(
    given: Activity,
    snapshots: Snapshots,
    features: FeatureSet,
    users: Any | None,
    threads: int | None,
) -> Dataset:
    activity = given.daily()
    by_user = None if users is None else _attributes(users, activity)
    return _build(activity, snapshots, features, by_user, threads, whole=True)


def _attributes(users: Any, activity: Activity) -> pd.DataFrame:
    return profile.table(as_pandas(users), activity.text_ids)


def _build(
    activity: DailyActivity,
    snapshots: Snapshots,
    features: FeatureSet,
    by_user: pd.DataFrame | None,
    threads: int | None,
    whole: bool,
) -> Dataset:
    roles = compute.available(activity)
    codes, days = snapshots.keys(activity.users)
    X, catalogue = (
        compute.compute(activity, codes, days, features, threads),
        features.catalogue(roles),
    )
    if by_user is not None:
        static = profile.of(by_user, snapshots.frame["user_id"], whole)
        X, catalogue = (
            pd.concat([X, static], axis=1),
            pd.concat([catalogue, profile.catalogue(list(static))], ignore_index=True),
        )
    index = (
        _index(activity, codes, days)
        if (codes >= 0).all()
        else pd.MultiIndex.from_frame(snapshots.frame[["user_id", "snapshot"]])
    )
    labels = snapshots.frame.drop(columns=["user_id", "snapshot"])
    counts = {**snapshots.dropped, "people not in the log": int((codes < 0).sum())}
    return Dataset(
        X.set_axis(index),
        labels.set_axis(index),
        catalogue,
        snapshots.targets,
        {k: v for k, v in counts.items() if v},
        features.skipped(roles),
    )


def _index(activity: DailyActivity, codes: np.ndarray, days: np.ndarray) -> pd.MultiIndex:
    """(user_id, snapshot) from codes and days, without looking every id up again."""
    present, day_codes = np.unique(days, return_inverse=True)
    levels = [activity.ids, pd.DatetimeIndex(to_timestamps(present))]
    return pd.MultiIndex(
        levels=levels,
        codes=[codes, day_codes],
        names=["user_id", "snapshot"],
        verify_integrity=False,
    )


def iter_datasets(
    activity: Activity,
    days: Sequence[Day],
    active_within: int = 60,
    targets: Iterable[Target] = (),
    features: FeatureSet | None = None,
    users: Any | None = None,
    terminal: str | None = None,
    rows: int = 20_000,
) -> Iterator[Dataset]:
    """What `build_dataset` gives for `Snapshots.at`, in parts of about `rows` rows, each with all rows of its people: memory does not grow with
    the log. Parts are made on all cores while the caller works on the one before; they come in the order of the groups of people, who are
    sorted within each, with a person's snapshots side by side.

    >>> from churnlab.demo.datasets import make_community
    >>> activity = make_community(users=40, days=90).log().daily()
    >>> sum(len(part.X) for part in iter_datasets(activity, ["2026-03-15"])) == len(Snapshots.at(activity, ["2026-03-15"]))
    True
    """
    if rows < 1:
        raise ConfigError.from_range("rows", rows, "at least 1")
    rule = Rule.of(days, active_within, targets, "error", terminal)
    rule.check(activity)
    chosen, by_user = (
        features or FeatureSet.default(),
        None if users is None else _attributes(users, activity),
    )
    strangers = 0
    for part in _ahead(
        lambda job: list(_parts(job(), rule, chosen, by_user, rows)), activity.jobs()
    ):
        if by_user is not None and strangers >= 0:
            known = part.X.index.get_level_values("user_id").isin(by_user.index).any()
            strangers = -1 if known else strangers + len(part.X)
        yield part
    if strangers > 0:
        raise FrameError.from_unknown_users(strangers, strangers, "…")


def _parts(
    activity: DailyActivity,
    rule: Rule,
    features: FeatureSet,
    by_user: pd.DataFrame | None,
    rows: int,
) -> Iterator[Dataset]:
    found = [rule.eligible(activity, day) for day in rule.days]
    count = np.zeros(len(activity.users) + 1, np.int64)
    for one in found:
        count[1 + one.codes] += 1
    total = np.cumsum(count)
    cuts = [
        0,
        *(int(np.searchsorted(total, k)) for k in range(rows, int(total[-1]), rows)),
        len(activity.users),
    ]
    for begin, end in pairwise(cuts):
        if total[end] > total[begin]:
            snapshots = snapshots_of_group(activity, rule, found, begin, end)
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
