"""Retention in slow plain Python, over raw events: the figures that the library must have."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import strategies as st

import churnlab as cl

START = date(2026, 1, 1)
ROLES = {"open": ["app_open"], "onboarding": ["prefs"], "purchase": ["buy"], "push_sent": ["push"]}
NAMES = ["app_open", "prefs", "buy", "push", "look"]
ACTS = {"app_open", "prefs", "buy", "look"}
CHANNELS = ["ads", "shop", None]


def period_of(day: date, every: str) -> date:
    """The first day of the calendar period of a day."""
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def period_after(first: date, every: str) -> date:
    """The first day of the period after the one that begins on a day."""
    if every == "day":
        return first + timedelta(days=1)
    if every == "week":
        return first + timedelta(days=7)
    return (first + timedelta(days=32)).replace(day=1)


def periods(start: date, end: date, every: str) -> list[date]:
    """The periods that touch `[start, end)`."""
    found = [period_of(start, every)]
    while (later := period_after(found[-1], every)) < end:
        found.append(later)
    return found


@st.composite
def events(draw: st.DrawFn, people: int = 8, days: int = 40) -> pd.DataFrame:
    """Raw events of a few people: user_id, ts, event; the first and the last day have events."""
    row = st.tuples(
        st.integers(0, people - 1),
        st.integers(0, days - 1),
        st.integers(0, 86_399),
        st.sampled_from(NAMES),
    )
    rows = draw(st.lists(row, max_size=90))
    rows += [(0, 0, 60, "look"), (1, days - 1, 60, "look"), *((2, 3, 60, n) for n in NAMES)]
    at = pd.Timestamp(START)
    return pd.DataFrame(
        [(f"u{p}", at + pd.Timedelta(days=d, seconds=s), name) for p, d, s, name in rows],
        columns=["user_id", "ts", "event"],
    )


def log_of(frame: pd.DataFrame) -> cl.EventLog:
    """The log of such events."""
    return cl.EventLog.from_frame(
        frame, user="user_id", time="ts", event="event", roles=ROLES, timezone="UTC"
    )


def users(people: int = 8, days: int = 40) -> pd.DataFrame:
    """Attributes of some of the people, and of two who never act; registration days, some missing."""
    rows = []
    for p in [*range(people - 1), 90, 91]:
        shift = (p * 5) % (days + 10) - 5
        registered = None if p % 6 == 5 else pd.Timestamp(START) + pd.Timedelta(days=shift)
        rows.append((f"u{p}", CHANNELS[p % 3], registered))
    return pd.DataFrame(rows, columns=["user_id", "channel", "registered"])


def active_days(frame: pd.DataFrame, names: set[str] = ACTS) -> dict[str, set[date]]:
    """The local days with an act of each person."""
    found: dict[str, set[date]] = defaultdict(set)
    for user, ts, event in frame.itertuples(index=False):
        found[user]
        if event in names:
            found[user].add(ts.date())
    return found


def span(frame: pd.DataFrame) -> tuple[date, date]:
    """The first day of the log, and the day after its last."""
    return frame["ts"].min().date(), frame["ts"].max().date() + timedelta(days=1)


def cohorts(
    frame: pd.DataFrame,
    every: str,
    windows: list[tuple[int, int | None]],
    registered: dict[str, date] | None = None,
    came: set[str] = ACTS,
) -> dict[tuple, tuple[set, set, bool]]:
    """(cohort, who, window) → the people of the cohort, those who came, whether it is known.

    A window is its first and last day after the first one; None: ever after.
    """
    start, end = span(frame)
    acts, back = active_days(frame), active_days(frame, came)
    out: dict[tuple, tuple[set, set, bool]] = {}
    everybody = set(acts) | set(registered or ())
    for user in everybody:
        if registered is not None:
            first = registered.get(user)
        else:
            first = min(acts[user]) if acts.get(user) else None
        if first is None or first >= end:
            continue
        anchors = [(period_of(first, every), "new", first)] if first >= start else []
        own = period_of(first, every) if first >= start else None
        later: dict[date, date] = {}
        for day in sorted(acts.get(user, ())):
            later.setdefault(period_of(day, every), day)
        anchors += [(p, "returning", d) for p, d in later.items() if own is None or p > own]
        for cohort, who, anchor in anchors:
            last = period_after(cohort, every) - timedelta(days=1)
            for low, high in windows:
                known = last + timedelta(days=low if high is None else high) < end
                size, hits, _ = out.setdefault((cohort, who, (low, high)), (set(), set(), known))
                size.add(user)
                if any(
                    low <= (d - anchor).days and (high is None or (d - anchor).days <= high)
                    for d in back.get(user, ())
                    if d < end
                ):
                    hits.add(user)
    return out


def triangle(frame: pd.DataFrame, every: str) -> dict[tuple[date, int], float | None]:
    """(cohort, periods later) → the share of the cohort that came; None where it is not over."""
    start, end = span(frame)
    order = periods(start, end, every)
    acts = {u: days for u, days in active_days(frame).items() if days}
    out: dict[tuple[date, int], float | None] = {}
    for i, cohort in enumerate(order):
        people = [d for d in acts.values() if period_of(min(d), every) == cohort]
        for k, later in enumerate(order[i:]):
            if not people or period_after(later, every) > end:
                out[cohort, k] = None
            else:
                came = sum(any(period_of(d, every) == later for d in days) for days in people)
                out[cohort, k] = came / len(people)
    return out


def states(frame: pd.DataFrame, every: str) -> dict[date, dict[str, int] | None]:
    """The states of people in each period; None where it or the one before was not observed whole."""
    start, end = span(frame)
    order = periods(start, end, every)
    acts = {u: {period_of(d, every) for d in days} for u, days in active_days(frame).items()}
    out: dict[date, dict[str, int] | None] = {}
    for i, t in enumerate(order):
        before = order[i - 1] if i else None
        if before is None or before < start or period_after(t, every) > end:
            out[t] = None
            continue
        there = [p for p in acts.values() if t in p]
        out[t] = {
            "active": len(there),
            "new": sum(min(p) == t for p in there),
            "returning": sum(before in p for p in there),
            "resurrected": sum(before not in p and min(p) < t for p in there),
            "dormant": sum(before in p and t not in p for p in acts.values()),
        }
    return out


def months(frame: pd.DataFrame) -> dict[date, tuple[list[int], float | None]]:
    """The active days of each person who came in each month; DAU over MAU, None where unknown."""
    start, end = span(frame)
    out: dict[date, tuple[list[int], float | None]] = {}
    for month in periods(start, end, "month"):
        later = period_after(month, "month")
        counted = [
            k
            for days in active_days(frame).values()
            if (k := sum(month <= d < later for d in days)) > 0
        ]
        whole = month >= start and later <= end and counted
        length = (later - month).days
        ratio = float(np.mean(counted)) / length if whole else None
        out[month] = (sorted(counted), ratio)
    return out


def walked(
    moments: list[tuple[int, int, dict[str, int]]],
    steps: list[tuple[str, bool]],
    starts: tuple[int, int],
    within: int,
    entry: tuple[int, int] | None = None,
) -> tuple[int, list[int]]:
    """How many steps a person took, and their times; every start is tried, one after another.

    `moments` are (time, day, how often each thing happened), by rising time; what happened at one
    time may be in any order. A step is a name and whether it must be on a later day. A start lies in
    `[starts[0], starts[1])`. With `entry` (time, day) the first step is taken there alone.
    """
    best: tuple[int, list[int]] = (0, [])
    if entry is not None:
        tries = [(*entry, -1)]
    else:
        tries = [(t, d, i) for i, (t, d, got) in enumerate(moments) if got.get(steps[0][0])]
    for start, start_day, place in tries:
        if not starts[0] <= start < starts[1]:
            continue
        times, day = [start], start_day
        used: dict[tuple[int, str], int] = {(place, steps[0][0]): 1}
        for name, later in steps[1:]:
            for i, (t, d, got) in enumerate(moments):
                spare = got.get(name, 0) - used.get((i, name), 0)
                if t >= times[-1] and t - start < within and spare > 0 and (d > day or not later):
                    times.append(t)
                    day = d
                    used[i, name] = used.get((i, name), 0) + 1
                    break
            else:
                break
        rank = (len(times), -times[-1], start)
        if best[0] == 0 or rank > (best[0], -best[1][-1], best[1][0]):
            best = (len(times), times)
    return best


DAY0 = pd.Timestamp(START)
ROLE_OF = {names[0]: role for role, names in ROLES.items()}


def days_of(frame: pd.DataFrame) -> dict[str, list[tuple[int, int, dict[str, int]]]]:
    """Each person's days: number, number, how often each role happened."""
    found: dict[str, dict[int, Counter]] = {}
    for user, ts, event in frame.itertuples(index=False):
        day = (ts.normalize() - DAY0).days
        found.setdefault(user, {}).setdefault(day, Counter())[ROLE_OF.get(event, "other")] += 1
    return {u: [(d, d, dict(days[d])) for d in sorted(days)] for u, days in found.items()}
