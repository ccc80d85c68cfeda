"""The kernel that adds events which lie together by person: a record a person-day, one by one."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare, jit
from churnlab.kernels.local_days import around
from churnlab.kernels.records import (
    KEY,
    LAST,
    LAST_ACT,
    NEVER,
    PIECE,
    Events,
    Meaning,
    Table,
    Work,
    fill,
    workspace,
)
from churnlab.kernels.units import DAY_MICROS

WHO, SLOTS, NEXT = 0, 1, 2  # places of what `follow` moves on


@jit
def follow(
    events: Events,
    turns: np.ndarray,
    shifts: np.ndarray,
    meaning: Meaning,
    table: Table,
    cold: int,
    at_work: np.ndarray,
    days: np.ndarray,
    session_gap: int,
) -> None:
    """Add events that lie together by person, whose ids and days rise, to a record a person-day.

    `at_work` int64[3] holds the person at work, the slots in use and the next event, and is moved
    on: to the number of events when all were added, to an earlier one when the records are full,
    and to -1 when ids, days or times fall. `days` int32[slots] gets the day of each slot. The local
    time is the clock and shifts[i] from turns[i] on, int64 both; the rest is as in `add`.
    """
    work = workspace()
    count = events.ids.shape[0]
    while 0 <= at_work[NEXT] < count:
        at = at_work[NEXT]
        stop = _follow(
            events, at, min(at + PIECE, count), turns, shifts, table.rec, at_work, days, work
        )
        if stop < 0 or not fill(work, events, meaning, table, cold, session_gap, at, stop):
            stop = -1
        at_work[NEXT] = stop
        if stop < min(at + PIECE, count):
            break


@bare
def _follow(
    events: Events,
    start: int,
    stop: int,
    turns: np.ndarray,
    shifts: np.ndarray,
    rec: np.ndarray,
    at_work: np.ndarray,
    days: np.ndarray,
    work: Work,
) -> int:
    """Give the events from `start` on their slots and local times; returns where it stopped.

    That is before `stop` when the records are full, and -1 when ids or days fall.
    """
    ids, clock, begin = events.ids, events.clock, np.uint64(start)
    who, slots = at_work[WHO], at_work[SLOTS]
    low, high, midnight = np.int64(1), np.int64(0), np.int64(0)
    for i in range(np.uint64(stop - start)):
        key, now = ids[begin + i], clock[begin + i]
        if key != who or not low <= now < high:
            day, shift, low, high = around(now, turns, shifts)
            midnight = day * DAY_MICROS - shift
            if key < who or (key == who and slots > 0 and day < days[slots - 1]):
                return -1
            if key != who or slots == 0 or day != days[slots - 1]:
                if slots == rec.shape[0]:
                    at_work[WHO], at_work[SLOTS] = who, slots
                    return int(start + np.int64(i))
                rec[slots] = 0
                rec[slots, KEY], rec[slots, LAST_ACT], rec[slots, LAST] = key, NEVER, NEVER
                days[slots] = day
                who, slots = key, slots + 1
        work.slot[i], work.local[i] = slots - 1, now - midnight
    at_work[WHO], at_work[SLOTS] = who, slots
    return stop
