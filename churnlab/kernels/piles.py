"""Events in piles, one pile a local day: how they are dealt, put in order and laid out again.

An event is a row of whole numbers: its id; its name, whether its amount is null and its time within
the day in one word (`pack`); then the bits of its amount, its arrival and its measures, where the
log has them. The rows of a pile lie in pages of `PAGE` rows, in the order in which they came.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from churnlab.kernels.jit import bare, inlined, jit
from churnlab.kernels.units import DAY_MICROS

PAGE = 256
NAMES = 2**23  # codes of names that fit beside a time
_NAME = 40
_LACKING = 39
_TIME = (1 << _LACKING) - 1
_SLACK = 2 * DAY_MICROS  # no zone is further from UTC
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Columns(NamedTuple):
    """Columns of n events: those of `rollup.Slice`, the amounts as the bits of float64."""

    ids: np.ndarray
    clock: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    lacking: np.ndarray
    extra: np.ndarray
    known: np.ndarray


class Pages(NamedTuple):
    """Pages of events, and the day of each.

    | field | type                   | meaning                                              |
    |-------|------------------------|------------------------------------------------------|
    | rows  | int64[pages, PAGE, w]  | the events                                           |
    | owner | int32[pages]           | the day of a page                                    |
    | head  | int32[days]            | the page that a day is filling, -1 for none          |
    | used  | int32[days]            | rows of that page                                    |
    | tally | int64[2]               | the first day of `head`; pages in use                |
    """

    rows: np.ndarray
    owner: np.ndarray
    head: np.ndarray
    used: np.ndarray
    tally: np.ndarray


@bare
def days_of(clock: np.ndarray, turns: np.ndarray, shifts: np.ndarray, day: np.ndarray) -> None:
    """Fill `day` int32[n] with the local day of each event.

    The clock is int64[n]; the local time is the clock and shifts[i] from turns[i] on, int64 both.
    """
    turn, low, high = 0, np.int64(1), np.int64(0)
    for i in range(clock.shape[0]):
        if not low <= clock[i] < high:
            turn = np.searchsorted(turns, clock[i], side="right") - 1
            low = turns[turn]
            high = turns[turn + 1] if turn + 1 < turns.shape[0] else np.int64(2**62)
        day[i] = (clock[i] + shifts[turn]) // DAY_MICROS


@bare
def deal(columns: Columns, day: np.ndarray, begin: int, pages: Pages) -> int:
    """Put the events from `begin` on into the pages of their days; returns where it stopped.

    That is before the end when no page is left.
    """
    rows, owner, head, used, tally = pages.rows, pages.owner, pages.head, pages.used, pages.tally
    amounts, known, extra = columns.amount, columns.known, columns.extra
    lacks = columns.lacking.shape[0] > 0
    for i in range(begin, day.shape[0]):
        pile = day[i] - tally[0]
        page, at = head[pile], used[pile]
        if page < 0 or at == PAGE:
            if tally[1] == rows.shape[0]:
                return i
            page, at = np.int32(tally[1]), np.int32(0)
            tally[1] += 1
            head[pile], owner[page] = page, day[i]
        used[pile] = at + 1
        row, k = rows[page, at], 2
        row[0] = columns.ids[i]
        lacking = np.int64(columns.lacking[i]) if lacks else np.int64(0)
        time = columns.clock[i] - np.int64(day[i]) * DAY_MICROS + _SLACK
        row[1] = np.int64(columns.name[i]) << _NAME | lacking << _LACKING | time
        if amounts.shape[0] > 0:
            row[k] = amounts[i]
            k += 1
        if known.shape[0] > 0:
            row[k] = known[i]
            k += 1
        for e in range(extra.shape[1]):
            row[k + e] = extra[i, e]
    return day.shape[0]


@jit
def share(rows: np.ndarray, shares: int, mine: int, out: np.ndarray) -> int:
    """Copy the rows of one of several shares of the people to `out`; returns how many.

    People are told apart by a hash of their ids.
    """
    count = 0
    for i in range(rows.shape[0]):
        h = (np.uint64(rows[i, 0]) * _GOLDEN) >> np.uint64(32)
        if np.int64(h % np.uint64(shares)) == mine:
            out[count] = rows[i]
            count += 1
    return count


@bare
def falls(rows: np.ndarray) -> tuple[int, int]:
    """How often the id, and how often the time, is below that of the row before."""
    ids, times = 0, 0
    for i in range(1, rows.shape[0]):
        ids += rows[i, 0] < rows[i - 1, 0]
        times += rows[i, 1] & _TIME < rows[i - 1, 1] & _TIME
    return ids, times


@bare
def times(rows: np.ndarray, day: int, clock: np.ndarray) -> None:
    """Fill `clock` int64[n] with the times of the rows of a day."""
    for i in range(clock.shape[0]):
        clock[i] = (rows[i, 1] & _TIME) - _SLACK + day * DAY_MICROS


@jit
def by_time(clock: np.ndarray, order: np.ndarray) -> None:
    """Fill `order` int32[n] with the places of the times in rising order.

    Times go into about as many buckets as there are times; each bucket is then sorted on its own.
    """
    n, least, most = clock.shape[0], clock[0], clock[0]
    for i in range(n):
        least, most = min(least, clock[i]), max(most, clock[i])
    shift = np.int64(0)
    while (most - least) >> shift > 2 * n:
        shift += 1
    starts = np.zeros(((most - least) >> shift) + 2, np.int32)
    for i in range(n):
        starts[((clock[i] - least) >> shift) + 1] += 1
    for b in range(1, starts.shape[0]):
        starts[b] += starts[b - 1]
    for i in range(n):
        bucket = (clock[i] - least) >> shift
        order[starts[bucket]] = i
        starts[bucket] += 1
    begin = 0
    for b in range(starts.shape[0] - 1):
        if starts[b] - begin > 1:
            _sort(clock, order, begin, starts[b])
        begin = starts[b]


@bare
def _sort(clock: np.ndarray, order: np.ndarray, begin: int, end: int) -> None:
    """Sort the places from `begin` to `end` by time: insertion sort by falling distances."""
    gap = 1
    while 9 * gap < end - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for i in range(begin + gap, end):
            place, k = order[i], i - gap
            while k >= begin and clock[order[k]] > clock[place]:
                order[k + gap] = order[k]
                k -= gap
            order[k + gap] = place
        gap //= 3


@bare
def lay_out(rows: np.ndarray, clock: np.ndarray, order: np.ndarray, out: Columns) -> None:
    """Fill the columns of `out` with the rows in an order int32[n]; empty: as they are."""
    amounts, known, extra = out.amount, out.known, out.extra
    for i in range(clock.shape[0]):
        at, k = (order[i] if order.shape[0] > 0 else np.int32(i)), 2
        row = rows[at]
        out.ids[i], out.clock[i] = row[0], clock[at]
        out.name[i] = row[1] >> _NAME
        if out.lacking.shape[0] > 0:
            out.lacking[i] = _bit(row[1])
        if amounts.shape[0] > 0:
            amounts[i] = row[k]
            k += 1
        if known.shape[0] > 0:
            known[i] = row[k]
            k += 1
        for e in range(extra.shape[1]):
            extra[i, e] = row[k + e]


@inlined
def _bit(word: int) -> Any:
    return (word >> _LACKING) & 1
