"""The library itself, through its public names."""

from __future__ import annotations

from datetime import timedelta

from events import DAYS, END, ROLES, ZONE

import churnlab as cl

FORTNIGHTS = tuple(str(END - timedelta(days=14 * k)) for k in range(12))


def read(path: str) -> cl.EventLog:
    """The log as its user would name it."""
    return cl.EventLog.read(path, user="user_id", time="ts", event="event", amount="amount", roles=ROLES, timezone=ZONE)


def features(path: str, days: tuple[str, ...] = FORTNIGHTS[:1]) -> cl.Dataset:
    """From the file to the whole default feature matrix of everybody active in the log."""
    activity = read(path).daily()
    return cl.build_dataset(activity, cl.Snapshots.at(activity, days=list(days), active_within=DAYS))
