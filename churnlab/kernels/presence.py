"""Presence in time: who came back when, on how many days, and what each period made of people.

Rows of person p are `first[p]` up to `first[p + 1]`, by rising day, one a day. A day is active
where `acts` is above zero. Days outside `[base, stop)` are not looked at. `period` int32[days] is
the period of each day from `base` on, `segment` int32[people] the group of each person.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import jit
from churnlab.kernels.units import NO_DAY


@jit
def first_active(first: np.ndarray, day: np.ndarray, acts: np.ndarray, stop: int) -> np.ndarray:
    """The first active day of each person before `stop`, int64[people]; NO_DAY for none."""
    out = np.full(first.shape[0] - 1, NO_DAY, np.int64)
    for p in range(out.shape[0]):
        for i in range(first[p], first[p + 1]):
            if acts[i] > 0 and day[i] < stop:
                out[p] = day[i]
                break
    return out


@jit
def _add(n: np.ndarray, x: np.ndarray, totals: np.ndarray) -> None:
    """Add the sums of n, x, nn, nx and xx of one person to `totals` int64[w, 5]."""
    for w in range(n.shape[0]):
        totals[w, 0] += n[w]
        totals[w, 1] += x[w]
        totals[w, 2] += n[w] * n[w]
        totals[w, 3] += n[w] * x[w]
        totals[w, 4] += x[w] * x[w]


@jit
def came_back(
    first: np.ndarray,
    day: np.ndarray,
    acts: np.ndarray,
    came: np.ndarray,
    start: np.ndarray,
    segment: np.ndarray,
    base: int,
    stop: int,
    period: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    known: np.ndarray,
    size: np.ndarray,
    hits: np.ndarray,
    totals: np.ndarray,
    triangle: np.ndarray,
) -> None:
    """Count who comes back after their own first day, and after each later period's first day.

    | argument | type               | meaning                                                  |
    |----------|--------------------|----------------------------------------------------------|
    | came     | int[m]             | a row counts as coming back where this is above zero     |
    | start    | int64[people]      | the person's first day; NO_DAY leaves the person out     |
    | low,high | int64[w]           | a window is the days `[a + low, a + high]` after a day a |
    | known    | uint8[periods, w]  | whether the window is over for all who begin there       |
    | size     | int64[2,s,periods] | people: 0 new in the period, 1 there before              |
    | hits     | int64[2,s,periods,w] | those who came in the window                           |
    | totals   | int64[s, w, 5]     | of people there before: sums of n, x, nn, nx, xx         |
    | triangle | int64[s,periods,periods] | new people who came so many periods later          |

    A person new in a period is counted from `start`, one who was there before from the first active
    day in the period. `n` and `x` are how often a person was counted and came, where known.
    """
    days, windows = stop - base, low.shape[0]
    following = np.empty(days, np.int64)
    n, x = np.zeros(windows, np.int64), np.zeros(windows, np.int64)
    for p in range(first.shape[0] - 1):
        if start[p] == NO_DAY or start[p] >= stop:
            continue
        s, filled = segment[p], 0
        own = period[start[p] - base] if start[p] >= base else -1
        last = -1
        for i in range(first[p], first[p + 1]):
            if came[i] > 0 and day[i] >= base and day[i] < stop:
                while filled <= day[i] - base:
                    following[filled] = day[i] - base
                    filled += 1
                q = period[day[i] - base]
                if own >= 0 and day[i] >= start[p] and q != last:
                    triangle[s, own, q - own] += 1
                    last = q
        if own >= 0:
            size[0, s, own] += 1
            for w in range(windows):
                at = start[p] - base + low[w]
                if at < filled and following[at] <= start[p] - base + high[w]:
                    hits[0, s, own, w] += 1
        last = own
        n[:] = 0
        x[:] = 0
        for i in range(first[p], first[p + 1]):
            if acts[i] <= 0 or day[i] < base or day[i] >= stop:
                continue
            q = period[day[i] - base]
            if q <= last:
                continue
            last = q
            size[1, s, q] += 1
            for w in range(windows):
                at = day[i] - base + low[w]
                hit = at < filled and following[at] <= day[i] - base + high[w]
                hits[1, s, q, w] += hit
                n[w] += known[q, w]
                x[w] += known[q, w] * hit
        _add(n, x, totals[s])


@jit
def days_active(
    first: np.ndarray,
    day: np.ndarray,
    acts: np.ndarray,
    segment: np.ndarray,
    base: int,
    stop: int,
    period: np.ndarray,
    by_days: np.ndarray,
    by_day: np.ndarray,
) -> None:
    """Count the people active on exactly k days of each period, and on each day.

    Adds to `by_days` int64[segments, periods, k] and `by_day` int64[segments, days].
    """
    for p in range(first.shape[0] - 1):
        s, last, k = segment[p], -1, 0
        for i in range(first[p], first[p + 1]):
            if acts[i] <= 0 or day[i] < base or day[i] >= stop:
                continue
            by_day[s, day[i] - base] += 1
            q = period[day[i] - base]
            if q != last:
                if last >= 0:
                    by_days[s, last, k] += 1
                last, k = q, 0
            k += 1
        if last >= 0:
            by_days[s, last, k] += 1


@jit
def life_cycle(
    first: np.ndarray,
    day: np.ndarray,
    acts: np.ndarray,
    start: np.ndarray,
    segment: np.ndarray,
    base: int,
    stop: int,
    period: np.ndarray,
    states: np.ndarray,
) -> None:
    """Count new, returning, resurrected and dormant people of each period.

    Adds to `states` int64[segments, periods + 1, 4]: new (active, first active in this period),
    returning (active in this period and in the one before), resurrected (active, not in the one
    before, and known before), dormant (active in the one before and not in this one).
    """
    for p in range(first.shape[0] - 1):
        s, last = segment[p], -2
        own = period[start[p] - base] if start[p] >= base and start[p] < stop else -1
        for i in range(first[p], first[p + 1]):
            if acts[i] <= 0 or day[i] < base or day[i] >= stop:
                continue
            q = period[day[i] - base]
            if q == last:
                continue
            if last >= 0 and q > last + 1:
                states[s, last + 1, 3] += 1
            if q == own:
                states[s, q, 0] += 1
            elif q == last + 1 and last >= 0:
                states[s, q, 1] += 1
            else:
                states[s, q, 2] += 1
            last = q
        if last >= 0:
            states[s, last + 1, 3] += 1
