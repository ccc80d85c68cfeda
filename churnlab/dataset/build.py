"""From daily rows and snapshots to a Dataset, whole or in parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.memory import ReusedMemory
from churnlab.activity.protocol import Activity, Job
from churnlab.dataset import compute
from churnlab.dataset.dataset import Dataset
from churnlab.dataset.facts import FactSource
from churnlab.dataset.rule import Eligible, Rule
from churnlab.dataset.snapshots import KEYS, Snapshots, snapshots_of_group
from churnlab.errors import ConfigError, FrameError
from churnlab.features import profile
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import cores
from churnlab.schema.days import Day, to_timestamps
from churnlab.schema.frames import as_pandas, by_engine
from churnlab.schema.progress import watched
from churnlab.schema.targets import Target

T = TypeVar("T")


def build_dataset(
    activity: Activity,
    snapshots: Snapshots,
    features: FeatureSet | None = None,
    users: Any | None = None,
    threads: int | None = None,
    progress: bool | None = None,
) -> Dataset:
    """Features of every snapshot row as of its day, beside its labels.

    A log on Spark gives a SparkDataset, whose X is a Spark DataFrame.

    - `features`: the feature set (None: the default set).
    - `users`: a frame of user_id and static attributes, known before every snapshot; they become
      columns named `profile__<attribute>__static`.
    - `threads`: how many cores work (None: all).
    - `progress`: whether a bar shows how far it is (None: where somebody watches).

    Raises ConfigError or HistoryError for features or snapshots that need days which a store has
    folded away, FrameError for a users frame that cannot be used.

    >>> from churnlab import Churn, FeatureSet, datasets
    >>> activity = datasets.make_community(users=40, days=90).log().daily()
    >>> snapshots = Snapshots.at(activity, ["2026-03-01"], targets=[Churn(horizon=14)])
    >>> data = build_dataset(activity, snapshots, FeatureSet.of(["Tenure"]))
    >>> list(data.X)[0], data.y("churned").name
    ('lifecycle__tenure_days__all', 'churned')
    """
    with watched(progress):
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
    return _build(activity, snapshots, features, by_user, threads)


def _attributes(users: Any, activity: Activity) -> pd.DataFrame:
    return profile.table(as_pandas(users), activity.text_ids)


def _build(
    activity: DailyActivity,
    snapshots: Snapshots,
    features: FeatureSet,
    by_user: pd.DataFrame | None,
    threads: int | None,
    memory: ReusedMemory | None = None,
) -> Dataset:
    """The dataset of the snapshots; with `memory` they are a part of the snapshots wanted."""
    resolved = compute.resolve(features, activity)
    codes, days = snapshots.keys(activity.users)
    empty = np.empty if memory is None else memory.empty
    X = compute.matrix(activity, codes, days, resolved, threads, empty)
    catalogue = resolved.catalogue
    if by_user is not None:
        static = profile.of(by_user, snapshots.frame["user_id"], memory is None)
        X = pd.concat([X, static], axis=1)
        of_static = profile.catalogue(by_user)
        catalogue = pd.concat([catalogue, of_static], ignore_index=True)
    known = codes >= 0
    if known.all():
        index = _index(activity, codes, days)
    else:
        index = pd.MultiIndex.from_frame(snapshots.frame[KEYS])
    labels = snapshots.frame.drop(columns=KEYS)
    counts = {**snapshots.dropped, "people not in the log": int((~known).sum())}
    return Dataset(
        X.set_axis(index),
        labels.set_axis(index),
        catalogue,
        snapshots.targets,
        {k: v for k, v in counts.items() if v},
        dict(resolved.skipped),
        told_by=FactSource(activity, features),
        active_within=snapshots.active_within,
    )


def _index(activity: DailyActivity, codes: np.ndarray, days: np.ndarray) -> pd.MultiIndex:
    """(user_id, snapshot) from codes and days, without a second look-up of every id."""
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
    days: Day | Iterable[Day],
    active_within: int = 60,
    targets: Iterable[Target] = (),
    features: FeatureSet | None = None,
    users: Any | None = None,
    terminal: str | None = None,
    rows: int = 20_000,
) -> Iterator[Dataset]:
    """The dataset of `Snapshots.at` in parts of about `rows` rows, so that memory stays bounded.

    Each part has all rows of its people, side by side; parts come in the order of the groups of
    people, who are sorted within each. They are made on all cores while the caller works on the
    part before. Arguments and errors are those of `build_dataset` and `Snapshots.at`, and
    ConfigError for `rows` below 1.

    >>> from churnlab import datasets
    >>> activity = datasets.make_community(users=40, days=90).log().daily()
    >>> parts = iter_datasets(activity, ["2026-03-15"], rows=10)
    >>> sum(len(part.X) for part in parts) == len(Snapshots.at(activity, ["2026-03-15"]))
    True
    """
    if rows < 1:
        raise ConfigError.from_range("rows", rows, "at least 1")
    rule = Rule.of(days, active_within, targets, "error", terminal)
    rule.check(activity)
    chosen = features or FeatureSet.default()
    by_user = None if users is None else _attributes(users, activity)
    memory = ReusedMemory()

    def part(group: _Group, people: tuple[int, int]) -> Dataset:
        return _build(group.activity, group.snapshots(*people), chosen, by_user, 1, memory)

    with ThreadPoolExecutor(cores.allowed()) as pool:
        groups = _ahead(pool, (partial(_Group.of, job, rule) for job in activity.jobs()))
        tasks = (partial(part, group, people) for group in groups for people in group.cuts(rows))
        parts = _ahead(pool, tasks)
        yield from parts if by_user is None else _acquainted(parts, by_user)


def _acquainted(parts: Iterable[Dataset], by_user: pd.DataFrame) -> Iterator[Dataset]:
    """The parts; FrameError after the last if nobody in them has attributes."""
    strangers = 0
    anybody = False
    for part in parts:
        anybody = anybody or part.X.index.get_level_values("user_id").isin(by_user.index).any()
        strangers += len(part.X)
        yield part
    if strangers and not anybody:
        raise FrameError.from_unknown_users(strangers, strangers, "…")


@dataclass(frozen=True)
class _Group:
    """Daily rows of a group of people, and who of them is eligible on each day of a rule."""

    activity: DailyActivity
    rule: Rule
    eligible: list[Eligible]

    @classmethod
    def of(cls, job: Job, rule: Rule) -> _Group:
        """The group whose rows a job makes."""
        activity = job()
        return cls(activity, rule, rule.eligible(activity))

    def cuts(self, rows: int) -> Iterator[tuple[int, int]]:
        """Ranges of people who have about `rows` snapshots together, and one at least."""
        count = np.zeros(len(self.activity.users) + 1, np.int64)
        for one in self.eligible:
            count[1 + one.codes] += 1
        total = np.cumsum(count)
        inner = (int(np.searchsorted(total, k)) for k in range(rows, int(total[-1]), rows))
        for begin, end in pairwise([0, *inner, len(self.activity.users)]):
            if total[end] > total[begin]:
                yield begin, end

    def snapshots(self, begin: int, end: int) -> Snapshots:
        """The snapshots of a range of people."""
        return snapshots_of_group(self.activity, self.rule, self.eligible, begin, end)


def _ahead(pool: Executor, tasks: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The results of all tasks in their order; each core runs one task ahead of the caller."""
    waiting: deque[Future[T]] = deque()
    for task in tasks:
        waiting.append(pool.submit(task))
        if len(waiting) > cores.allowed():
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
