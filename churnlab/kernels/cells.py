"""Daily rows and snapshots to features: prefix sums over a person's rows, two look-ups a cell.

A snapshot is (person, t). Everything here sees the rows before `windows.before(…, t)`, and nothing
on or after t. The arithmetic over cells is in `arithmetic`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from churnlab.kernels.arithmetic import run, write
from churnlab.kernels.jit import jit
from churnlab.kernels.plan import (
    ACTIVE,
    COUNT,
    DAYS,
    GAP,
    GAP_OVER,
    GAP_SQ,
    GAPS,
    GAPS_BEYOND,
    GAPS_OVER,
    LANES,
    LONGEST,
    OBSERVED,
    RECENT,
    SEASON,
    SINCE,
    SINCE_FIRST,
    SUM,
    WEEKDAY,
    WINDOW,
    History,
    Plan,
)
from churnlab.kernels.units import NO_DAY
from churnlab.kernels.walks import walk
from churnlab.kernels.windows import before, gap_since

NONE = NO_DAY
_TOTAL = 0  # columns of a folded measure
_LARGEST = 1
_FIRST = 2
_LAST = 3


class _Scratch(NamedTuple):
    """Working arrays that all snapshots share; they hold one person at a time.

    | field   | type               | meaning                                                  |
    |---------|--------------------|----------------------------------------------------------|
    | prefix  | int64[rows + 2, k] | row 0 is zero, row 1 the folded past, row i + 2 includes |
    |         |                    | the person's row i                                       |
    | actives | int64[rows + 1]    | the last active row before each row, -1 for none         |
    | edges   | int64[b + 1]       | row of `prefix` at each of `backs`, for one snapshot     |
    | folded  | int64[k, 4]        | the person's `carried`                                   |
    | past    | int64[4]           | the person's `recent`                                    |
    | totals  | float64[w]         | sums of the DECAYED cells, for one snapshot              |
    """

    prefix: np.ndarray
    actives: np.ndarray
    edges: np.ndarray
    folded: np.ndarray
    past: np.ndarray
    totals: np.ndarray


@jit
def features(
    history: History,
    plan: Plan,
    start: int,
    users: np.ndarray,
    days: np.ndarray,
    order: np.ndarray,
    registers: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill out float64[p, n] with the features of each snapshot.

    | argument  | type              | meaning                                                      |
    |-----------|-------------------|--------------------------------------------------------------|
    | start     | int               | the first day of the log                                     |
    | users     | int64[n]          | the person of each snapshot, -1 for one without rows         |
    | days      | int64[n]          | the day t of each snapshot                                   |
    | order     | int64[j]          | which snapshots to compute, grouped by person                |
    | registers | float64[r, LANES] | working space: cells first, then constants (filled in), then |
    |           |                   | intermediate values                                          |
    """
    scratch = _scratch(history.first, plan)
    begins, windows = _begins(plan.measures), np.sum(plan.cells[:, 0] == WINDOW)
    lane, current = np.int64(0), np.int64(-2)
    for at in range(order.shape[0]):
        person, t = users[order[at]], days[order[at]]
        if person != current:
            _unfold(history, person, scratch)
            _scan(history, person, plan.measures, begins, scratch)
            current = person
        begin = history.first[max(person, 0)]
        _look_up(history, person, t, plan.backs, scratch.edges)
        _windows(plan.cells, windows, scratch.prefix, scratch.edges, registers, lane)
        _decayed(plan, windows, t, history.day, begin, scratch, registers, lane)
        _read(plan, windows, t, start, history.day, begin, scratch, registers, lane)
        lane += 1
        if lane == LANES or at + 1 == order.shape[0]:
            run(plan.code, registers)
            write(registers, plan.results, order, at + 1 - lane, lane, out)
            lane = np.int64(0)


@jit
def _scratch(first: np.ndarray, plan: Plan) -> _Scratch:
    """Working arrays for the person with the most rows; nothing folded away."""
    rows, k = 0, plan.measures.shape[0]
    for person in range(first.shape[0] - 1):
        rows = max(rows, first[person + 1] - first[person])
    folded = np.full((k, 4), NONE, np.int64)
    folded[:, _TOTAL] = 0
    return _Scratch(
        np.zeros((rows + 2, k), np.int64),
        np.zeros(rows + 1, np.int64),
        np.zeros(plan.backs.shape[0] + 1, np.int64),
        folded,
        np.full(4, NONE, np.int64),
        np.zeros(plan.weights.shape[1]),
    )


@jit
def _begins(measures: np.ndarray) -> np.ndarray:
    """The first measure of each kind: int64[kinds + 1]."""
    begins = np.zeros(WEEKDAY + 2, np.int64)
    for m in range(measures.shape[0]):
        for kind in range(measures[m, 0] + 1, begins.shape[0]):
            begins[kind] += 1
    return begins


@jit
def _look_up(history: History, person: int, t: int, backs: np.ndarray, edges: np.ndarray) -> None:
    """Set `edges` to 1 + the person's first row on or after t - back, for each of `backs`.

    One binary search finds the row of t; the rising `backs` then walk back from it.
    """
    if person < 0:
        edges[: backs.shape[0]] = 1
        return
    day, begin = history.day, history.first[person]
    row = before(history.first, day, person, t)
    for b in range(backs.shape[0]):
        bound = t - backs[b]
        while row > begin and day[row - 1] >= bound:
            row -= 1
        edges[b] = row - begin + 1


@jit
def _unfold(history: History, person: int, scratch: _Scratch) -> None:
    """Load the person's folded past; person -1 has none."""
    if history.carried.shape[0] == 0:
        return
    folded, past = scratch.folded, scratch.past
    for i in range(past.shape[0]):
        past[i] = history.recent[person, i] if person >= 0 else NONE
        for m in range(folded.shape[0]):
            nobody = 0 if i == _TOTAL else NONE
            folded[m, i] = history.carried[person, m, i] if person >= 0 else nobody


@jit
def _scan(
    history: History, person: int, measures: np.ndarray, begins: np.ndarray, scratch: _Scratch
) -> None:
    """Fill `prefix` and `actives` with the person's rows; person -1 has none."""
    day, counts, sums = history.day, history.counts, history.sums
    prefix, actives, past = scratch.prefix, scratch.actives, scratch.past
    begin = history.first[person] if person >= 0 else 0
    rows = history.first[person + 1] - begin if person >= 0 else 0
    actives[0] = -1
    for m in range(measures.shape[0]):
        prefix[1, m] = scratch.folded[m, _TOTAL]
    for i in range(rows):
        row, old, new, gap = begin + i, prefix[i + 1], prefix[i + 2], np.int64(0)
        active = counts[row, 0] > 0
        if active:
            previous = np.int64(day[begin + actives[i]]) if actives[i] >= 0 else past[0]
            gap = gap_since(np.int64(day[row]), previous)
        actives[i + 1] = i if active else actives[i]
        for m in range(begins[COUNT], begins[COUNT + 1]):
            new[m] = old[m] + counts[row, measures[m, 1]]
        for m in range(begins[SUM], begins[SUM + 1]):
            new[m] = old[m] + sums[row, measures[m, 1]]
        for m in range(begins[ACTIVE], begins[ACTIVE + 1]):
            new[m] = old[m] + active
        for m in range(begins[GAP], begins[GAP + 1]):
            new[m] = old[m] + gap
        for m in range(begins[GAP_SQ], begins[GAP_SQ + 1]):
            new[m] = old[m] + gap * gap
        for m in range(begins[GAPS], begins[GAPS + 1]):
            new[m] = old[m] + (gap > 0)
        for m in range(begins[GAP_OVER], begins[GAP_OVER + 1]):
            new[m] = old[m] + max(gap - measures[m, 1], 0)
        for m in range(begins[GAPS_OVER], begins[GAPS_OVER + 1]):
            new[m] = old[m] + (gap > measures[m, 1])
        for m in range(begins[DAYS], begins[DAYS + 1]):
            new[m] = old[m] + (counts[row, measures[m, 1]] > 0)
        for m in range(begins[WEEKDAY], begins[WEEKDAY + 1]):
            new[m] = old[m] + (active and (day[row] + 3) % 7 == measures[m, 1])


@jit
def _windows(
    cells: np.ndarray,
    count: int,
    prefix: np.ndarray,
    edges: np.ndarray,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Put the window sums of one snapshot into their registers: a difference of two prefix rows."""
    for c in range(count):
        registers[c, lane] = np.float64(
            prefix[edges[cells[c, 2]], cells[c, 1]] - prefix[edges[cells[c, 3]], cells[c, 1]]
        )


@jit
def _read(
    plan: Plan,
    windows: int,
    t: int,
    start: int,
    day: np.ndarray,
    begin: int,
    scratch: _Scratch,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Put the cells of one snapshot that are not sums over a window into their registers."""
    cells, measures, edges = plan.cells, plan.measures, scratch.edges
    prefix, actives, folded, past = scratch.prefix, scratch.actives, scratch.folded, scratch.past
    now = edges[0] - 1
    silence = _silence(t, day, begin, actives[now], past)
    for c in range(windows + plan.weights.shape[1], cells.shape[0]):
        kind, m, extra, value = cells[c, 0], cells[c, 1], cells[c, 2], np.nan
        if kind == SEASON:
            value = _season(t, extra, cells[c, 3])
        elif kind == OBSERVED:
            value = np.float64(max(t - start, 0))
        elif kind == SINCE:
            row = _last_above(prefix, m, now, measures[m, 0] == SUM)
            last = np.int64(day[begin + row]) if row >= 0 else folded[m, _LAST]
            value = np.float64(t - last) if last > NONE else np.nan
        elif kind == SINCE_FIRST:
            row = now
            if folded[m, _FIRST] == NONE:
                row = _first_above(prefix, m, now, measures[m, 0] == SUM)
            earliest = np.int64(day[begin + row]) if row < now else folded[m, _FIRST]
            value = np.float64(t - earliest) if NONE < earliest < t else np.nan
        elif kind == RECENT:
            value = _recent(prefix, m, actives, now, extra, past)
        elif kind == GAPS_BEYOND:
            if silence > NONE:
                value = walk(kind, prefix, m, edges[cells[c, 3]] - 1, now, silence + extra)
        elif kind == LONGEST:
            value = walk(kind, prefix, m, np.int64(0), now, folded[m, _LARGEST])
        else:
            value = walk(kind, prefix, m, edges[cells[c, 3]] - 1, now, np.int64(NONE))
        registers[c, lane] = value


@jit
def _silence(t: int, day: np.ndarray, begin: int, active: int, past: np.ndarray) -> int:
    """Days from the person's last active day to t; NONE for a person who was never active."""
    if active >= 0:
        return t - day[begin + active]
    return t - past[0] if past[0] > NONE else NONE


@jit
def _last_above(prefix: np.ndarray, m: int, now: int, signed: bool) -> int:
    """The last of the rows `[0, now)` with a value above zero; -1 when there is none.

    Values that cannot be negative add up to rising sums, in which a binary search finds the row;
    `signed` ones are walked through.
    """
    if signed:
        row = now - 1
        while row >= 0 and prefix[row + 2, m] <= prefix[row + 1, m]:
            row -= 1
        return row
    low, high, total = 0, now, prefix[now + 1, m]
    while low < high:
        middle = (low + high) // 2
        if prefix[middle + 1, m] < total:
            low = middle + 1
        else:
            high = middle
    return low - 1


@jit
def _first_above(prefix: np.ndarray, m: int, now: int, signed: bool) -> int:
    """The first of the rows `[0, now)` with a value above zero, now when there is none.

    It searches as `_last_above` does.
    """
    low, high = 0, now
    if signed:
        while low < now and prefix[low + 2, m] <= prefix[low + 1, m]:
            low += 1
        return low
    while low < high:
        middle = (low + high) // 2
        if prefix[middle + 2, m] > prefix[1, m]:
            high = middle
        else:
            low = middle + 1
    return low


@jit
def _recent(
    prefix: np.ndarray, m: int, actives: np.ndarray, now: int, k: int, past: np.ndarray
) -> float:
    """The value on the k-th last active day, k = 0 for the last; NaN when there are fewer.

    Of the days folded away only the gap between two is known, and it is what is asked for there.
    """
    row = actives[now]
    while row >= 0 and k > 0:
        row, k = actives[row], k - 1
    if row >= 0:
        return np.float64(prefix[row + 2, m] - prefix[row + 1, m])
    if k + 1 < past.shape[0] and past[k] > NONE:
        return np.float64(past[k] - past[k + 1]) if past[k + 1] > NONE else 0.0
    return np.nan


@jit
def _decayed(
    plan: Plan,
    windows: int,
    t: int,
    day: np.ndarray,
    first: int,
    scratch: _Scratch,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Put the decayed sums of one snapshot into their registers.

    Each row's value is multiplied by the weight of its age, and added up by rising day. The cells
    are computed side by side, because each sum has to wait for its own last addition.
    """
    cells, weights, totals, prefix = plan.cells, plan.weights, scratch.totals, scratch.prefix
    now, low = scratch.edges[0] - 1, scratch.edges[0] - 1
    for c in range(totals.shape[0]):
        totals[c] = 0.0
        low = min(low, scratch.edges[cells[windows + c, 3]] - 1)
    for row in range(low, now):
        age, m, one = t - day[first + row], -1, 0.0
        for c in range(totals.shape[0]):
            if cells[windows + c, 1] != m:
                m = cells[windows + c, 1]
                one = np.float64(prefix[row + 2, m] - prefix[row + 1, m])
            totals[c] += one * weights[age, c]
    for c in range(totals.shape[0]):
        registers[windows + c, lane] = totals[c]


@jit
def _season(t: int, period: int, quarters: int) -> float:
    """The sine of t within a period of ten-thousandths of days, some quarter turns ahead."""
    return np.sin(2 * np.pi * (((t * 10_000) % period) / period + quarters / 4))
