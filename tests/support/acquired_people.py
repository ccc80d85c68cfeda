"""A small log with money, by hand and at random, and slow figures of it."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pandas as pd

import churnlab as cl

START, DAYS = pd.Timestamp("2026-01-01"), 260


@cache
def shop(seed: int = 0, people: int = 160) -> tuple[cl.EventLog, pd.DataFrame, pd.DataFrame]:
    """A log of visits, purchases and refunds, its users with channels, and its events."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(people):
        name, entry = f"p{i:03d}", int(rng.integers(0, DAYS - 5)) * (i > 0)
        rows.append((name, entry, "open", np.nan))
        rate = rng.gamma(1.0, 0.04)
        for day in range(entry, DAYS):
            if rng.random() < rate:
                rows.append((name, day, "purchase", float(rng.integers(1, 400)) / 4))
            if rng.random() < rate / 8:
                rows.append((name, day, "refund", float(rng.integers(1, 40)) / 4))
            if rng.random() < 0.05:
                rows.append((name, day, "open", np.nan))
    events = pd.DataFrame(rows, columns=["user_id", "day", "event", "amount"])
    hours = pd.to_timedelta(rng.integers(0, 86_000, len(events)), unit="s")
    events["ts"] = START + pd.to_timedelta(events["day"], unit="D") + hours
    log = cl.EventLog.from_frame(
        events,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        timezone="UTC",
        until=START + pd.Timedelta(days=DAYS),
    )
    channel = rng.choice(["ads", "shop", None], people, p=[0.5, 0.4, 0.1])
    users = pd.DataFrame({"user_id": [f"p{i:03d}" for i in range(people)], "channel": channel})
    return log, users, events


def slow_entries(events: pd.DataFrame, settle: int) -> dict[str, int]:
    """The first day of each person who came after the first `settle` days."""
    first: dict[str, int] = {}
    for row in events.itertuples():
        first[row.user_id] = min(first.get(row.user_id, DAYS), row.day)
    return {name: day for name, day in first.items() if day >= settle}


def slow_worth(events: pd.DataFrame, settle: int, age: int) -> dict[str, float]:
    """Money of each such person before an age, as far as seen."""
    entries = slow_entries(events, settle)
    found: dict[str, float] = defaultdict(float)
    for row in events.itertuples():
        entry = entries.get(row.user_id)
        if entry is not None and entry <= row.day < entry + age:
            sign = {"purchase": 1, "refund": -1}.get(row.event, 0)
            found[row.user_id] += sign * row.amount if sign else 0.0
    return {name: found[name] for name in entries}
