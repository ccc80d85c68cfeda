"""A simulated community as an activity store, and the comparison with its log to the bit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import churnlab as cl
from churnlab.dataset import compute
from churnlab.dataset.build import iter_datasets
from churnlab.demo import datasets
from churnlab.features.signals import cadence, lifecycle, push, sessions, social, spend
from churnlab.schema.days import day_number, day_numbers, day_text
from churnlab.schema.measures import Measure
from churnlab.store.activity_store import ActivityStore

MEASURES = [
    Measure.sum("amount", "spent"),
    Measure.distinct("event", "kinds"),
    Measure.count("big", where=[("amount", ">", 20.0)]),
]

SHORT: dict[str, Any] = {"windows": (7, 14, 28), "changes": ((7, 14), (14, 14))}

FEATURES = cl.FeatureSet(
    (
        sessions.SessionShortening(**SHORT),
        push.PushOpenDecline(**SHORT),
        social.SocialDropOff(**SHORT),
        cadence.LoginIntervals(**SHORT),
        spend.SpendDecline(**SHORT),
        lifecycle.Tenure(),
    )
)


@cache
def community() -> datasets.Community:
    return datasets.make_community(users=80, days=60, seed=4)


def options(**more: Any) -> dict[str, Any]:
    return {
        "user": "user_id",
        "time": "ts",
        "event": "event",
        "amount": "amount",
        "roles": datasets.ROLES,
        "timezone": "Asia/Shanghai",
        **more,
    }


@cache
def events(kind: str = "text") -> pd.DataFrame:
    """The community's events, by rising time; "int" ids, or times in "utc"."""
    frame = community().events
    if kind == "int":
        return frame.assign(user_id=frame["user_id"].str[1:].astype("int64") * 7919 % 100_003)
    if kind == "utc":
        return frame.assign(ts=frame["ts"].dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC"))
    return frame


def local_day(frame: pd.DataFrame, zone: str, column: str = "ts") -> np.ndarray:
    stamps = frame[column]
    stamps = stamps.dt.tz_convert(zone).dt.tz_localize(None) if stamps.dt.tz is not None else stamps
    return day_numbers(stamps.dt.normalize())


def by_day(frame: pd.DataFrame, zone: str) -> dict[int, pd.DataFrame]:
    return dict(iter(frame.groupby(local_day(frame, zone))))


def write_days(folder: Path, frame: pd.DataFrame, zone: str) -> str:
    folder.mkdir(exist_ok=True, parents=True)
    for day, part in by_day(frame, zone).items():
        part.to_parquet(folder / f"{day_text(day)}.parquet", index=False)
    return str(folder / "{day}.parquet")


def content(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def fill(
    store: ActivityStore, days: Iterable[int], frames: dict[int, pd.DataFrame] | None = None
) -> ActivityStore:
    for day in days:
        store.append(day, None if frames is None else frames[day])
    store.folder.verify()
    return store


def features(
    activity: cl.DailyActivity,
    days: Iterable[int],
    chosen: cl.FeatureSet = FEATURES,
    users: Any = None,
) -> pd.DataFrame:
    """Of everybody who ever had a row, known or not, on every day."""
    users = activity.users if users is None else users
    days = list(days)
    codes = np.asarray(pd.Index(activity.users).get_indexer(pd.Index(users)), np.int64)
    X = compute.compute(activity, np.repeat(codes, len(days)), np.tile(days, len(users)), chosen)
    return X.set_axis(pd.MultiIndex.from_product([users, days]))


def assert_same(store: ActivityStore, raw: cl.DailyActivity, days: Iterable[int]) -> None:
    """Rows, features to the byte, and datasets part by part."""
    mine, days = store.daily(), list(days)
    assert (mine.roles, mine.start, mine.end, mine.timezone, mine.has_money) == (
        raw.roles,
        raw.start,
        raw.end,
        raw.timezone,
        raw.has_money,
    )
    assert mine.digest == raw.digest and mine.users.dtype == raw.users.dtype
    assert store.text_ids == raw.text_ids
    one, other = (
        features(mine, days, cl.FeatureSet.default()),
        features(raw, days, cl.FeatureSet.default()),
    )
    assert list(one) == list(other) and one.to_numpy().tobytes() == other.to_numpy().tobytes()
    whole = cl.build_dataset(raw, cl.Snapshots.at(raw, days, active_within=20)).X.sort_index()
    parts = [part.X for part in iter_datasets(store, days, active_within=20, rows=17)]
    assert len(parts) > 1
    pd.testing.assert_frame_equal(pd.concat(parts).sort_index(), whole, check_exact=True)
    facts, raw_facts = mine.describe(), raw.describe()
    assert {k: facts[k] for k in raw_facts if k != "source"} == {
        k: v for k, v in raw_facts.items() if k != "source"
    }


def six_days(folder: Path) -> ActivityStore:
    """A store of six days in a folder, with a log of a file each."""
    frame = events()
    log = write_days(folder / "events", frame[frame["ts"] < "2026-01-09"], "Asia/Shanghai")
    made = ActivityStore.create(folder / "store", log=log, **options())
    return fill(made, range(made_first := day_number("2026-01-01"), made_first + 6))
