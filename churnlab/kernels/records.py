"""The kernels of the daily rollup: the record of a person's day, and how an event changes it.

A record is a row of `rec` int64[slots, words]; `half` is the same memory as int32[slots, 2 words].
What every event touches lies in the first two cache lines, what money and measures touch behind:

| where                        | type | meaning                                                    |
|------------------------------|------|------------------------------------------------------------|
| KEY                          | word | the person's id                                            |
| _LAST_ACT, _LAST             | word | time of the last act, of the last event; _NEVER at first   |
| _WHAT                        | word | name and money of the last event, negated among equal ones |
| _IN_SESSION, _IN_DAY         | word | one bit for each of the first 64 names done                |
| _MICROS                      | word | microseconds in sessions                                   |
| _SESSIONS, _STEPS, _RECEIPTS | half | counts                                                     |
| _PART up to _PART + 3        | half | acts at night, in the morning, afternoon and evening       |
| ROLES and following          | half | events of each role                                        |
| cold                         | word | money in millionths                                        |
| 2 cold + 2, 2 cold + 3       | half | orders; names beyond the first 64                          |
| cold + 2                     | word | size of money: the sum of magnitudes >> SCALE              |
| cold + 3 and following       | word | sums of the measures, then their sizes                     |
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from churnlab.kernels.jit import inlined, jit
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
NARROW = 255  # the largest count of a row that is kept in one byte a count
KEY = 0
_LAST_ACT = 1
_LAST = 2
_WHAT = 3
_IN_SESSION = 4
_IN_DAY = 5
_MICROS = 6
_SESSIONS = 14
_STEPS = 15
_RECEIPTS = 16
_PART = 17
ROLES = 21
_SECOND_LINE = 8
_NEVER = -(2**62)
_LOW = 2**63 - 1
SCALE = 20
_PIECE = 4096
_QUARTER = DAY_MICROS // 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
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

    flags uint8[names] are sums of ACT, MONEY and MUST_PAY; the roles of name i are
    `roles[first[i]:first[i + 1]]`, int32.
    """

    flags: np.ndarray
    first: np.ndarray
    roles: np.ndarray


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
    were added, an earlier one when the index is half full, -1 when a person's clock runs backwards.
    The events are taken in pieces that stay in the cache. `shift` is the local time since midnight
    minus the clock, `cold` and `table` are described above, `session_gap` is in microseconds.
    """
    slot, micros = np.empty(_PIECE + 1, np.int64), np.zeros(_PIECE, np.int64)
    ids, tally, count = events.ids, table.tally, events.ids.shape[0]
    at, stop = tally[2], tally[2]
    while at < count:
        slots, stop = _place(ids, at, min(at + _PIECE, count), table.lookup, table.rec, slots, slot)
        if events.amount.shape[0] > 0:
            tally[3] += _millionths(events, meaning.flags, at, stop, micros)
        if not _fill(slot, micros, events, shift, meaning, table, cold, session_gap, at, stop):
            tally[2] = -1
            return slots
        if stop < min(at + _PIECE, count):
            break
        at = stop
    tally[2] = stop
    return slots


@jit
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

    Returns the slots in use and where it stopped: early when the index is half full.
    """
    mask, touched = index.shape[0] - 1, np.int64(0)
    for i in range(start, stop):  # fetches all at once what is then used one by one
        slot[i - start] = index[np.int64((np.uint64(ids[i]) * _GOLDEN) >> np.uint64(20)) & mask]
    for i in range(start, stop):
        touched ^= rec[max(slot[i - start], 0), _SECOND_LINE] ^ rec[max(slot[i - start], 0), KEY]
    for i in range(start, stop):
        key = ids[i]
        if slot[i - start] >= 0 and rec[slot[i - start], KEY] == key:
            continue
        at = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0 and rec[index[at], KEY] != key:
            at = (at + 1) & mask
        if index[at] < 0:
            if 2 * slots > mask:
                return slots, i
            index[at] = slots
            rec[slots] = 0
            rec[slots, KEY], rec[slots, _LAST_ACT], rec[slots, _LAST] = key, _NEVER, _NEVER
            slots += 1
        slot[i - start] = index[at]
    slot[_PIECE] = touched  # so that it is not left out
    return slots, stop


@jit
def reindex(index: np.ndarray, rec: np.ndarray, slots: int) -> None:
    """Enter the slots in use into an empty index."""
    mask = index.shape[0] - 1
    for slot in range(slots):
        at = np.int64((np.uint64(rec[slot, KEY]) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = slot


@jit
def _millionths(
    events: Events, flags: np.ndarray, start: int, stop: int, micros: np.ndarray
) -> int:
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


@jit
def _fill(
    slot: np.ndarray,
    micros: np.ndarray,
    events: Events,
    shift: int,
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
    flags, first, roles = meaning.flags, meaning.first, meaning.roles
    rec, half, ties = table.rec, table.half, table.ties
    tie, n_extra = table.tally[0], extra.shape[1]
    for i in range(start, stop):
        kind, at, now, amount = np.int64(name[i]), slot[i - start], clock[i], micros[i - start]
        what = ((amount * _MIX) ^ kind) & _LOW
        before = rec[at, _LAST]
        if now <= before:
            if now < before:
                return False
            if rec[at, _WHAT] >= 0:
                ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, KEY], now, rec[at, _WHAT]
                tie += 1
            ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, KEY], now, what
            tie += 1
            what = ~what
        rec[at, _LAST], rec[at, _WHAT] = now, what
        if amount != 0:
            rec[at, cold] += amount
            half[at, 2 * cold + 2] += np.int32(amount > 0)
            rec[at, cold + 2] += abs(amount) >> SCALE
        for k in range(n_extra):
            rec[at, cold + 3 + k] += extra[i, k]
            rec[at, cold + 3 + n_extra + k] += abs(extra[i, k]) >> SCALE
        for r in range(first[kind], first[kind + 1]):
            half[at, ROLES + roles[r]] += 1
        if flags[kind] & ACT:
            _act(rec, half, at, kind, now, now + shift, session_gap)
            if kind >= 64:
                pair = np.int64(at) << np.int64(31) | kind
                _step(pair, table.seen, table.tally, half, at, 2 * cold + 3)
        else:
            half[at, _RECEIPTS] += 1
    table.tally[0] = tie
    return True


@inlined
def _act(
    rec: np.ndarray,
    half: np.ndarray,
    at: int,
    kind: int,
    now: int,
    local: int,
    session_gap: int,
) -> None:
    """Add an act to slot `at`: its part of the day, its session, and its step there."""
    part = (
        np.int64(local >= _QUARTER)
        + np.int64(local >= 2 * _QUARTER)
        + np.int64(local >= 3 * _QUARTER)
    )
    half[at, _PART + part] += 1
    gap = now - rec[at, _LAST_ACT]
    rec[at, _LAST_ACT] = now
    if gap > session_gap:
        half[at, _SESSIONS] += 1
        rec[at, _IN_SESSION] = 0
        gap = 0
    rec[at, _MICROS] += gap
    if kind < 64:
        walked, bit = rec[at, _IN_SESSION], np.int64(1) << kind
        half[at, _STEPS] += np.int32((walked & bit) == 0)
        rec[at, _IN_SESSION] = walked | bit
        rec[at, _IN_DAY] |= bit


@jit
def _step(
    pair: int, seen: np.ndarray, tally: np.ndarray, half: np.ndarray, slot: int, names: int
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
    session = half[slot, _SESSIONS]
    if seen[at, 1] != session:
        seen[at, 1] = session
        half[slot, _STEPS] += 1


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


@jit
def _names(rec: np.ndarray, half: np.ndarray, cold: int, slot: int) -> Any:
    """Number of distinct names of a person's acts: bits of the first 64, and the others."""
    names, mask = np.int64(half[slot, 2 * cold + 3]), rec[slot, _IN_DAY]
    while mask != 0:
        mask &= mask - 1
        names += 1
    return names


@jit
def measure(
    rec: np.ndarray, half: np.ndarray, cold: int, roles: int, wide: np.ndarray, largest: np.ndarray
) -> None:
    """Mark in `wide` bool[slots] the slots with a count above NARROW.

    `largest` int64[1 + extra] gets the largest size of money and of each measure.
    """
    extra = largest.shape[0] - 1
    for slot in range(wide.shape[0]):
        most = (
            half[slot, _PART]
            + half[slot, _PART + 1]
            + half[slot, _PART + 2]
            + half[slot, _PART + 3]
        )
        # Sessions, steps and names are never more than acts.
        most = max(most, half[slot, _RECEIPTS], half[slot, 2 * cold + 2])
        for r in range(roles):
            most = max(most, half[slot, ROLES + r])
        wide[slot] = most > NARROW
        largest[0] = max(largest[0], rec[slot, cold + 2])
        for k in range(extra):
            largest[1 + k] = max(largest[1 + k], rec[slot, cold + 3 + extra + k])


@jit
def emit(
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    to: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Write slot i as row `to[i]` of counts (COUNTS, then roles) and sums; -1 leaves it out."""
    extra, roles = sums.shape[1] - 2, counts.shape[1] - 10
    for slot in range(to.shape[0]):
        row = to[slot]
        if row < 0:
            continue
        acts = np.int64(0)
        for p in range(4):
            acts += half[slot, _PART + p]
            counts[row, 5 + p] = half[slot, _PART + p]
        counts[row, 0] = acts
        counts[row, 1] = half[slot, _RECEIPTS]
        counts[row, 2] = half[slot, 2 * cold + 2]
        counts[row, 3] = half[slot, _SESSIONS]
        counts[row, 4] = half[slot, _STEPS]
        counts[row, 9] = _names(rec, half, cold, slot)
        for r in range(roles):
            counts[row, 10 + r] = half[slot, ROLES + r]
        sums[row, 0], sums[row, 1] = rec[slot, cold], rec[slot, _MICROS]
        for k in range(extra):
            sums[row, 2 + k] = rec[slot, cold + 3 + k]
