"""The kernels of the daily roll-up: how a person's record of the day is laid out, and what an event does to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from churnlab.kernels.jit import jit

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
SKIP = 8
DAY_MICROS = 86_400_000_000
NARROW = 255  # the largest count of a row that is kept in one byte a count
# A record: what every event touches fills the first two cache lines (int64 words, then int32 halves), what money and measures touch the rest:
# money, orders and names (halves), the size of money, then sums and sizes of the measures.
KEY, _LAST_ACT, _LAST, _WHAT, _IN_SESSION, _IN_DAY, _MICROS = range(7)
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


@jit
def runs(clock: np.ndarray, turns: np.ndarray, shifts: np.ndarray, out: np.ndarray) -> int:
    """Where the local day or the distance to local time changes: rows (start, day, shift) of out int64[k, 3]; gives how many, -1 for more than k.

    The distance is shifts[i] from turns[i] on (microseconds of the clock), int64 both.
    """
    count, low, high = 0, np.int64(1), np.int64(0)
    for i in range(clock.shape[0]):
        now = clock[i]
        if low <= now < high:
            continue
        turn = np.searchsorted(turns, now, side="right") - 1
        shift = shifts[turn]
        day = (now + shift) // DAY_MICROS
        low, high = max(turns[turn], day * DAY_MICROS - shift), (day + 1) * DAY_MICROS - shift
        if turn + 1 < turns.shape[0]:
            high = min(high, turns[turn + 1])
        if count == out.shape[0]:
            return -1
        out[count, 0], out[count, 1], out[count, 2] = i, day, shift
        count += 1
    return count


@jit
def add(
    ids: np.ndarray,
    clock: np.ndarray,
    name: np.ndarray,
    amount: np.ndarray,
    lacking: np.ndarray,
    extra: np.ndarray,
    shift: int,
    flags: np.ndarray,
    first: np.ndarray,
    roles: np.ndarray,
    index: np.ndarray,
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    slots: int,
    seen: np.ndarray,
    ties: np.ndarray,
    tally: np.ndarray,
    session_gap: int,
) -> int:
    """Adds events from tally[2] on, in pieces that stay in the cache; sets tally[2] to where it stopped (the index is half full), -1 when a
    clock runs backwards. Gives the slots in use."""
    slot, micros = np.empty(_PIECE + 1, np.int64), np.zeros(_PIECE, np.int64)
    at, stop = tally[2], tally[2]
    while at < ids.shape[0]:
        slots, stop = _place(ids, at, min(at + _PIECE, ids.shape[0]), index, rec, slots, slot)
        if amount.shape[0] > 0:
            tally[3] += _millionths(amount, lacking, name, flags, at, stop, micros)
        if not _fill(
            slot,
            clock,
            name,
            micros,
            extra,
            shift,
            flags,
            first,
            roles,
            rec,
            half,
            cold,
            seen,
            ties,
            tally,
            session_gap,
            at,
            stop,
        ):
            tally[2] = -1
            return slots
        if stop < min(at + _PIECE, ids.shape[0]):
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
    """Slots of the events from `start` to `stop`; stops early when the index is half full. Gives the slots in use and where it stopped."""
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
    """Puts the slots in use into an empty index."""
    mask = index.shape[0] - 1
    for slot in range(slots):
        at = np.int64((np.uint64(rec[slot, KEY]) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = slot


@jit
def _millionths(
    amount: np.ndarray,
    lacking: np.ndarray,
    name: np.ndarray,
    flags: np.ndarray,
    start: int,
    stop: int,
    micros: np.ndarray,
) -> int:
    """Millionths of what counts as money, 0 elsewhere; gives how many amounts are unusable or lacking."""
    bad = 0
    for i in range(start, stop):
        micros[i - start] = 0
        flag = flags[name[i]]
        if lacking.shape[0] > 0 and lacking[i]:
            bad += (flag & MUST_PAY) > 0
        elif not abs(amount[i]) <= 1e10:
            bad += 1
        elif flag & MONEY:
            micros[i - start] = np.int64(np.rint(amount[i] * 1e6))
    return bad


@jit
def _fill(
    slot: np.ndarray,
    clock: np.ndarray,
    name: np.ndarray,
    micros: np.ndarray,
    extra: np.ndarray,
    shift: int,
    flags: np.ndarray,
    first: np.ndarray,
    roles: np.ndarray,
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    seen: np.ndarray,
    ties: np.ndarray,
    tally: np.ndarray,
    session_gap: int,
    start: int,
    stop: int,
) -> bool:
    # One pass; long because splitting a compiled loop costs calls in its innermost place, and with few branches: a wrong guess costs more than sums.
    tie, n_extra = tally[0], extra.shape[1]
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
        if not flags[kind] & ACT:
            half[at, _RECEIPTS] += 1
            continue
        local = now + shift
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
        else:
            _step(np.int64(at) << np.int64(31) | kind, seen, tally, half, at, 2 * cold + 3)
    tally[0] = tie
    return True


@jit
def _step(
    pair: int, seen: np.ndarray, tally: np.ndarray, half: np.ndarray, slot: int, names: int
) -> None:
    """Steps and names for the names beyond the first 64: a table from (slot, name) to the last session with it."""
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
    """Puts the table of names beyond the first 64 into a larger, empty one."""
    mask = new.shape[0] - 1
    for i in range(old.shape[0]):
        if old[i, 0] >= 0:
            at = np.int64((np.uint64(old[i, 0]) * _GOLDEN) >> np.uint64(20)) & mask
            while new[at, 0] >= 0:
                at = (at + 1) & mask
            new[at] = old[i]


@jit
def _names(rec: np.ndarray, half: np.ndarray, cold: int, slot: int) -> Any:
    """How many names a person did on the day: the bits of the first 64, and the others."""
    names, mask = np.int64(half[slot, 2 * cold + 3]), rec[slot, _IN_DAY]
    while mask != 0:
        mask &= mask - 1
        names += 1
    return names


@jit
def measure(
    rec: np.ndarray, half: np.ndarray, cold: int, roles: int, wide: np.ndarray, largest: np.ndarray
) -> None:
    """Marks the slots with a count above NARROW in `wide`; the largest sizes of money and of each measure go into `largest`."""
    extra = largest.shape[0] - 1
    for slot in range(wide.shape[0]):
        most = (
            half[slot, _PART]
            + half[slot, _PART + 1]
            + half[slot, _PART + 2]
            + half[slot, _PART + 3]
        )
        most = max(
            most, half[slot, _RECEIPTS], half[slot, 2 * cold + 2]
        )  # sessions, steps and names are no more than acts
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
    """Writes slot i as row `to[i]` of counts and sums; -1 leaves it out."""
    extra, roles = sums.shape[1] - 2, counts.shape[1] - 10
    for slot in range(to.shape[0]):
        row = to[slot]
        if row < 0:
            continue
        acts = np.int64(0)
        for p in range(4):
            acts += half[slot, _PART + p]
            counts[row, 5 + p] = half[slot, _PART + p]
        counts[row, 0], counts[row, 1], counts[row, 2] = (
            acts,
            half[slot, _RECEIPTS],
            half[slot, 2 * cold + 2],
        )
        counts[row, 3], counts[row, 4], counts[row, 9] = (
            half[slot, _SESSIONS],
            half[slot, _STEPS],
            _names(rec, half, cold, slot),
        )
        for r in range(roles):
            counts[row, 10 + r] = half[slot, ROLES + r]
        sums[row, 0], sums[row, 1] = rec[slot, cold], rec[slot, _MICROS]
        for k in range(extra):
            sums[row, 2 + k] = rec[slot, cold + 3 + k]
