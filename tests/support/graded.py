"""What people did, from the raw events in slow plain Python, and jobs whose lists can be graded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

RECEIPTS = {"push_sent", "like_received"}  # of make_community: they happen to a person


@dataclass(frozen=True)
class Happened:
    """What one person did."""

    churned: bool
    spent: float


def happened(
    events: pd.DataFrame,
    users: Iterable[object],
    day: str,
    horizon: int,
    lead: int = 0,
    names: set[str] | None = None,
    terminal: str = "",
) -> Mapping[object, Happened]:
    """What each person did in the local days [day + lead, day + lead + horizon), event by event.

    `names` are the events that count; all but RECEIPTS without it. `spent` is the money of
    [day, day + lead + horizon).
    """
    begin = date.fromisoformat(day)
    first, stop = begin + timedelta(days=lead), begin + timedelta(days=lead + horizon)
    wanted = {user: [False, False, 0.0] for user in users}
    for user, ts, event, amount in events[["user_id", "ts", "event", "amount"]].itertuples(
        index=False
    ):
        if user not in wanted:
            continue
        on = ts.date()
        counts = event in names if names else event not in RECEIPTS
        wanted[user][0] |= counts and first <= on < stop
        wanted[user][1] |= event == terminal and first <= on < stop
        if event == "purchase" and begin <= on < stop and amount == amount:
            wanted[user][2] += amount
    return {
        user: Happened(ended if terminal else not acted, spent)
        for user, (acted, ended, spent) in wanted.items()
    }


def slow_auc(y: list[bool], p: list[float]) -> float:
    """The share of pairs of a churner and a stayer in which the churner is above; ties half."""
    pairs = [(a, b) for a, left in zip(p, y, strict=True) if left
             for b, gone in zip(p, y, strict=True) if not gone]  # fmt: skip
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def job_beside(config: Path, folder: Path, end: str = "") -> Path:
    """The configuration of a trained job with its own output folder; `end` are more tables."""
    text = config.read_text()
    for name in ("events.parquet", "users.parquet", "runs"):
        text = text.replace(f'"{name}"', json.dumps(str(config.parent / name)))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "churnlab.toml").write_text(text + end)
    return folder / "churnlab.toml"
