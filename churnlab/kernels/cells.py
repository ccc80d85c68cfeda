"""Daily rows and snapshots to features: prefix sums over a person's rows, two look-ups a cell.

A snapshot is (person, t). Everything here sees the rows before the first row on or after t, and
nothing on or after t. What is made ready once a person is in `person`, the arithmetic over cells in
`arithmetic`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from churnlab.kernels.arithmetic import run, write
from churnlab.kernels.jit import bare, inlined, jit
from churnlab.kernels.person import NONE, Person, load, person_of
from churnlab.kernels.plan import (
    DECAYED,
    GAPS_BEYOND,
    LANES,
    LATEST_IN,
    LONGEST,
    LONGEST_IN,
    MEDIAN_IN,
    OBSERVED,
    RECENT,
    SEASON,
    SINCE,
    SINCE_FIRST,
    SLOPE_IN,
    WINDOW,
    History,
    Plan,
)
from churnlab.kernels.walks import walk
from churnlab.kernels.windows import first_rows

_SEASONS = 64  # days t whose seasons are kept


class _Work(NamedTuple):
    """Working arrays of the snapshots, and the window sums in the form in which they are read.

    | field   | type              | meaning                                                     |
    |---------|-------------------|-------------------------------------------------------------|
    | rows    | int32[days]       | the person's first row on or after each day                 |
    | edges   | int64[b + 1]      | row of `prefix` at each of `backs`, for one snapshot        |
    | places  | uint64[b + 1]     | the place of the first measure of those rows in `prefix`    |
    | totals  | float64[d]        | sums of the DECAYED cells, for one snapshot                 |
    | seasons | float64[64, s]    | the SEASON cells of a day t, at t % 64                      |
    | dated   | int64[64]         | the days t of `seasons`                                     |
    | windows | uint32[w, 3]      | measure, new and old end of the WINDOW cells                |
    """

    rows: np.ndarray
    edges: np.ndarray
    places: np.ndarray
    totals: np.ndarray
    seasons: np.ndarray
    dated: np.ndarray
    windows: np.ndarray


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
    person = person_of(history.first, plan)
    work = _work(plan, person.cells, days[order])
    _fill(history, plan, start, users, days, order, person, work, registers, out)


@jit
def _work(plan: Plan, begins: np.ndarray, days: np.ndarray) -> _Work:
    """Working arrays for snapshots of these days."""
    ends, kinds, low, high = plan.backs.shape[0] + 1, begins[1:] - begins[:-1], NONE, NONE
    for i in range(days.shape[0]):
        low, high = min(low, days[i]) if i else days[i], max(high, days[i])
    return _Work(
        np.zeros(high - low + plan.backs[-1] + 1, np.int32),
        np.zeros(ends, np.int64),
        np.zeros(ends, np.uint64),
        np.zeros(kinds[DECAYED]),
        np.zeros((_SEASONS, kinds[SEASON])),
        np.full(_SEASONS, NONE, np.int64),
        plan.cells[: kinds[WINDOW], 1:].astype(np.uint32),
    )


@bare
def _fill(
    history: History,
    plan: Plan,
    start: int,
    users: np.ndarray,
    days: np.ndarray,
    order: np.ndarray,
    person: Person,
    work: _Work,
    registers: np.ndarray,
    out: np.ndarray,
) -> None:
    """Fill out as `features` does, with working arrays.

    What is done for each snapshot is inlined: to hand over many arrays costs more than the work.
    """
    lane, stop, base = np.int64(0), 0, np.int64(0)
    for at in range(order.shape[0]):
        number, t = users[order[at]], days[order[at]]
        if at == stop:
            low = high = t
            while stop < order.shape[0] and users[order[stop]] == number:
                low, high = min(low, days[order[stop]]), max(high, days[order[stop]])
                stop += 1
            base = low - plan.backs[-1]
            rows = load(history, plan, number, person)
            begin = history.first[max(number, 0)]
            first_rows(history.day[begin : begin + rows], base, work.rows[: high - base + 1])
        _look_up(t, base, plan.backs, person.prefix.shape[1], work)
        _windows(work, person.prefix.reshape(-1), registers, lane)
        _decayed(plan, t, history.day[begin:], person, work, registers, lane)
        _read(plan.cells, t, start, person, work, registers, lane)
        _walk(plan.cells, t, person, work, registers, lane)
        lane += 1
        if lane == LANES or at + 1 == order.shape[0]:
            run(plan.code, registers)
            write(registers, plan.results, order, at + 1 - lane, lane, out)
            lane = np.int64(0)


@inlined
def _look_up(t: int, base: int, backs: np.ndarray, k: int, work: _Work) -> None:
    """Set `edges` to 1 + the person's first row on or after t - back, for each of `backs`."""
    for b in range(backs.shape[0]):
        edge = work.rows[t - backs[b] - base] + 1
        work.edges[b], work.places[b] = edge, edge * k


@inlined
def _windows(work: _Work, prefix: np.ndarray, registers: np.ndarray, lane: int) -> None:
    """Put the window sums of one snapshot into their registers: a difference of two prefix rows."""
    windows, places = work.windows, work.places
    for c in range(windows.shape[0]):
        new, old = places[windows[c, 1]], places[windows[c, 2]]
        registers[c, lane] = np.float64(prefix[new + windows[c, 0]] - prefix[old + windows[c, 0]])


@inlined
def _decayed(
    plan: Plan,
    t: int,
    day: np.ndarray,
    person: Person,
    work: _Work,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Put the decayed sums of one snapshot into their registers."""
    totals, first = work.totals, person.cells[DECAYED]
    now = low = work.edges[0] - 1
    for d in range(totals.shape[0]):
        totals[d] = 0.0
        low = min(low, work.edges[plan.cells[first + d, 3]] - 1)
    _add_up(plan.weights, person.weighed[low:now], day[low:now], t, totals)
    for d in range(totals.shape[0]):
        registers[first + d, lane] = totals[d]


@bare
def _add_up(
    weights: np.ndarray, values: np.ndarray, day: np.ndarray, t: int, totals: np.ndarray
) -> None:
    """Multiply each row's values by the weights of its age and add them up by rising day.

    The cells are computed side by side, because each sum has to wait for its own last addition.
    """
    for i in range(day.shape[0]):
        weight, value = weights[t - day[i]], values[i]
        for c in range(totals.shape[0]):
            totals[c] += value[c] * weight[c]


@inlined
def _read(
    cells: np.ndarray,
    t: int,
    start: int,
    person: Person,
    work: _Work,
    registers: np.ndarray,
    lane: int,
) -> None:
    """Put the cells of one snapshot that are found by its row alone into their registers."""
    begins, now, at = person.cells, work.edges[0] - 1, t % _SEASONS
    for c in range(begins[SINCE], begins[SINCE + 1]):
        last = person.last[now, c - begins[SINCE]]
        registers[c, lane] = np.float64(t - last) if last > NONE else np.nan
    for c in range(begins[SINCE_FIRST], begins[SINCE_FIRST + 1]):
        earliest = person.earliest[c - begins[SINCE_FIRST]]
        registers[c, lane] = np.float64(t - earliest) if NONE < earliest < t else np.nan
    for c in range(begins[RECENT], begins[RECENT + 1]):
        k = cells[c, 2]
        registers[c, lane] = _recent(
            person.prefix, cells[c, 1], person.actives, now, k, person.past
        )
    for c in range(begins[LONGEST], begins[LONGEST + 1]):
        top = person.longest[now, c - begins[LONGEST]]
        registers[c, lane] = np.float64(top) if top > NONE else np.nan
    for c in range(begins[OBSERVED], begins[OBSERVED + 1]):
        registers[c, lane] = np.float64(max(t - start, 0))
    if work.dated[at] != t:
        work.dated[at] = t
        for c in range(begins[SEASON], begins[SEASON + 1]):
            work.seasons[at, c - begins[SEASON]] = _season(t, cells[c, 2], cells[c, 3])
    for c in range(begins[SEASON], begins[SEASON + 1]):
        registers[c, lane] = work.seasons[at, c - begins[SEASON]]


@bare
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


@bare
def _season(t: int, period: int, quarters: int) -> float:
    """The sine of t within a period of ten-thousandths of days, some quarter turns ahead."""
    return np.sin(2 * np.pi * (((t * 10_000) % period) / period + quarters / 4))


@inlined
def _walk(
    cells: np.ndarray, t: int, person: Person, work: _Work, registers: np.ndarray, lane: int
) -> None:
    """Put the cells of one snapshot that go through the rows of a window into their registers."""
    begins, now = person.cells, work.edges[0] - 1
    silence = _silence(t, person, now)
    for c in range(begins[GAPS_BEYOND], begins[GAPS_BEYOND + 1]):
        values, low = person.walked[person.places[cells[c, 1]]], work.edges[cells[c, 3]] - 1
        beyond = walk(GAPS_BEYOND, values, low, now, silence + cells[c, 2])
        registers[c, lane] = beyond if silence > NONE else np.nan
    for kind in (LONGEST_IN, LATEST_IN, MEDIAN_IN, SLOPE_IN):
        for c in range(begins[kind], begins[kind + 1]):
            values, low = person.walked[person.places[cells[c, 1]]], work.edges[cells[c, 3]] - 1
            registers[c, lane] = walk(kind, values, low, now, np.int64(NONE))


@inlined
def _silence(t: int, person: Person, now: int) -> int:
    """Days from the person's last active day to t; NONE for a person who was never active."""
    active = person.active[now]
    return t - active if active > NONE else NONE
