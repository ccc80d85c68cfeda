"""A log of three people in January and February, for tests whose answers are counted by hand."""

from __future__ import annotations

import pandas as pd

import churnlab as cl


def activity(rows: list[tuple[str, str, str, float | None]]) -> cl.DailyActivity:
    frame = pd.DataFrame(rows, columns=["user_id", "ts", "event", "amount"])
    frame["ts"] = pd.to_datetime(frame["ts"])
    log = cl.EventLog.from_frame(
        frame,
        user="user_id",
        time="ts",
        event="event",
        amount="amount",
        timezone="UTC",
        roles={r: [r] for r in sorted(set(frame["event"])) if r != "view"},
    )
    return log.daily()


LOG = [
    ("ann", "2026-01-01 10:00", "view", None),
    ("ann", "2026-01-20 10:00", "view", None),
    ("bob", "2026-01-05 09:00", "purchase", 8.5),
    ("bob", "2026-01-31 09:00", "purchase", 4.0),
    ("cat", "2026-01-02 09:00", "push_sent", None),
    ("cat", "2026-02-09 09:00", "view", None),
]


def labels(snapshots: cl.Snapshots, name: str) -> dict[str, float]:
    return dict(zip(snapshots.frame["user_id"], snapshots.frame[name], strict=True))
