"""The library itself, through its public names."""

from __future__ import annotations

from datetime import timedelta

from events import DAYS, END, ROLES, ZONE

import churnlab as cl

FORTNIGHTS = tuple(str(END - timedelta(days=14 * k)) for k in range(12))

# By name, so that what is measured stays the same when churnlab gets more signals.
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
    """What is computed by all contenders: the whole default feature set."""
    return cl.FeatureSet.default()


def six() -> cl.FeatureSet:
    """The six signals that were there first, for churnlab alone."""
    return cl.FeatureSet.of(SIX)


def read(path: str) -> cl.EventLog:
    """The log as its user would name it."""
    return cl.EventLog.read(path, **OPTIONS)


def parts(
    path: str, days: tuple[str, ...] = FORTNIGHTS[:1], features: cl.FeatureSet | None = None
) -> tuple[int, int]:
    """From the file to the whole feature matrix (of `signals()`, unless said) of everybody active in the log, some thousand rows at a time;
    rows and columns."""
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
