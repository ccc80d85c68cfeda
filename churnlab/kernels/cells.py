"""Daily rows and snapshots to features: prefix sums over a person's rows, two look-ups a cell, and the arithmetic over cells.

A snapshot is (person, t). Everything here sees the rows before `windows.before(…, t)` and nothing else.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels._jit import jit
from churnlab.kernels.windows import before

COUNT, SUM, ACTIVE, GAP, GAP_SQ, GAPS, GAP_OVER, GAPS_OVER, DAYS, WEEKDAY = range(10)
WINDOW, SINCE, SINCE_FIRST, RECENT, LONGEST, OBSERVED, DECAYED, LONGEST_IN, LATEST_IN, GAPS_BEYOND, SEASON = range(11)
OPERATIONS = ("add", "sub", "mul", "div", "min", "max", "log", "sqrt", "given", "fill")
LANES = 64
NONE = -(2**40)
_ADD, _SUB, _MUL, _DIV, _MIN, _MAX, _LOG, _SQRT, _GIVEN, _FILL = range(10)


@jit
def features(first: np.ndarray, day: np.ndarray, counts: np.ndarray, sums: np.ndarray, carried: np.ndarray, recent: np.ndarray, start: int,
             users: np.ndarray, days: np.ndarray, order: np.ndarray, measures: np.ndarray, backs: np.ndarray, cells: np.ndarray,
             weights: np.ndarray, registers: np.ndarray, code: np.ndarray, results: np.ndarray, out: np.ndarray) -> None:
    """Fills out float64[p, n] for the snapshots `order`: positions of users int64[n] and days int64[n], grouped by person.

    measures int64[k, 2]: kind and column; for GAP_OVER and GAPS_OVER the column is the days, for WEEKDAY the day of the week (0: Monday).
    backs int64[b]: days back from t, rising from 0. cells int64[c, 4]: kind, measure, and for a window the places in backs of its new and
    old end (-1: everything), for RECENT the k; DECAYED, LONGEST_IN, LATEST_IN and GAPS_BEYOND have the place of their old end last, DECAYED
    its row of weights before it, GAPS_BEYOND the days beyond the present silence; SEASON the ten-thousandths of days of its period and
    the quarter turns ahead. weights float64[w, d]: by age in days. registers float64[r, LANES]: cells first, then constants, then values.
    code int64[i, 4]: operation, target, left, right. results int64[p]: the register of each feature. carried
    int64[people or 0, k, 4]: sum, maximum, first and last day of what was folded away before the rows (all but the sum NONE where there
    is none); recent int64[people or 0, 4]: their last active days (NONE where there are fewer). `start` is the first day of the log.
    """
    room = 1
    for person in range(first.shape[0] - 1):
        room = max(room, first[person + 1] - first[person] + 1)
    shape = (measures.shape[0], room)
    prefix, last, largest = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    actives, begun, folded = np.zeros(room, np.int64), np.zeros(measures.shape[0], np.int64), np.zeros(measures.shape[0], np.int64)
    values = np.zeros(room, np.int64)
    past, rows, wants = np.full(4, NONE, np.int64), np.zeros(backs.shape[0], np.int64), _wants(cells, measures.shape[0])
    lane, current = 0, -2
    for at in range(order.shape[0]):
        person, t = users[order[at]], days[order[at]]
        if person != current:
            _scan(first, day, counts, sums, carried, recent, person, measures, wants, prefix, last, largest, values, actives, begun, folded, past)
            current = person
        if person >= 0:
            _look_up(first[person], before(first, day, person, t), day, t, backs, rows)
        else:
            rows[:] = 0
        _read(cells, t, start, rows, day, first[max(person, 0)], weights, prefix, last, largest, actives, begun, folded, past, registers, lane)
        lane += 1
        if lane == LANES or at + 1 == order.shape[0]:
            _run(code, registers)
            _write(registers, results, order, at + 1 - lane, lane, out)
            lane = 0


@jit
def _write(registers: np.ndarray, results: np.ndarray, order: np.ndarray, begin: int, lanes: int, out: np.ndarray) -> None:
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
def _wants(cells: np.ndarray, measures: int) -> np.ndarray:
    """Which measures are asked for their last day, their largest value: bool[measures, 2]."""
    wants = np.zeros((measures, 2), np.bool_)
    for c in range(cells.shape[0]):
        if cells[c, 0] == SINCE or cells[c, 0] == SINCE_FIRST:
            wants[cells[c, 1], 0] = True
        if cells[c, 0] == LONGEST:
            wants[cells[c, 1], 1] = True
    return wants


@jit
def _look_up(begin: int, now: int, day: np.ndarray, t: int, backs: np.ndarray, rows: np.ndarray) -> None:
    """The first row, of those of a person, on or after t - back for each of the rising `backs`: a walk back from `now`, the row of t."""
    row = now
    for b in range(backs.shape[0]):
        bound = t - backs[b]
        while row > begin and day[row - 1] >= bound:
            row -= 1
        rows[b] = row - begin


@jit
def _scan(first: np.ndarray, day: np.ndarray, counts: np.ndarray, sums: np.ndarray, carried: np.ndarray, recent: np.ndarray, person: int,
          measures: np.ndarray, wants: np.ndarray, prefix: np.ndarray, last: np.ndarray, largest: np.ndarray, values: np.ndarray,
          actives: np.ndarray, begun: np.ndarray, folded: np.ndarray, past: np.ndarray) -> None:
    """What lies before each row of a person: sums, last days, largest values, the last active row, each measure's first day; -1: nobody."""
    begin = first[person] if person >= 0 else 0
    rows = first[person + 1] - begin if person >= 0 else 0
    has = person >= 0 and carried.shape[0] > 0
    for k in range(past.shape[0]):
        past[k] = recent[person, k] if has else NONE
    actives[0] = -1
    for i in range(rows):
        actives[i + 1] = i if counts[begin + i, 0] > 0 else actives[i]
    for m in range(measures.shape[0]):
        _values(begin, rows, day, counts, sums, actives, past[0], measures[m, 0], measures[m, 1], values)
        folded[m] = carried[person, m, 0] if has else 0
        total = prefix[m, 0] = 0  # running values in scalars: read back from the array they would wait for its store
        for i in range(rows):
            total += values[i]
            prefix[m, i + 1] = total
        if wants[m, 0]:
            earliest, latest = (carried[person, m, 2], carried[person, m, 3]) if has else (NONE, NONE)
            last[m, 0] = latest
            for i in range(rows):
                if values[i] > 0:
                    latest = np.int64(day[begin + i])
                    earliest = latest if earliest == NONE else earliest
                last[m, i + 1] = latest
            begun[m] = earliest
        if wants[m, 1]:
            top = largest[m, 0] = carried[person, m, 1] if has else NONE
            for i in range(rows):
                top = max(values[i], top)
                largest[m, i + 1] = top


@jit
def _values(begin: int, rows: int, day: np.ndarray, counts: np.ndarray, sums: np.ndarray, actives: np.ndarray, old: int, kind: int, column: int,
            out: np.ndarray) -> None:
    """One measure of a person's rows."""
    if kind == COUNT:
        for i in range(rows):
            out[i] = counts[begin + i, column]
    elif kind == SUM:
        for i in range(rows):
            out[i] = sums[begin + i, column]
    elif kind == ACTIVE:
        for i in range(rows):
            out[i] = counts[begin + i, 0] > 0
    elif kind == DAYS:
        for i in range(rows):
            out[i] = counts[begin + i, column] > 0
    elif kind == WEEKDAY:
        for i in range(rows):
            out[i] = counts[begin + i, 0] > 0 and (day[begin + i] + 3) % 7 == column
    else:
        for i in range(rows):
            out[i] = 0
            if actives[i + 1] == i:
                previous = np.int64(day[begin + actives[i]]) if actives[i] >= 0 else old
                if previous > NONE:
                    out[i] = _of_gap(day[begin + i] - previous, kind, column)


@jit
def _of_gap(gap: int, kind: int, column: int) -> int:
    if kind == GAP:
        return gap
    if kind == GAP_SQ:
        return gap * gap
    if kind == GAP_OVER:
        return max(gap - column, 0)
    return 1 if kind == GAPS or gap > column else 0


@jit
def _read(cells: np.ndarray, t: int, start: int, rows: np.ndarray, day: np.ndarray, begin: int, weights: np.ndarray,
          prefix: np.ndarray, last: np.ndarray, largest: np.ndarray, actives: np.ndarray, begun: np.ndarray, folded: np.ndarray,
          past: np.ndarray, registers: np.ndarray, lane: int) -> None:
    """All cells of one snapshot into their registers."""
    now = rows[0]
    for c in range(cells.shape[0]):
        kind, m = cells[c, 0], cells[c, 1]
        if kind == WINDOW:
            old = cells[c, 3]
            base = prefix[m, rows[old]] if old >= 0 else -folded[m]
            registers[c, lane] = np.float64(prefix[m, rows[cells[c, 2]]] - base)
            continue
        value = np.nan
        if kind >= DECAYED:
            if kind == SEASON:
                value = _season(t, cells[c, 2], cells[c, 3])
            else:
                away = t - day[begin + actives[now]] if actives[now] >= 0 else t - past[0] if past[0] > NONE else NONE
                value = _walk(kind, prefix[m], rows[cells[c, 3]], now, day, begin, t, away, cells[c, 2], weights)
        elif kind == OBSERVED:
            value = np.float64(max(t - start, 0))
        elif kind == SINCE:
            if last[m, now] > NONE:
                value = np.float64(t - last[m, now])
        elif kind == SINCE_FIRST:
            if NONE < begun[m] < t:
                value = np.float64(t - begun[m])
        elif kind == LONGEST:
            if largest[m, now] > NONE:
                value = np.float64(largest[m, now])
        else:
            row, k = actives[now], cells[c, 2]
            while row >= 0 and k > 0:
                row, k = actives[row], k - 1
            if row >= 0:
                value = np.float64(prefix[m, row + 1] - prefix[m, row])
            elif k + 1 < past.shape[0] and past[k] > NONE:
                value = np.float64(past[k] - past[k + 1]) if past[k + 1] > NONE else 0.0
        registers[c, lane] = value


@jit
def _walk(kind: int, prefix: np.ndarray, low: int, now: int, day: np.ndarray, begin: int, t: int, away: int, extra: int,
          weights: np.ndarray) -> float:
    """A cell that goes through the rows `[low, now)` of a person, by rising day."""
    value = 0.0 if kind == DECAYED or (kind == GAPS_BEYOND and away > NONE) else np.nan
    for row in range(low, now):
        one = prefix[row + 1] - prefix[row]
        if kind == DECAYED:
            value += np.float64(one) * weights[extra, t - day[begin + row]]
        elif kind == GAPS_BEYOND:
            value += 1.0 if one > away + extra else 0.0
        elif (kind == LATEST_IN and one > 0) or (kind == LONGEST_IN and not value >= one):
            value = np.float64(one)
    return value


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
