"""One person's rows made ready for look-ups: prefix sums, and what is found by row at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from churnlab.kernels.jit import bare, inlined, jit
from churnlab.kernels.plan import (
    ACTIVE,
    COUNT,
    DAYS,
    DECAYED,
    GAP,
    GAP_OVER,
    GAP_SQ,
    GAPS,
    GAPS_OVER,
    KINDS,
    LONGEST,
    SINCE,
    SINCE_FIRST,
    SUM,
    WALKED,
    WEEKDAY,
    History,
    Plan,
)
from churnlab.kernels.units import NO_DAY
from churnlab.kernels.windows import gap_since

NONE = NO_DAY
_TOTAL = 0  # columns of a folded measure
_LARGEST = 1
_FIRST = 2
_LAST = 3


class Person(NamedTuple):
    """Working arrays that hold one person at a time. Days and values are NONE where there is none.

    | field    | type               | meaning                                                     |
    |----------|--------------------|-------------------------------------------------------------|
    | prefix   | int64[rows + 2, k] | row 0 is zero, row 1 the folded past, row i + 2 includes    |
    |          |                    | the person's row i                                          |
    | actives  | int64[rows + 1]    | the last active row before each row, -1 for none            |
    | active   | int64[rows + 1]    | its day                                                     |
    | last     | int64[rows + 1, s] | the last day above zero before each row, by SINCE cell      |
    | earliest | int64[f]           | the first day above zero, by SINCE_FIRST cell               |
    | longest  | int64[rows + 1, g] | the largest value before each row, by LONGEST cell          |
    | walked   | int64[v, rows]     | the values of the measures that cells walk through          |
    | weighed  | float64[rows, d]   | the values by DECAYED cell                                  |
    | folded   | int64[k, 4]        | the person's `carried`                                      |
    | past     | int64[4]           | the person's `recent`                                       |
    | places   | int64[k]           | the place of each measure in `walked`, -1 for none          |
    | measures | int64[kinds + 1]   | the first measure of each kind                              |
    | cells    | int64[kinds + 1]   | the first cell of each kind                                 |
    """

    prefix: np.ndarray
    actives: np.ndarray
    active: np.ndarray
    last: np.ndarray
    earliest: np.ndarray
    longest: np.ndarray
    walked: np.ndarray
    weighed: np.ndarray
    folded: np.ndarray
    past: np.ndarray
    places: np.ndarray
    measures: np.ndarray
    cells: np.ndarray


@jit
def person_of(first: np.ndarray, plan: Plan) -> Person:
    """Working arrays for the person with the most rows; nothing folded away."""
    rows, k = 0, plan.measures.shape[0]
    for person in range(first.shape[0] - 1):
        rows = max(rows, first[person + 1] - first[person])
    folded = np.full((k, 4), NONE, np.int64)
    folded[:, _TOTAL] = 0
    places, walked = _places(plan.cells, k)
    cells = _begins(plan.cells)
    count = cells[1:] - cells[:-1]
    return Person(
        np.zeros((rows + 2, k), np.int64),
        np.zeros(rows + 1, np.int64),
        np.zeros(rows + 1, np.int64),
        np.zeros((rows + 1, count[SINCE]), np.int64),
        np.zeros(count[SINCE_FIRST], np.int64),
        np.zeros((rows + 1, count[LONGEST]), np.int64),
        np.zeros((walked, rows), np.int64),
        np.zeros((rows, count[DECAYED])),
        folded,
        np.full(4, NONE, np.int64),
        places,
        _begins(plan.measures),
        cells,
    )


@jit
def _places(cells: np.ndarray, k: int) -> tuple[np.ndarray, int]:
    """The place in `walked` of each of k measures that a cell walks through, and their number."""
    places, walked = np.full(k, -1, np.int64), 0
    for c in range(cells.shape[0]):
        if cells[c, 0] in WALKED and places[cells[c, 1]] < 0:
            places[cells[c, 1]] = walked
            walked += 1
    return places, walked


@jit
def _begins(table: np.ndarray) -> np.ndarray:
    """The first row of each kind of a table by rising kind: int64[kinds + 1]."""
    begins = np.zeros(KINDS + 1, np.int64)
    for row in range(table.shape[0]):
        for kind in range(table[row, 0] + 1, begins.shape[0]):
            begins[kind] += 1
    return begins


@bare
def load(history: History, plan: Plan, number: int, person: Person) -> Any:
    """Fill the working arrays with a person's rows, and return how many; -1 has none."""
    _unfold(history, number, person)
    begin = history.first[max(number, 0)]
    rows = history.first[number + 1] - begin if number >= 0 else np.int64(0)
    _scan(history, begin, rows, plan.measures, person)
    _find(history.day[begin : begin + rows], plan.cells, person)
    _spread(rows, plan.cells, person)
    return rows


@inlined
def _unfold(history: History, number: int, person: Person) -> None:
    """Load the person's folded past; -1 has none."""
    if history.carried.shape[0] == 0:
        return
    folded, past = person.folded, person.past
    for i in range(past.shape[0]):
        past[i] = history.recent[number, i] if number >= 0 else NONE
        for m in range(folded.shape[0]):
            nobody = 0 if i == _TOTAL else NONE
            folded[m, i] = history.carried[number, m, i] if number >= 0 else nobody


@inlined
def _scan(history: History, begin: int, rows: int, measures: np.ndarray, person: Person) -> None:
    """Fill `prefix`, `actives` and `active` with the rows `[begin, begin + rows)`."""
    day, counts, sums, begins = history.day, history.counts, history.sums, person.measures
    prefix, actives, last = person.prefix, person.actives, person.active
    actives[0], last[0] = -1, person.past[0]
    for m in range(measures.shape[0]):
        prefix[1, m] = person.folded[m, _TOTAL]
    for i in range(rows):
        row, old, new, gap = begin + i, prefix[i + 1], prefix[i + 2], np.int64(0)
        active = counts[row, 0] > 0
        if active:
            gap = gap_since(np.int64(day[row]), last[i])
        actives[i + 1] = i if active else actives[i]
        last[i + 1] = day[row] if active else last[i]
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


@inlined
def _find(day: np.ndarray, cells: np.ndarray, person: Person) -> None:
    """Fill `last`, `earliest` and `longest` from the prefix sums."""
    prefix, folded, begins = person.prefix, person.folded, person.cells
    for c in range(begins[SINCE], begins[SINCE + 1]):
        m, at = cells[c, 1], c - begins[SINCE]
        person.last[0, at] = folded[m, _LAST]
        for i in range(day.shape[0]):
            above = prefix[i + 2, m] > prefix[i + 1, m]
            person.last[i + 1, at] = day[i] if above else person.last[i, at]
    for c in range(begins[SINCE_FIRST], begins[SINCE_FIRST + 1]):
        m, i = cells[c, 1], 0
        earliest = folded[m, _FIRST]
        while earliest == NONE and i < day.shape[0]:
            earliest = np.int64(day[i]) if prefix[i + 2, m] > prefix[i + 1, m] else NONE
            i += 1
        person.earliest[c - begins[SINCE_FIRST]] = earliest
    for c in range(begins[LONGEST], begins[LONGEST + 1]):
        m, at = cells[c, 1], c - begins[LONGEST]
        person.longest[0, at] = folded[m, _LARGEST]
        for i in range(day.shape[0]):
            value = prefix[i + 2, m] - prefix[i + 1, m]
            person.longest[i + 1, at] = max(value, person.longest[i, at])


@inlined
def _spread(rows: int, cells: np.ndarray, person: Person) -> None:
    """Fill `walked` and `weighed` with differences of the prefix sums."""
    prefix, first = person.prefix, person.cells[DECAYED]
    for m in range(person.places.shape[0]):
        if person.places[m] >= 0:
            values = person.walked[person.places[m]]
            for i in range(rows):
                values[i] = prefix[i + 2, m] - prefix[i + 1, m]
    for i in range(rows):
        for d in range(person.weighed.shape[1]):
            m = cells[first + d, 1]
            person.weighed[i, d] = np.float64(prefix[i + 2, m] - prefix[i + 1, m])
