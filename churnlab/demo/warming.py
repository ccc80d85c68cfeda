"""Warming: the kernels are compiled and kept, so that no later command waits for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.protocol import Activity
from churnlab.dataset.build import build_dataset, iter_datasets
from churnlab.dataset.snapshots import Snapshots
from churnlab.demo.datasets import ROLES, Community, make_community
from churnlab.estimators.classifier import ChurnClassifier
from churnlab.events.event_log import EventLog
from churnlab.features.feature_set import FeatureSet
from churnlab.kernels import jit
from churnlab.schema.compiling import first_compilation_said
from churnlab.schema.days import day_numbers, day_text, to_timestamp
from churnlab.schema.measures import Measure
from churnlab.schema.progress import Say, silent
from churnlab.schema.targets import Churn, LifetimeValue, Target, TimeToChurn
from churnlab.store.activity_store import ActivityStore

_PEOPLE = 60
_DAYS = 100
_ROWS_OF_A_GROUP = 1_000
_LITTLE = 10_000  # bytes, so that days are rolled up in shares
_DAYS_OF_THE_STORE = 70
_PEOPLE_OF_A_DAY = 40_000
_NAMES_OF_A_DAY = 100
_DAY = "2026-03-02 10:00"
_HORIZON = 14
_NOTICE = 7
_SHOWN = 5
_LOOKBACK = 63
_COLUMNS = {"user": "user_id", "time": "ts", "event": "event"}


@dataclass(frozen=True)
class Warmed:
    """What `warm` did: how many kernels it compiled, the seconds of all, and where they are kept.

    `folder` is None where nothing can be kept: then every process compiles anew. `slowest` has the
    seconds of the kernels that took longest, each with those that it calls.
    """

    compiled: int
    seconds: float
    folder: str | None
    slowest: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def warm(say: Say = silent) -> Warmed:
    """Do all that commands do on a small simulated log, so that every kernel is compiled and kept.

    That takes about a minute the first time on a machine, and some seconds later on.
    """
    heard = _Heard()
    with first_compilation_said(), jit.heard(heard):
        _work(make_community(users=_PEOPLE, days=_DAYS, seed=1), say)
    folder = jit.cache_folder()
    slowest = sorted(heard.took, key=lambda kernel: -heard.took[kernel])[:_SHOWN]
    return Warmed(
        len(heard.took),
        round(heard.seconds, 1),
        None if folder is None else str(folder),
        {kernel: round(heard.took[kernel], 2) for kernel in slowest},
    )


class _Heard:
    """Seconds of each kernel that was compiled, and of all; one inside another counts once."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self.seconds = 0.0
        self._inside = 0

    def __call__(self, kernel: str, seconds: float | None) -> None:
        self._inside += 1 if seconds is None else -1
        if seconds is None:
            return
        self.took[kernel] = self.took.get(kernel, 0.0) + seconds
        if not self._inside:
            self.seconds += seconds


def _work(community: Community, say: Say) -> None:
    """Read, keep a store, compute features, fit and predict; ids as text and as numbers."""
    late = pd.to_timedelta(np.arange(len(community.events)) % 5 // 4 * 2, "D")
    texts = community.events.assign(known=community.events["ts"] + late)
    numbers = texts.assign(user_id=pd.factorize(texts["user_id"])[0], row=np.arange(len(texts)))
    say("people whose ids are text")
    _one(texts, {"arrived": "known"})
    say("people whose ids are numbers")
    _one(numbers, {"event_id": "row", "measures": [Measure.distinct("event", "kinds")]})
    say("events in no order")
    mixed = numbers.sample(frac=1, random_state=1)
    options: dict[str, Any] = {"amount": "amount", "timezone": "UTC", **_COLUMNS}
    EventLog.from_frame(mixed, memory=_LITTLE, **options)
    say("events by person")
    with tempfile.TemporaryDirectory(prefix="churnlab-warm-") as folder:
        file = Path(folder) / "log.parquet"
        numbers.sort_values(["user_id", "ts"]).to_parquet(file, row_group_size=_ROWS_OF_A_GROUP)
        EventLog.read(file, **options)
    for events in _many():
        EventLog.from_frame(
            events, user="user_id", time="ts", event="event", timezone="UTC"
        ).daily()


def _many() -> Iterator[pd.DataFrame]:
    """A day of many people and names, for which tables grow; ids as numbers and as text."""
    rows = np.arange(_PEOPLE_OF_A_DAY)
    names = pd.Series(rows % _NAMES_OF_A_DAY).astype(str)
    numbers = pd.DataFrame({"user_id": rows, "ts": pd.Timestamp(_DAY), "event": names})
    yield numbers
    yield numbers.assign(user_id=numbers["user_id"].astype(str))


def _one(events: pd.DataFrame, more: dict[str, Any]) -> None:
    """All of it on one frame; `more` are further options of the log."""
    options = {"roles": ROLES, "timezone": "Asia/Shanghai", "amount": "amount", **_COLUMNS, **more}
    activity = EventLog.from_frame(events, **options).daily()
    _learn(activity)
    days = events["ts"].dt.normalize()
    with tempfile.TemporaryDirectory(prefix="churnlab-warm-") as folder:
        path = Path(folder)
        store = ActivityStore.create(path / "store", log=str(path / "{day}.parquet"), **options)
        for day in np.unique(day_numbers(days))[-_DAYS_OF_THE_STORE:]:
            store.append(int(day), events[days == to_timestamp(int(day))])
        _learn(store)
        store.compact(lookback=_LOOKBACK)
        for part in iter_datasets(store, [day_text(store.end)], features=FeatureSet.of(["Tenure"])):
            part.X.sum()


def _learn(activity: Activity) -> None:
    """Features, labels, renewals and the default model, two weeks before the end."""
    day = day_text(activity.end - _HORIZON)
    targets: list[Target] = [Churn(_HORIZON), LifetimeValue(_HORIZON), TimeToChurn(_HORIZON, 2)]
    snapshots = Snapshots.at(activity, [day], targets=targets)
    renewals = snapshots.frame[["user_id"]].assign(renewal=day)
    Snapshots.before_renewal(activity, renewals, _NOTICE, [LifetimeValue(_HORIZON)])
    data = build_dataset(activity, snapshots)
    model = ChurnClassifier(n_estimators=2, n_jobs=1).fit(data.X, data.y("churned"))
    model.predict_proba(data.X)
