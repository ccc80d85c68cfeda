"""Daily rows of whole people: their order, gaps, last days and totals.

The rows of person p are `first[p]` up to `first[p + 1]`, by rising day.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare, jit
from churnlab.kernels.units import NO_DAY


@jit
def by_piece(
    codes: np.ndarray, marks: np.ndarray, mark: bool, shift: int, starts: np.ndarray, to: np.ndarray
) -> np.ndarray:
    """The codes of the rows with the mark, grouped by piece (`code >> shift`), in their old order.

    Fills `to` int64[m] with the place of each row among them, -1 for rows without the mark, and
    `starts` int64[pieces + 1]: piece p is `starts[p]` up to `starts[p + 1]`.
    """
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
    """Which rows hold a count above the limit, bool[m]. counts int32[m, k]."""
    out = np.zeros(counts.shape[0], np.bool_)
    for i in range(counts.shape[0]):
        largest = counts[i, 0]
        for j in range(1, counts.shape[1]):
            largest = max(largest, counts[i, j])
        out[i] = largest > limit
    return out


@bare
def scatter(
    counts: np.ndarray,
    sums: np.ndarray,
    to: np.ndarray,
    out_counts: np.ndarray,
    out_sums: np.ndarray,
) -> None:
    """Copy row i of counts and sums to place `to[i]`, int64[m]; -1 leaves the row out."""
    for i in range(to.shape[0]):
        if to[i] >= 0:
            for j in range(counts.shape[1]):
                out_counts[to[i], j] = counts[i, j]
            for j in range(sums.shape[1]):
                out_sums[to[i], j] = sums[i, j]


@bare
def columns(rows: np.ndarray, order: np.ndarray, begin: int, end: int, out: np.ndarray) -> None:
    """Turn rows [m, k] into columns: out [k, m], in an order int64[m], from `begin` up to `end`."""
    for i in range(begin, end):
        for j in range(rows.shape[1]):
            out[j, i] = rows[order[i], j]


@bare
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
    """Append the rows of one day and version to each person's earlier rows.

    | argument     | type              | meaning                                               |
    |--------------|-------------------|-------------------------------------------------------|
    | place        | int64[codes]      | the person of a code: `place[code - base]`            |
    | codes        | int32[m]          | the code of each row                                  |
    | day, known   | int               | the day of the rows, the day on which they were known |
    | counts, sums | int[m, k], [m, s] | the rows                                              |
    | at           | int64[people]     | where each person's next row goes; moved on           |
    | out_*        |                   | the rows of all people; out_known may be empty        |
    """
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


@bare
def count(place: np.ndarray, codes: np.ndarray, base: int, held: np.ndarray) -> None:
    """Add the number of each person's rows to `held` int64[people]; the person is as in `put`."""
    for i in range(codes.shape[0]):
        held[place[codes[i] - base]] += 1


@bare
def first_rows(day: np.ndarray, base: int, rows: np.ndarray) -> None:
    """Fill `rows` int32[d] with a person's first row on or after each day from `base` on.

    `day` are the rising days of the person's rows; it is their number where there is no such row.
    """
    at = 0
    for i in range(day.shape[0]):
        while at < rows.shape[0] and at <= day[i] - base:
            rows[at] = i
            at += 1
    rows[at:] = day.shape[0]


@bare
def before(first: np.ndarray, day: np.ndarray, person: int, bound: int) -> int:
    """The person's first row on or after the day `bound`; the person's end when there is none.

    This is the only place that decides which rows lie before t.
    """
    low, high = first[person], first[person + 1]
    while low < high:
        middle = (low + high) // 2
        if day[middle] < bound:
            low = middle + 1
        else:
            high = middle
    return low


@bare
def gap_since(day: int, previous: int) -> int:
    """The gap: days from the previous active day to this one, 0 without one (NO_DAY).

    This is the only definition of the gap; `gaps`, the cells and the store's carry use it.
    """
    return day - previous if previous > NO_DAY else 0


@jit
def gaps(first: np.ndarray, day: np.ndarray, acts: np.ndarray, past: np.ndarray) -> np.ndarray:
    """The gap on each row, int64[m]; 0 on rows without an act.

    `past` int64[people] holds the last active day before each person's rows, NO_DAY where there is
    none; an empty array stands for no such day of anybody.
    """
    out = np.zeros(day.shape[0], np.int64)
    for person in range(first.shape[0] - 1):
        previous = past[person] if past.shape[0] > 0 else np.int64(NO_DAY)
        for i in range(first[person], first[person + 1]):
            if acts[i] > 0:
                out[i] = gap_since(np.int64(day[i]), previous)
                previous = np.int64(day[i])
    return out


@jit
def last_days(
    first: np.ndarray, day: np.ndarray, values: np.ndarray, starts: np.ndarray, stops: np.ndarray
) -> np.ndarray:
    """Each person's last day in each window with the value above zero, int64[windows, people].

    Window k is `[starts[k], stops[k])`; `stops` rise. NO_DAY where there is no such day. All
    windows are looked at before the next person: to fetch a person's rows takes longer than that.
    """
    out = np.full((stops.shape[0], first.shape[0] - 1), NO_DAY, np.int64)
    for person in range(out.shape[1] if stops.shape[0] > 0 else 0):
        begin, end = first[person], before(first, day, person, stops[-1])
        for k in range(stops.shape[0] - 1, -1, -1):
            while end > begin and day[end - 1] >= stops[k]:
                end -= 1
            for i in range(end - 1, begin - 1, -1):
                if day[i] < starts[k]:
                    break
                if values[i] > 0:
                    out[k, person] = day[i]
                    break
    return out


@jit
def totals(
    first: np.ndarray, day: np.ndarray, values: np.ndarray, start: int, stop: int
) -> np.ndarray:
    """Each person's sum of the values over the days `[start, stop)`, int64[people]."""
    out = np.zeros(first.shape[0] - 1, np.int64)
    for person in range(out.shape[0]):
        for i in range(before(first, day, person, start), before(first, day, person, stop)):
            out[person] += values[i]
    return out


@jit
def totals_of(
    first: np.ndarray,
    day: np.ndarray,
    values: np.ndarray,
    person: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
) -> np.ndarray:
    """The sum of the values of `person[i]` over the days `[start[i], stop[i])`, int64[n].

    It is 0 for the person -1, who has no rows.
    """
    out = np.zeros(person.shape[0], np.int64)
    for i in range(out.shape[0]):
        who = person[i]
        if who >= 0:
            for row in range(before(first, day, who, start[i]), before(first, day, who, stop[i])):
                out[i] += values[row]
    return out


@bare
def latest(
    first: np.ndarray, day: np.ndarray, known: np.ndarray, bound: int, keep: np.ndarray
) -> None:
    """Mark in `keep` bool[m] one row a person and day: the latest version known before `bound`.

    The versions of a day stand by rising `known` int32[m]; a day without a version that was known
    before `bound` has no row.
    """
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
