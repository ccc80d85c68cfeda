"""Daily rows of whole persons: put in order, their gaps, who is eligible, what a label sums up to.

Rows of person p are `first[p]` up to `first[p + 1]`, by rising day.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import jit


@jit
def by_piece(
    codes: np.ndarray, marks: np.ndarray, mark: bool, shift: int, starts: np.ndarray, to: np.ndarray
) -> np.ndarray:
    """Where each row with the mark goes when they are grouped by `code >> shift`: `to` int64[m], -1 for the others. Piece p is then `starts[p]` up
    to `starts[p + 1]`, int64[pieces + 1]; both are filled in here. Gives the codes so grouped."""
    starts[:] = 0
    for i in range(codes.shape[0]):
        starts[(codes[i] >> shift) + 1] += marks[i] == mark
    for r in range(1, starts.shape[0]):
        starts[r] += starts[r - 1]
    out, at = np.empty(starts[-1], codes.dtype), starts.copy()
    for i in range(codes.shape[0]):
        to[i] = -1
        if marks[i] == mark:
            r = codes[i] >> shift
            to[i] = at[r]
            out[at[r]] = codes[i]
            at[r] += 1
    return out


@jit
def over(counts: np.ndarray, limit: int) -> np.ndarray:
    """Which rows hold a count above the limit, bool[m]."""
    out = np.zeros(counts.shape[0], np.bool_)
    for i in range(counts.shape[0]):
        largest = counts[i, 0]
        for j in range(1, counts.shape[1]):
            largest = max(largest, counts[i, j])
        out[i] = largest > limit
    return out


@jit
def scatter(
    counts: np.ndarray,
    sums: np.ndarray,
    to: np.ndarray,
    out_counts: np.ndarray,
    out_sums: np.ndarray,
) -> None:
    """Copies row i to place `to[i]`; those with -1 are left out."""
    for i in range(to.shape[0]):
        if to[i] >= 0:
            for j in range(counts.shape[1]):
                out_counts[to[i], j] = counts[i, j]
            for j in range(sums.shape[1]):
                out_sums[to[i], j] = sums[i, j]


@jit
def columns(rows: np.ndarray, order: np.ndarray, begin: int, end: int, out: np.ndarray) -> None:
    """The rows [m, k] in an order int64[m], as columns: those from `begin` to `end` of out [k, m]."""
    for i in range(begin, end):
        for j in range(rows.shape[1]):
            out[j, i] = rows[order[i], j]


@jit
def put(
    place: np.ndarray,
    codes: np.ndarray,
    base: int,
    day: int,
    known: int,
    counts: np.ndarray,
    sums: np.ndarray,
    at: np.ndarray,
    out_day: np.ndarray,
    out_known: np.ndarray,
    out_counts: np.ndarray,
    out_sums: np.ndarray,
) -> None:
    """Puts rows behind each person's earlier ones; the person is `place[code - base]`, `at` int64[people] is where their next row goes."""
    for i in range(codes.shape[0]):
        person = place[codes[i] - base]
        to = at[person]
        at[person] = to + 1
        out_day[to] = day
        if out_known.shape[0] > 0:
            out_known[to] = known
        for j in range(counts.shape[1]):
            out_counts[to, j] = counts[i, j]
        for j in range(sums.shape[1]):
            out_sums[to, j] = sums[i, j]


@jit
def count(place: np.ndarray, codes: np.ndarray, base: int, held: np.ndarray) -> None:
    """Adds each person's rows to `held` int64[people]."""
    for i in range(codes.shape[0]):
        held[place[codes[i] - base]] += 1


@jit
def before(first: np.ndarray, day: np.ndarray, person: int, bound: int) -> int:
    """The first row of a person whose day is not before `bound`: the one place that decides what lies before t."""
    low, high = first[person], first[person + 1]
    while low < high:
        middle = (low + high) // 2
        if day[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def gaps(first: np.ndarray, day: np.ndarray, acts: np.ndarray) -> np.ndarray:
    """Days since the person's previous active day on each active row, int64[m]; 0 on other rows and on the first active day."""
    out = np.zeros(day.shape[0], np.int64)
    for person in range(first.shape[0] - 1):
        last = -1
        for i in range(first[person], first[person + 1]):
            if acts[i] > 0:
                if last >= 0:
                    out[i] = day[i] - day[last]
                last = i
    return out


@jit
def last_day(
    first: np.ndarray, day: np.ndarray, values: np.ndarray, start: int, stop: int
) -> np.ndarray:
    """Each person's last day in `[start, stop)` with the value above zero, or -2**40: int64[people]."""
    out = np.full(first.shape[0] - 1, -(2**40), np.int64)
    for person in range(out.shape[0]):
        for i in range(before(first, day, person, stop) - 1, first[person] - 1, -1):
            if day[i] < start:
                break
            if values[i] > 0:
                out[person] = day[i]
                break
    return out


@jit
def totals(
    first: np.ndarray, day: np.ndarray, values: np.ndarray, start: int, stop: int
) -> np.ndarray:
    """Each person's sum over `[start, stop)`: int64[people]."""
    out = np.zeros(first.shape[0] - 1, np.int64)
    for person in range(out.shape[0]):
        for i in range(before(first, day, person, start), before(first, day, person, stop)):
            out[person] += values[i]
    return out


@jit
def latest(
    first: np.ndarray, day: np.ndarray, known: np.ndarray, bound: int, keep: np.ndarray
) -> None:
    """Marks in `keep` bool[m] the row of each person and day that was known last before `bound`; rows of a day stand by rising `known`."""
    for person in range(first.shape[0] - 1):
        chosen = -1
        for i in range(first[person], first[person + 1]):
            keep[i] = False
            if chosen >= 0 and day[i] != day[chosen]:
                keep[chosen] = True
                chosen = -1
            if known[i] < bound:
                chosen = i
        if chosen >= 0:
            keep[chosen] = True
