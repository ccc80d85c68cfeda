"""The library itself, through its public names."""

from __future__ import annotations

from datetime import timedelta

from events import DAYS, END, ROLES, ZONE

import churnlab as cl

FORTNIGHTS = tuple(str(END - timedelta(days=14 * k)) for k in range(12))

# By name, so that the benchmark stays the same when churnlab gets more signals.
SIX = (
    "SessionShortening",
    "PushOpenDecline",
    "SocialDropOff",
    "LoginIntervals",
    "SpendDecline",
    "Tenure",
)
OPTIONS = {
    "user": "user_id",
    "time": "ts",
    "event": "event",
    "amount": "amount",
    "roles": ROLES,
    "timezone": ZONE,
}


def signals() -> cl.FeatureSet:
    """The features that all contenders compute: the whole default set."""
    return cl.FeatureSet.default()


def six() -> cl.FeatureSet:
    """The six oldest signals, for churnlab alone."""
    return cl.FeatureSet.of(SIX)


def read(path: str) -> cl.EventLog:
    """The log, read as a user would read it."""
    return cl.EventLog.read(path, **OPTIONS)


def parts(
    path: str, days: tuple[str, ...] = FORTNIGHTS[:1], features: cl.FeatureSet | None = None
) -> tuple[int, int]:
    """Rows and columns of the feature matrix of everybody active, made in parts.

    `features` are those of `signals()` when left out.
    """
    rows = columns = 0
    for part in cl.iter_datasets(
        read(path).daily(), days=list(days), active_within=DAYS, features=features or signals()
    ):
        rows, columns = rows + part.X.shape[0], part.X.shape[1]
    return rows, columns


def features(path: str, days: tuple[str, ...] = FORTNIGHTS[:1]) -> cl.Dataset:
    """The same matrix in one piece."""
    activity = read(path).daily()
    return cl.build_dataset(
        activity, cl.Snapshots.at(activity, days=list(days), active_within=DAYS), signals()
    )
