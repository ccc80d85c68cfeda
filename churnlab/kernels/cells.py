"""Daily rows and snapshots to features: prefix sums over a person's rows, two look-ups a cell, and the arithmetic over cells.

A snapshot is (person, t). Everything here sees the rows before `windows.before(…, t)` and nothing else.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import jit
from churnlab.kernels.windows import before

COUNT, SUM, ACTIVE, GAP, GAP_SQ, GAPS, GAP_OVER, GAPS_OVER, DAYS, WEEKDAY = range(10)
(
    WINDOW,
    SINCE,
    SINCE_FIRST,
    RECENT,
    LONGEST,
    OBSERVED,
    DECAYED,
    LONGEST_IN,
    LATEST_IN,
    GAPS_BEYOND,
    SEASON,
) = range(11)
OPERATIONS = ("add", "sub", "mul", "div", "min", "max", "log", "sqrt", "given", "fill")
LANES = 64
NONE = -(2**40)
_TOTAL, _LARGEST, _FIRST, _LAST = range(4)  # of what was folded away
_ADD, _SUB, _MUL, _DIV, _MIN, _MAX, _LOG, _SQRT, _GIVEN, _FILL = range(10)


@jit
def features(
    first: np.ndarray,
    day: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
    carried: np.ndarray,
    recent: np.ndarray,
    start: int,
    users: np.ndarray,
    days: np.ndarray,
    order: np.ndarray,
    measures: np.ndarray,
    backs: np.ndarray,
    cells: np.ndarray,
    weights: np.ndarray,
    registers: np.ndarray,
    code: np.ndarray,
    results: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fills out float64[p, n] for the snapshots `order`: positions of users int64[n] and days int64[n], grouped by person.

    measures int64[k, 2], by rising kind: kind and column; for GAP_OVER and GAPS_OVER the column is the days, for WEEKDAY the day of the week
    (0: Monday). backs int64[b]: days back from t, rising from 0. cells int64[c, 4], windows first, then DECAYED by measure: kind, measure, and
    for a window the places in backs of its new and old end (b: everything), for RECENT the k; DECAYED, LONGEST_IN, LATEST_IN and GAPS_BEYOND
    have the place of their old end last, GAPS_BEYOND before it the days beyond the present silence; SEASON the ten-thousandths of days of its
    period and the quarter turns ahead. weights float64[d, w]: by age in days, of each DECAYED cell, 0 beyond its window. registers
    float64[r, LANES]: cells first, then constants, then values. code int64[i, 4]: operation, target, left, right. results int64[p]: the
    register of each feature. carried int64[people or 0, k, 4]: sum, maximum, first and last day of what was folded away before the rows (all
    but the sum NONE where there is none); recent int64[people or 0, 4]: their last active days (NONE where there are fewer). `start` is the
    first day of the log.
    """
    room = 0
    for person in range(first.shape[0] - 1):
        room = max(room, first[person + 1] - first[person])
    k = measures.shape[0]
    prefix, actives, rows = (
        np.zeros((room + 2, k), np.int64),
        np.zeros(room + 1, np.int64),
        np.zeros(backs.shape[0] + 1, np.int64),
    )
    folded, past = np.full((k, 4), NONE, np.int64), np.full(4, NONE, np.int64)
    folded[:, _TOTAL] = 0
    begins, windows, totals = (
        _begins(measures),
        np.sum(cells[:, 0] == WINDOW),
        np.zeros(weights.shape[1]),
    )
    lane, current = 0, -2
    for at in range(order.shape[0]):
        person, t = users[order[at]], days[order[at]]
        if person != current:
            if carried.shape[0] > 0:
                _unfold(carried, recent, person, folded, past)
            _scan(first, day, counts, sums, person, measures, begins, folded, past, prefix, actives)
            current = person
        if person >= 0:
            _look_up(first[person], before(first, day, person, t), day, t, backs, rows)
        else:
            rows[: backs.shape[0]] = 1
        for c in range(windows):
            registers[c, lane] = np.float64(
                prefix[rows[cells[c, 2]], cells[c, 1]] - prefix[rows[cells[c, 3]], cells[c, 1]]
            )
        begin = first[max(person, 0)]
        _decayed(cells, windows, t, rows, day, begin, weights, prefix, totals, registers, lane)
        _read(
            cells,
            windows + totals.shape[0],
            t,
            start,
            rows,
            day,
            begin,
            measures,
            prefix,
            actives,
            folded,
            past,
            registers,
            lane,
        )
        lane += 1
        if lane == LANES or at + 1 == order.shape[0]:
            _run(code, registers)
            _write(registers, results, order, at + 1 - lane, lane, out)
            lane = 0


@jit
def _write(
    registers: np.ndarray,
    results: np.ndarray,
    order: np.ndarray,
    begin: int,
    lanes: int,
    out: np.ndarray,
) -> None:
    to = order[begin]
    together = order[begin + lanes - 1] - to == lanes - 1
    for i in range(lanes):
        together &= order[begin + i] == to + i
    for f in range(results.shape[0]):
        register = results[f]
        if together:
            for i in range(lanes):
                out[f, to + i] = registers[register, i]
        else:
            for i in range(lanes):
                out[f, order[begin + i]] = registers[register, i]


@jit
def _begins(measures: np.ndarray) -> np.ndarray:
    """Where the measures of each kind begin: int64[kinds + 1]."""
    begins = np.zeros(WEEKDAY + 2, np.int64)
    for m in range(measures.shape[0]):
        begins[measures[m, 0] + 1 :] += 1
    return begins


@jit
def _look_up(
    begin: int, now: int, day: np.ndarray, t: int, backs: np.ndarray, rows: np.ndarray
) -> None:
    """One more than the first row, of those of a person, on or after t - back for each of the rising `backs`: a walk back from `now`, the row
    of t."""
    row = now
    for b in range(backs.shape[0]):
        bound = t - backs[b]
        while row > begin and day[row - 1] >= bound:
            row -= 1
        rows[b] = row - begin + 1


@jit
def _unfold(
    carried: np.ndarray, recent: np.ndarray, person: int, folded: np.ndarray, past: np.ndarray
) -> None:
    """What was folded away of a person; of nobody, nothing."""
    if person >= 0:
        folded[:], past[:] = carried[person], recent[person]
    else:
        folded[:], past[:] = NONE, NONE
        folded[:, _TOTAL] = 0


@jit
def _scan(
    first: np.ndarray,
    day: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
    person: int,
    measures: np.ndarray,
    begins: np.ndarray,
    folded: np.ndarray,
    past: np.ndarray,
    prefix: np.ndarray,
    actives: np.ndarray,
) -> None:
    """Sums of each measure over what lies before each row of a person (-1: nobody), and the last active row before it.

    Row 0 of prefix is zero, row 1 what was folded away, row i + 2 includes the person's row i. Person -1 has no rows.
    """
    begin = first[person] if person >= 0 else 0
    rows = first[person + 1] - begin if person >= 0 else 0
    actives[0] = -1
    for m in range(measures.shape[0]):
        prefix[1, m] = folded[m, _TOTAL]
    for i in range(rows):
        row, old, new, gap = begin + i, prefix[i + 1], prefix[i + 2], np.int64(0)
        active = counts[row, 0] > 0
        if active:
            previous = np.int64(day[begin + actives[i]]) if actives[i] >= 0 else past[0]
            gap = np.int64(day[row] - previous if previous > NONE else 0)
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
def _read(
    cells: np.ndarray,
    skip: int,
    t: int,
    start: int,
    rows: np.ndarray,
    day: np.ndarray,
    begin: int,
    measures: np.ndarray,
    prefix: np.ndarray,
    actives: np.ndarray,
    folded: np.ndarray,
    past: np.ndarray,
    registers: np.ndarray,
    lane: int,
) -> None:
    """The cells of one snapshot from `skip` on into their registers."""
    now = rows[0] - 1
    away = (
        t - day[begin + actives[now]]
        if actives[now] >= 0
        else t - past[0]
        if past[0] > NONE
        else NONE
    )
    for c in range(skip, cells.shape[0]):
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
            row = (
                _first_above(prefix, m, now, measures[m, 0] == SUM)
                if folded[m, _FIRST] == NONE
                else now
            )
            earliest = np.int64(day[begin + row]) if row < now else folded[m, _FIRST]
            value = np.float64(t - earliest) if NONE < earliest < t else np.nan
        elif kind == RECENT:
            value = _recent(prefix, m, actives, now, extra, past)
        elif kind == GAPS_BEYOND:
            if away > NONE:
                value = _walk(kind, prefix, m, rows[cells[c, 3]] - 1, now, away + extra)
        else:
            whole = kind == LONGEST
            value = _walk(
                kind,
                prefix,
                m,
                0 if whole else rows[cells[c, 3]] - 1,
                now,
                folded[m, _LARGEST] if whole else NONE,
            )
        registers[c, lane] = value


@jit
def _last_above(prefix: np.ndarray, m: int, now: int, signed: bool) -> int:
    """The last of the rows `[0, now)` with a value above zero, -1 for none; values that are not `signed` add up to rising sums: halved."""
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
    """The first of the rows `[0, now)` with a value above zero, now for none; as `_last_above`."""
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
    """The value on the k-th last active day; of the days folded away only the gap between two is known."""
    row = actives[now]
    while row >= 0 and k > 0:
        row, k = actives[row], k - 1
    if row >= 0:
        return np.float64(prefix[row + 2, m] - prefix[row + 1, m])
    if k + 1 < past.shape[0] and past[k] > NONE:
        return np.float64(past[k] - past[k + 1]) if past[k + 1] > NONE else 0.0
    return np.nan


@jit
def _walk(kind: int, prefix: np.ndarray, m: int, low: int, now: int, bound: int) -> float:
    """A cell that goes through the rows `[low, now)` of a person: how many values lie above the bound, the latest above zero, the largest."""
    if kind == GAPS_BEYOND:
        above = 0
        for row in range(low, now):
            above += prefix[row + 2, m] - prefix[row + 1, m] > bound
        return np.float64(above)
    if kind == LATEST_IN:
        for row in range(now - 1, low - 1, -1):
            if prefix[row + 2, m] > prefix[row + 1, m]:
                return np.float64(prefix[row + 2, m] - prefix[row + 1, m])
        return np.nan
    top = NONE
    for row in range(low, now):
        top = max(top, prefix[row + 2, m] - prefix[row + 1, m])
    return np.float64(max(top, bound)) if max(top, bound) > NONE else np.nan


@jit
def _decayed(
    cells: np.ndarray,
    begin: int,
    t: int,
    rows: np.ndarray,
    day: np.ndarray,
    first: int,
    weights: np.ndarray,
    prefix: np.ndarray,
    totals: np.ndarray,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Values by the weight of their age in days, added up by rising day; the cells side by side, as each sum waits for itself."""
    now, low = rows[0] - 1, rows[0] - 1
    for c in range(totals.shape[0]):
        totals[c] = 0.0
        low = min(low, rows[cells[begin + c, 3]] - 1)
    for row in range(low, now):
        age, m, one = t - day[first + row], -1, 0.0
        for c in range(totals.shape[0]):
            if cells[begin + c, 1] != m:
                m = cells[begin + c, 1]
                one = np.float64(prefix[row + 2, m] - prefix[row + 1, m])
            totals[c] += one * weights[age, c]
    for c in range(totals.shape[0]):
        registers[begin + c, lane] = totals[c]


@jit
def _season(t: int, period: int, quarters: int) -> float:
    """The sine of the place of t in a period of ten-thousandths of days, some quarter turns ahead."""
    return np.sin(2 * np.pi * (((t * 10_000) % period) / period + quarters / 4))


@jit
def _run(code: np.ndarray, registers: np.ndarray) -> None:
    # Long because each operation's loop is compiled to vector instructions of its own.
    for step in range(code.shape[0]):
        out, a, b = registers[code[step, 1]], registers[code[step, 2]], registers[code[step, 3]]
        operation = code[step, 0]
        if operation == _ADD:
            for i in range(LANES):
                out[i] = a[i] + b[i]
        elif operation == _SUB:
            for i in range(LANES):
                out[i] = a[i] - b[i]
        elif operation == _MUL:
            for i in range(LANES):
                out[i] = a[i] * b[i]
        elif operation == _DIV:
            for i in range(LANES):
                out[i] = a[i] / b[i] if b[i] != 0 else np.nan
        elif operation == _MIN:
            for i in range(LANES):
                out[i] = a[i] if a[i] < b[i] or a[i] != a[i] else b[i]
        elif operation == _MAX:
            for i in range(LANES):
                out[i] = a[i] if a[i] > b[i] or a[i] != a[i] else b[i]
        elif operation == _LOG:
            for i in range(LANES):
                out[i] = np.log(a[i])
        elif operation == _SQRT:
            for i in range(LANES):
                out[i] = np.sqrt(a[i])
        elif operation == _GIVEN:
            for i in range(LANES):
                out[i] = b[i] if a[i] > 0 else np.nan
        elif operation == _FILL:
            for i in range(LANES):
                out[i] = b[i] if a[i] != a[i] else a[i]
