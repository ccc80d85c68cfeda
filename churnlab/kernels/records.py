"""The kernels of the daily rollup: the record of a person's day, and how an event changes it.

A record is a row of `rec` int64[slots, words]; `half` is the same memory as int32[slots, 2 words].
What every event touches lies in the first two cache lines, what money and measures touch behind:

| where                        | type | meaning                                                    |
|------------------------------|------|------------------------------------------------------------|
| KEY                          | word | the person's id                                            |
| LAST_ACT, LAST             | word | time of the last act, of the last event; NEVER at first   |
| _WHAT                        | word | name and money of the last event, negated among equal ones |
| _IN_SESSION, IN_DAY         | word | one bit for each of the first 64 names done                |
| MICROS                      | word | microseconds in sessions                                   |
| SESSIONS, STEPS            | half | counts                                                     |
| PART up to PART + 3        | half | acts at night, in the morning, afternoon and evening       |
| KINDS and following          | half | events of each kind                                        |
| cold                         | word | money in millionths                                        |
| 2 cold + 2, 2 cold + 3       | half | orders; names beyond the first 64                          |
| cold + 2                     | word | size of money: the sum of magnitudes >> SCALE              |
| cold + 3 and following       | word | sums of the measures, then their sizes                     |

Places that change with each event are unsigned, which spares the kernels a test for places counted
from the end; an unsigned number and a signed one must not be added, which makes a float of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from churnlab.kernels.jit import bare, inlined, jit
from churnlab.kernels.units import AMOUNT_LIMIT, DAY_MICROS, MICRO

COUNTS = (
    "acts",
    "receipts",
    "orders",
    "sessions",
    "steps",
    "night",
    "morning",
    "afternoon",
    "evening",
    "names",
)
SUMS = ("money", "session_micros")
ACT = 1
MONEY = 2
MUST_PAY = 4
KEY = 0
LAST_ACT = 1
LAST = 2
_WHAT = 3
_IN_SESSION = 4
IN_DAY = 5
MICROS = 6
SESSIONS = 14
STEPS = 15
PART = np.uint64(16)
KINDS = np.uint64(20)
_SECOND_LINE = 8
NEVER = -(2**62)
_LOW = 2**63 - 1
SCALE = 20
PIECE = 4096
_QUARTER = DAY_MICROS // 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TOP = np.uint64(20)
_NEXT = np.uint64(1)
BITS = 64  # names that have a bit in a record
_BITS = np.uint64(BITS)
NAME_BITS = 31  # of a slot and a name in one number, those of the name
_SPARSE = 4  # times the slots in use that the index has at least
_MIX = np.int64(0x1E3779B97F4A7C15)  # odd: tells amounts apart, and far apart where they are close


class Events(NamedTuple):
    """Columns of n events, read-only: those of `rollup.Slice` that a record is made from."""

    ids: np.ndarray
    clock: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    lacking: np.ndarray
    extra: np.ndarray


class Meaning(NamedTuple):
    """The meaning of event names, by code.

    flags uint8[names] are sums of ACT, MONEY and MUST_PAY; kind int32[names] is the same for names
    that are counted alike.
    """

    flags: np.ndarray
    kind: np.ndarray


class Kinds(NamedTuple):
    """Events that are counted alike.

    act uint8[kinds] is 1 for acts, 0 for receipts; roles int32[pairs, 2] holds each kind with each
    of its roles.
    """

    act: np.ndarray
    roles: np.ndarray


class Work(NamedTuple):
    """Working memory for a piece of the events, int64[PIECE] and one more for `slot`.

    The slot of each event, its time since local midnight, and its money in millionths.
    """

    slot: np.ndarray
    local: np.ndarray
    micros: np.ndarray


class Table(NamedTuple):
    """A day's records and what is needed to find and count them.

    | field  | type              | meaning                                                         |
    |--------|-------------------|-----------------------------------------------------------------|
    | lookup | int32[2**k]       | hash table from id to slot, -1 for empty                        |
    | rec    | int64[slots, w]   | the records                                                     |
    | half   | int32[slots, 2 w] | the same memory                                                 |
    | seen   | int64[2**k, 2]    | hash table from (slot, name) to the last session with that name |
    | ties   | int64[2 n, 3]     | id, time and content of events at equal times                   |
    | tally  | int64[4]          | ties; entries of `seen`; where to go on; unusable amounts       |
    """

    lookup: np.ndarray
    rec: np.ndarray
    half: np.ndarray
    seen: np.ndarray
    ties: np.ndarray
    tally: np.ndarray


@inlined
def workspace() -> Any:
    """Working memory of a kernel that adds events."""
    slot, local = np.empty(PIECE + 1, np.int64), np.empty(PIECE, np.int64)
    return Work(slot, local, np.zeros(PIECE, np.int64))


@jit
def add(
    events: Events,
    shift: int,
    meaning: Meaning,
    table: Table,
    cold: int,
    slots: int,
    session_gap: int,
) -> int:
    """Add events of one day to their people's records; returns the slots in use.

    It starts at event tally[2] and sets tally[2] to where it stopped: the number of events when all
    were added, an earlier one when the index has to grow, -1 when a person's clock runs backwards.
    The events are taken in pieces that stay in the cache. `shift` is the local time since midnight
    minus the clock, `cold` and `table` are described above, `session_gap` is in microseconds.
    """
    work = workspace()
    ids, tally, count = events.ids, table.tally, events.ids.shape[0]
    at, stop = tally[2], tally[2]
    while at < count:
        end = min(at + PIECE, count)
        slots, stop = _place(ids, at, end, table.lookup, table.rec, slots, work.slot)
        for i in range(stop - at):
            work.local[i] = events.clock[at + i] + shift
        if not fill(work, events, meaning, table, cold, session_gap, at, stop):
            tally[2] = -1
            return slots
        if stop < end:
            break
        at = stop
    tally[2] = stop
    return slots


@bare
def _place(
    ids: np.ndarray,
    start: int,
    stop: int,
    index: np.ndarray,
    rec: np.ndarray,
    slots: int,
    slot: np.ndarray,
) -> tuple[int, int]:
    """Find or make the slot of each event from `start` to `stop`, and put it into `slot`.

    Returns the slots in use and where it stopped: early when the index has to grow.
    """
    mask, touched = np.uint64(index.shape[0] - 1), np.int64(0)
    begin, count = np.uint64(start), np.uint64(stop - start)
    for i in range(count):  # fetches all at once what is then used one by one
        slot[i] = index[((np.uint64(ids[begin + i]) * _GOLDEN) >> _TOP) & mask]
    for i in range(count):
        at = np.uint64(max(slot[i], 0))
        touched ^= rec[at, _SECOND_LINE] ^ rec[at, KEY]
    for i in range(count):
        key, found = ids[begin + i], slot[i]
        if found >= 0 and rec[np.uint64(found), KEY] == key:
            continue
        at = ((np.uint64(key) * _GOLDEN) >> _TOP) & mask
        while index[at] >= 0 and rec[np.uint64(index[at]), KEY] != key:
            at = (at + _NEXT) & mask
        if index[at] < 0:
            if _SPARSE * slots > index.shape[0]:
                return slots, start + int(i)
            index[at] = slots
            rec[slots] = 0
            rec[slots, KEY], rec[slots, LAST_ACT], rec[slots, LAST] = key, NEVER, NEVER
            slots += 1
        slot[i] = index[at]
    slot[PIECE] = touched  # so that it is not left out
    return slots, stop


@bare
def reindex(index: np.ndarray, rec: np.ndarray, slots: int) -> None:
    """Enter the slots in use into an empty index."""
    mask = np.uint64(index.shape[0] - 1)
    for slot in range(slots):
        at = ((np.uint64(rec[slot, KEY]) * _GOLDEN) >> _TOP) & mask
        while index[at] >= 0:
            at = (at + _NEXT) & mask
        index[at] = slot


@bare
def _millionths(
    events: Events, flags: np.ndarray, start: int, stop: int, micros: np.ndarray
) -> Any:
    """Fill `micros` with the money of each event in millionths, 0 where it is not money.

    Returns how many amounts are unusable, or null where one is required.
    """
    amount, lacking, name, bad = events.amount, events.lacking, events.name, 0
    for i in range(start, stop):
        micros[i - start] = 0
        flag = flags[name[i]]
        if lacking.shape[0] > 0 and lacking[i]:
            bad += (flag & MUST_PAY) > 0
        elif not abs(amount[i]) <= AMOUNT_LIMIT:
            bad += 1
        elif flag & MONEY:
            micros[i - start] = np.int64(np.rint(amount[i] * MICRO))
    return bad


@bare
def fill(
    work: Work,
    events: Events,
    meaning: Meaning,
    table: Table,
    cold: int,
    session_gap: int,
    start: int,
    stop: int,
) -> bool:
    """Add the events from `start` to `stop` to their slots; False when a clock runs backwards.

    One pass with few branches: a branch that is guessed wrong costs more than a sum.
    """
    clock, name, extra = events.clock, events.name, events.extra
    flags, kind = meaning.flags, meaning.kind
    slot, local, micros = work.slot, work.local, work.micros
    if events.amount.shape[0] > 0:
        table.tally[3] += _millionths(events, flags, start, stop, micros)
    rec, half, ties = table.rec, table.half, table.ties
    tie, n_extra, begin = table.tally[0], extra.shape[1], np.uint64(start)
    for i in range(np.uint64(stop - start)):
        code, at, amount = np.uint64(name[begin + i]), np.uint64(slot[i]), micros[i]
        now, what = clock[begin + i], ((amount * _MIX) ^ np.int64(code)) & _LOW
        before = rec[at, LAST]
        if now <= before:
            if now < before:
                return False
            if rec[at, _WHAT] >= 0:
                ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, KEY], now, rec[at, _WHAT]
                tie += 1
            ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, KEY], now, what
            tie += 1
            what = ~what
        rec[at, LAST], rec[at, _WHAT] = now, what
        if amount != 0:
            rec[at, cold] += amount
            half[at, 2 * cold + 2] += np.int32(amount > 0)
            rec[at, cold + 2] += abs(amount) >> SCALE
        for k in range(n_extra):
            rec[at, cold + 3 + k] += extra[begin + i, k]
            rec[at, cold + 3 + n_extra + k] += abs(extra[begin + i, k]) >> SCALE
        half[at, KINDS + np.uint64(kind[code])] += 1
        if flags[code] & ACT:
            _act(rec, half, at, code, now, local[i], session_gap)
            if code >= _BITS:
                pair = np.int64(at) << np.int64(NAME_BITS) | np.int64(code)
                _step(pair, table.seen, table.tally, half, at, 2 * cold + 3)
    table.tally[0] = tie
    return True


@inlined
def _act(
    rec: np.ndarray,
    half: np.ndarray,
    at: np.uint64,
    code: np.uint64,
    now: int,
    local: int,
    session_gap: int,
) -> None:
    """Add an act to slot `at`: its part of the day, its session, and its step there."""
    part = (
        np.uint64(local >= _QUARTER)
        + np.uint64(local >= 2 * _QUARTER)
        + np.uint64(local >= 3 * _QUARTER)
    )
    half[at, PART + part] += 1
    gap, walked = now - rec[at, LAST_ACT], rec[at, _IN_SESSION]
    rec[at, LAST_ACT] = now
    if gap > session_gap:
        half[at, SESSIONS] += 1
        rec[at, _IN_SESSION] = gap = walked = 0
    rec[at, MICROS] += gap
    if code < _BITS:
        bit = np.int64(1) << np.int64(code)
        half[at, STEPS] += np.int32((walked & bit) == 0)
        rec[at, _IN_SESSION] = walked | bit
        rec[at, IN_DAY] |= bit


@bare
def _step(
    pair: int, seen: np.ndarray, tally: np.ndarray, half: np.ndarray, slot: np.uint64, names: int
) -> None:
    """Count steps and names beyond the first 64; `pair` is slot and name, `names` a half word."""
    mask = seen.shape[0] - 1
    at = np.int64((np.uint64(pair) * _GOLDEN) >> np.uint64(20)) & mask
    while seen[at, 0] >= 0 and seen[at, 0] != pair:
        at = (at + 1) & mask
    if seen[at, 0] < 0:
        seen[at, 0] = pair
        tally[1] += 1
        half[slot, names] += 1
    session = half[slot, SESSIONS]
    if seen[at, 1] != session:
        seen[at, 1] = session
        half[slot, STEPS] += 1


@jit
def rehash(old: np.ndarray, new: np.ndarray) -> None:
    """Enter the table of names beyond the first 64 into a larger, empty one."""
    mask = new.shape[0] - 1
    for i in range(old.shape[0]):
        if old[i, 0] >= 0:
            at = np.int64((np.uint64(old[i, 0]) * _GOLDEN) >> np.uint64(20)) & mask
            while new[at, 0] >= 0:
                at = (at + 1) & mask
            new[at] = old[i]
