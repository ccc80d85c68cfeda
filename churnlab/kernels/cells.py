"""Daily rows and snapshots to features: prefix sums over a person's rows, two look-ups a cell, and the arithmetic over cells.

A snapshot is (person, t). Everything here sees the rows before `windows.before(…, t)` and nothing else.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels._jit import jit
from churnlab.kernels.windows import before

COUNT, SUM, ACTIVE, GAP, GAP_SQ, GAPS = range(6)
WINDOW, SINCE, SINCE_FIRST, RECENT, LONGEST, OBSERVED = range(6)
OPERATIONS = ("add", "sub", "mul", "div", "min", "max", "log", "sqrt", "given", "fill")
LANES = 64
NONE = -(2**40)
_ADD, _SUB, _MUL, _DIV, _MIN, _MAX, _LOG, _SQRT, _GIVEN, _FILL = range(10)


@jit
def features(first: np.ndarray, day: np.ndarray, counts: np.ndarray, sums: np.ndarray, carried: np.ndarray, recent: np.ndarray, start: int,
             users: np.ndarray, days: np.ndarray, order: np.ndarray, measures: np.ndarray, backs: np.ndarray, cells: np.ndarray,
             registers: np.ndarray, code: np.ndarray, results: np.ndarray, out: np.ndarray) -> None:
    """Fills out float64[p, n] for the snapshots `order` (positions of users int64[n] and days int64[n], grouped by person).

    measures int64[k, 2]: kind and column. backs int64[b]: days back from t, the first 0. cells int64[c, 4]: kind, measure, and for a window
    the places in backs of its new and old end (-1: everything), for RECENT the k. registers float64[r, LANES]: cells first, then
    constants, then values. code int64[i, 4]: operation, target, left, right. results int64[p]: the register of each feature.
    carried int64[people or 0, k, 4]: sum, maximum, first and last day of what was folded away before the rows (all but the sum NONE where there is none);
    recent int64[people or 0, 4]: their last active days (NONE where there are fewer). `start` is the first day of the log.
    """
    room = 1
    for person in range(first.shape[0] - 1):
        room = max(room, first[person + 1] - first[person] + 1)
    prefix = np.zeros((room, measures.shape[0]), np.int64)
    last = np.zeros((room, measures.shape[0]), np.int64)
    largest = np.zeros((room, measures.shape[0]), np.int64)
    actives = np.zeros(room, np.int64)
    begun = np.zeros(measures.shape[0], np.int64)
    wants = _wants(cells, measures.shape[0])
    nowhere = np.full(backs.shape[0], 0, np.int64)
    lane, current, origin = 0, -1, 0
    for at in range(order.shape[0]):
        person, t = users[order[at]], days[order[at]]
        if person < 0:
            nowhere[:] = 0
            prefix[0], last[0], largest[0], actives[0], begun[:] = 0, NONE, NONE, -1, NONE
            current = -1
        else:
            if person != current:
                _scan(first, day, counts, sums, carried, recent, person, measures, wants, prefix, last, largest, actives, begun)
                current, origin = person, first[person]
            for b in range(backs.shape[0]):
                nowhere[b] = before(first, day, person, t - backs[b]) - origin
        for c in range(cells.shape[0]):
            registers[c, lane] = _cell(cells[c], person, t, origin, start, day, nowhere, prefix, last, largest, actives, begun, carried, recent)
        lane += 1
        if lane == LANES or at + 1 == order.shape[0]:
            _run(code, registers)
            for f in range(results.shape[0]):
                for i in range(lane):
                    out[f, order[at + 1 - lane + i]] = registers[results[f], i]
            lane = 0


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
def _scan(first: np.ndarray, day: np.ndarray, counts: np.ndarray, sums: np.ndarray, carried: np.ndarray, recent: np.ndarray, person: int,
          measures: np.ndarray, wants: np.ndarray, prefix: np.ndarray, last: np.ndarray, largest: np.ndarray, actives: np.ndarray,
          begun: np.ndarray) -> None:
    """What lies before each row of a person: sums, last days, largest values, the last active row, and each measure's first day."""
    begin, rows = first[person], first[person + 1] - first[person]
    folded = carried.shape[0] > 0
    old = recent[person, 0] if folded else NONE
    actives[0] = -1
    for i in range(rows):
        actives[i + 1] = i if counts[begin + i, 0] > 0 else actives[i]
    for m in range(measures.shape[0]):
        kind, column = measures[m, 0], measures[m, 1]
        prefix[0, m] = 0
        last[0, m] = carried[person, m, 3] if folded else NONE
        largest[0, m] = carried[person, m, 1] if folded else NONE
        begun[m] = carried[person, m, 2] if folded else NONE
        for i in range(rows):
            if kind == COUNT:
                value = np.int64(counts[begin + i, column])
            elif kind == SUM:
                value = sums[begin + i, column]
            elif kind == ACTIVE:
                value = np.int64(counts[begin + i, 0] > 0)
            else:
                value = np.int64(0)
                if counts[begin + i, 0] > 0:
                    previous = day[begin + actives[i]] if actives[i] >= 0 else old
                    if previous > NONE:
                        value = day[begin + i] - previous
                if kind == GAP_SQ:
                    value = value * value
                elif kind == GAPS:
                    value = np.int64(value > 0)
            prefix[i + 1, m] = prefix[i, m] + value
            if wants[m, 0]:
                last[i + 1, m] = day[begin + i] if value > 0 else last[i, m]
                if value > 0 and begun[m] == NONE:
                    begun[m] = day[begin + i]
            if wants[m, 1]:
                largest[i + 1, m] = max(value, largest[i, m])


@jit
def _cell(cell: np.ndarray, person: int, t: int, origin: int, start: int, day: np.ndarray, rows: np.ndarray, prefix: np.ndarray,
          last: np.ndarray, largest: np.ndarray, actives: np.ndarray, begun: np.ndarray, carried: np.ndarray, recent: np.ndarray) -> float:
    kind, m, now = cell[0], cell[1], rows[0]
    if kind == WINDOW:
        total = prefix[rows[cell[2]], m]
        if cell[3] >= 0:
            return np.float64(total - prefix[rows[cell[3]], m])
        return np.float64(total + carried[person, m, 0]) if carried.shape[0] > 0 and person >= 0 else np.float64(total)
    if kind == OBSERVED:
        return np.float64(max(t - start, 0))
    if kind == SINCE:
        return np.float64(t - last[now, m]) if last[now, m] > NONE else np.nan
    if kind == SINCE_FIRST:
        return np.float64(t - begun[m]) if NONE < begun[m] < t else np.nan
    if kind == LONGEST:
        return np.float64(largest[now, m]) if largest[now, m] > NONE else np.nan
    row, k = actives[now], cell[2]
    while row >= 0 and k > 0:
        row, k = actives[row], k - 1
    if row >= 0:
        return np.float64(prefix[row + 1, m] - prefix[row, m])
    if carried.shape[0] > 0 and person >= 0 and k + 1 < recent.shape[1] and recent[person, k] > NONE:
        return np.float64(recent[person, k] - recent[person, k + 1]) if recent[person, k + 1] > NONE else 0.0
    return np.nan


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
