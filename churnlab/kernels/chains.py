"""Chains: how far people come through steps that must be taken in order.

Rows of person p are `first[p]` up to `first[p + 1]`, by rising time. `have` int32[m, k] says how
often each of k measures happened at a row. What happened at one row may have come in any order,
but one event serves one step.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare, jit
from churnlab.kernels.units import NO_DAY


@bare
def _extend(
    t: int,
    row: int,
    have: np.ndarray,
    step: np.ndarray,
    later: np.ndarray,
    low: int,
    stop: int,
    within: int,
    now: np.ndarray,
    eve: np.ndarray,
    path: np.ndarray,
    old: np.ndarray,
    best: int,
    person: int,
    when: np.ndarray,
) -> int:
    """Take the steps that a row at time t allows; the most steps that the person took so far.

    `now` int64[s] is the latest start of a chain that has taken step i, NO_DAY for none, `path`
    int64[s, s] the times of its steps; `eve` and `old` are both as they were before today. The
    latest start is the one that has most of its window left, so no other chain need be kept.
    """
    for i in range(step.shape[0] - 1, -1, -1):
        chosen, origin = NO_DAY, -2
        for j in range(i - 1, -2, -1):  # steps j + 1 to i are taken at this row
            u = step[j + 1]
            if u < 0:
                break
            needed = 0
            for k in range(j + 1, i + 1):
                needed += step[k] == u
            if have[row, u] < needed:
                break
            if j < 0:
                start = t if low <= t and t < stop else NO_DAY
            else:
                start = eve[j] if later[j + 1] else now[j]
            if start != NO_DAY and t - start < within and start > chosen:
                chosen, origin = start, j
            if later[j + 1]:
                break
        if chosen == NO_DAY or chosen <= now[i]:
            continue
        now[i] = chosen
        for k in range(i + 1):
            if k > origin:
                path[i, k] = t
            else:
                path[i, k] = old[origin, k] if later[origin + 1] else path[origin, k]
        if i + 1 > best:
            best = i + 1
            for k in range(best):
                when[person, k] = path[i, k]
    return best


@jit
def reached(
    first: np.ndarray,
    time: np.ndarray,
    day: np.ndarray,
    have: np.ndarray,
    step: np.ndarray,
    later: np.ndarray,
    entry: np.ndarray,
    entry_day: np.ndarray,
    low: int,
    stop: int,
    until: int,
    within: int,
    steps: np.ndarray,
    when: np.ndarray,
    pending: np.ndarray,
) -> None:
    """How many steps each person took in order, within `within` of the first.

    | argument         | type             | meaning                                               |
    |------------------|------------------|-------------------------------------------------------|
    | time, day        | int64[m]         | the time of each row, in any unit, and its day        |
    | step             | int32[s]         | the measure of each step; -1 for the first: `entry`   |
    | later            | uint8[s]         | 1 where the day must be later than the step before    |
    | entry, entry_day | int64[people]    | time and day of the first step; NO_DAY for none       |
    | low, stop        |                  | a chain starts in `[low, stop)`                       |
    | until            |                  | rows from here on are not looked at                   |
    | steps            | int8[people]     | the steps taken, filled; 0 for people without a start |
    | when             | int64[people, s] | their times, filled, of the chain first to come so far|
    | pending          | uint8[people]    | 1 where a chain starts at `stop` or later, filled     |
    """
    count, waits = step.shape[0], False
    for k in range(count):
        waits = waits or later[k] > 0
    now, eve = np.empty(count, np.int64), np.empty(count, np.int64)
    path, old = np.zeros((count, count), np.int64), np.zeros((count, count), np.int64)
    for p in range(first.shape[0] - 1):
        for k in range(count):
            now[k] = NO_DAY
            eve[k] = NO_DAY
        best, today = 0, NO_DAY
        if step[0] < 0:
            pending[p] = entry[p] >= stop and entry[p] < until
            if entry[p] < low or entry[p] >= stop:
                continue
            now[0], path[0, 0], when[p, 0] = entry[p], entry[p], entry[p]
            best, today = 1, entry_day[p]
        for i in range(first[p], first[p + 1]):
            if time[i] >= until or best == count:
                break
            if step[0] < 0 and time[i] < entry[p]:
                continue
            some = False
            for u in range(have.shape[1]):
                some = some or have[i, u] > 0
            if not some:
                continue
            if waits and day[i] != today:
                for k in range(best):
                    eve[k] = now[k]
                    for u in range(k + 1):
                        old[k, u] = path[k, u]
                today = day[i]
            if step[0] >= 0 and time[i] >= stop and have[i, step[0]] > 0:
                pending[p] = 1
            best = _extend(
                time[i], i, have, step, later, low, stop, within, now, eve, path, old, best, p, when
            )
        steps[p] = best


@jit
def last_before(first: np.ndarray, day: np.ndarray, value: np.ndarray, t: int) -> np.ndarray:
    """The last day before t on which a value is above zero, int64[people]; NO_DAY for none."""
    out = np.full(first.shape[0] - 1, NO_DAY, np.int64)
    for p in range(out.shape[0]):
        for i in range(first[p + 1] - 1, first[p] - 1, -1):
            if day[i] < t and value[i] > 0:
                out[p] = day[i]
                break
    return out
