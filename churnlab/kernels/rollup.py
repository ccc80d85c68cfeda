"""Events of one local day, in the order of time, to one row a person."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from churnlab.kernels._jit import frozen, jit

COUNTS = ("acts", "receipts", "orders", "sessions", "steps", "night", "morning", "afternoon", "evening", "names")
SUMS = ("money", "session_micros")
ACT, MONEY, MUST_PAY, SKIP = 1, 2, 4, 8
DAY_MICROS = 86_400_000_000
# A record: what every event touches fills the first two cache lines (int64 words, then int32 halves), what money and measures touch the rest:
# money, orders and names (halves), the size of money, then sums and sizes of the measures.
_KEY, _LAST_ACT, _LAST, _WHAT, _IN_SESSION, _IN_DAY, _MICROS = range(7)
_SESSIONS, _STEPS, _RECEIPTS, _PART, _ROLES = 14, 15, 16, 17, 21
_SECOND_LINE = 8
_NEVER, _LOW, _SCALE, _PIECE = -(2**62), 2**63 - 1, 20, 4096
_QUARTER = DAY_MICROS // 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.int64(0x1E3779B97F4A7C15)  # odd: tells amounts apart, and far apart where they are close


@dataclass(frozen=True)
class Slice:
    """Columns of n events, read-only.

    ids int64[n]; clock int64[n] microseconds of one clock; name int32[n] codes of event names; amount float64[n], or empty where the log
    has none; lacking uint8[n], 1 where the amount is null, or empty where none is; extra int64[n, k], what is added to the sums beyond SUMS;
    known int32[n], the local day on which the event arrived, or empty.
    """

    ids: np.ndarray
    clock: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    lacking: np.ndarray
    extra: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.clock)

    def part(self, rows: slice | np.ndarray) -> Slice:
        """Some of the events."""
        return Slice(*(frozen(a[rows]) if len(a) else a for a in self.columns()))

    def columns(self) -> tuple[np.ndarray, ...]:
        """All seven, in the order of the fields."""
        return self.ids, self.clock, self.name, self.amount, self.lacking, self.extra, self.known


@dataclass(frozen=True)
class Meaning:
    """What event names mean, by code: flags uint8[names] of ACT, MONEY, MUST_PAY and SKIP; the roles of name i are
    `roles[first[i]:first[i + 1]]`, int32, out of `role_count`."""

    flags: np.ndarray
    first: np.ndarray
    roles: np.ndarray
    role_count: int


class DayRoll:
    """One day's rows in the making: a hash table from id to slot, and a record a slot."""

    def __init__(self, day: int, roles: int, extra: int, session_gap: int) -> None:
        self.day, self.roles, self.extra, self.session_gap = day, roles, extra, session_gap
        self.slots = self.events = 0
        self.overflow: list[int] = []
        self._cold = (_ROLES + roles + 1) // 2
        self._tally = np.zeros(4, np.int64)  # ties, names seen beyond the first 64, where to go on, unusable amounts
        self._index, self._records = _take(-(-(self._cold + 3 + 2 * extra) // 8) * 8)
        self._seen = np.full((1024, 2), -1, np.int64)
        self._ties: list[np.ndarray] = []

    def add(self, events: Slice, shift: int, meaning: Meaning) -> bool:
        """Takes events of the day in; `shift` is local time minus clock. False when the clock of a person runs backwards."""
        n = len(events)
        self._reserve(self.slots + n, len(meaning.flags) > 64)
        ties = _scratch("ties", 6 * n).reshape(-1, 3)
        self._tally[0] = self._tally[2] = 0
        while 0 <= self._tally[2] < n:
            self.slots = _add(events.ids, events.clock, events.name, events.amount, events.lacking, events.extra, shift - self.day * DAY_MICROS,
                              meaning.flags, meaning.first, meaning.roles, self._index, self._records, self._records.view(np.int32), self._cold,
                              self.slots, self._seen, ties, self._tally, self.session_gap)
            if 4 * self.slots >= len(self._index):
                self._index = np.full(len(self._index) * 4, -1, np.int32)
                _reindex(self._index, self._records, self.slots)
        if self._tally[0]:
            self._ties.append(ties[: self._tally[0]].copy())
        self.events += n
        return bool(self._tally[2] == n)

    def _reserve(self, need: int, many_names: bool) -> None:
        if need > len(self._records):
            fresh = _aligned(need + need // 2, self._records.shape[1])
            fresh[: self.slots] = self._records[: self.slots]
            self._records = fresh
        if many_names and 2 * (self._tally[1] + need) > len(self._seen):
            old, self._seen = self._seen, np.full((1 << int(4 * (self._tally[1] + need) - 1).bit_length(), 2), -1, np.int64)
            _rehash(old, self._seen)

    def ids(self) -> np.ndarray:
        """The ids of the rows, int64[m], in the order of their first event."""
        return self._records[: self.slots, _KEY].copy()

    def rows(self, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """counts int32[m, len(COUNTS) + roles] and sums int64[m, len(SUMS) + extra] of the rows `order`, int64[m]. Ends the day.

        Afterwards `overflow` lists what a person's sum could not hold in 64 bits: 0 for money, then 1 + the column of extra.
        """
        counts, sums = np.empty((len(order), len(COUNTS) + self.roles), np.int32), np.empty((len(order), len(SUMS) + self.extra), np.int64)
        largest = np.zeros(1 + self.extra, np.int64)
        _emit(self._records, self._records.view(np.int32), self._cold, order, counts, sums, largest)
        _give(self._index, self._records)
        self.overflow = [k for k in range(1 + self.extra) if largest[k] >= 2**63 >> _SCALE]
        return counts, sums

    @property
    def bad_amounts(self) -> int:
        """How many amounts are unusable, or lacking where one must be."""
        return int(self._tally[3])

    def repeats(self) -> int:
        """How many events repeat another in person, clock, name and money."""
        if not self._ties:
            return 0
        ties = np.concatenate(self._ties)
        ties = ties[np.lexsort(ties.T)]
        return int((np.diff(ties, axis=0) == 0).all(axis=1).sum())


_local = threading.local()


def _scratch(name: str, size: int) -> np.ndarray:
    """Room for int64[size] that the calling thread uses again and again."""
    held = getattr(_local, name, None)
    if held is None or len(held) < size:
        held = np.empty(size + size // 4, np.int64)
        setattr(_local, name, held)
    return held[:size]


def _aligned(rows: int, words: int) -> np.ndarray:
    """Fresh int64[rows, words] that begins with a cache line."""
    room = np.empty(rows * words + 8, np.int64)
    begin = (-room.ctypes.data % 64) // 8
    return room[begin: begin + rows * words].reshape(rows, words)


def _take(words: int) -> tuple[np.ndarray, np.ndarray]:
    """An empty index and records: those of a day that this thread has ended, or fresh ones."""
    held = getattr(_local, "held", [])
    for i, (index, records) in enumerate(held):
        if records.shape[1] == words:
            del held[i]
            index.fill(-1)
            return index, records
    return np.full(4096, -1, np.int32), _aligned(2048, words)


def _give(index: np.ndarray, records: np.ndarray) -> None:
    _local.held = [(index, records), *getattr(_local, "held", [])][:2]


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
def _add(ids: np.ndarray, clock: np.ndarray, name: np.ndarray, amount: np.ndarray, lacking: np.ndarray, extra: np.ndarray, shift: int,
         flags: np.ndarray, first: np.ndarray, roles: np.ndarray, index: np.ndarray, rec: np.ndarray, half: np.ndarray, cold: int, slots: int,
         seen: np.ndarray, ties: np.ndarray, tally: np.ndarray, session_gap: int) -> int:
    """Adds events from tally[2] on, in pieces that stay in the cache; sets tally[2] to where it stopped (the index is a quarter full), -1 when a
    clock runs backwards. Gives the slots in use."""
    slot, micros = np.empty(_PIECE + 1, np.int64), np.zeros(_PIECE, np.int64)
    at, stop = tally[2], tally[2]
    while at < ids.shape[0]:
        slots, stop = _place(ids, at, min(at + _PIECE, ids.shape[0]), index, rec, slots, slot)
        if amount.shape[0] > 0:
            tally[3] += _millionths(amount, lacking, name, flags, at, stop, micros)
        if not _fill(slot, clock, name, micros, extra, shift, flags, first, roles, rec, half, cold, seen, ties, tally, session_gap, at, stop):
            tally[2] = -1
            return slots
        if stop < min(at + _PIECE, ids.shape[0]):
            break
        at = stop
    tally[2] = stop
    return slots


@jit
def _place(ids: np.ndarray, start: int, stop: int, index: np.ndarray, rec: np.ndarray, slots: int, slot: np.ndarray) -> tuple[int, int]:
    """Slots of the events from `start` to `stop`; stops early when the index is a quarter full. Gives the slots in use and where it stopped."""
    mask, touched = index.shape[0] - 1, np.int64(0)
    for i in range(start, stop):
        key = ids[i]
        at = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0 and rec[index[at], _KEY] != key:
            at = (at + 1) & mask
        if index[at] < 0:
            if 4 * slots > mask:
                return slots, i
            index[at] = slots
            rec[slots] = 0
            rec[slots, _KEY], rec[slots, _LAST_ACT], rec[slots, _LAST] = key, _NEVER, _NEVER
            slots += 1
        slot[i - start] = index[at]
        touched ^= rec[index[at], _SECOND_LINE]  # fetches it ahead of its use
    slot[_PIECE] = touched  # so that it is not left out
    return slots, stop


@jit
def _reindex(index: np.ndarray, rec: np.ndarray, slots: int) -> None:
    mask = index.shape[0] - 1
    for slot in range(slots):
        at = np.int64((np.uint64(rec[slot, _KEY]) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = slot


@jit
def _millionths(amount: np.ndarray, lacking: np.ndarray, name: np.ndarray, flags: np.ndarray, start: int, stop: int, micros: np.ndarray) -> int:
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
def _fill(slot: np.ndarray, clock: np.ndarray, name: np.ndarray, micros: np.ndarray, extra: np.ndarray, shift: int, flags: np.ndarray,
          first: np.ndarray, roles: np.ndarray, rec: np.ndarray, half: np.ndarray, cold: int, seen: np.ndarray, ties: np.ndarray,
          tally: np.ndarray, session_gap: int, start: int, stop: int) -> bool:
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
                ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, _KEY], now, rec[at, _WHAT]
                tie += 1
            ties[tie, 0], ties[tie, 1], ties[tie, 2] = rec[at, _KEY], now, what
            tie += 1
            what = ~what
        rec[at, _LAST], rec[at, _WHAT] = now, what
        if amount != 0:
            rec[at, cold] += amount
            half[at, 2 * cold + 2] += np.int32(amount > 0)
            rec[at, cold + 2] += abs(amount) >> _SCALE
        for k in range(n_extra):
            rec[at, cold + 3 + k] += extra[i, k]
            rec[at, cold + 3 + n_extra + k] += abs(extra[i, k]) >> _SCALE
        for r in range(first[kind], first[kind + 1]):
            half[at, _ROLES + roles[r]] += 1
        if not flags[kind] & ACT:
            half[at, _RECEIPTS] += 1
            continue
        local = now + shift
        part = np.int64(local >= _QUARTER) + np.int64(local >= 2 * _QUARTER) + np.int64(local >= 3 * _QUARTER)
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
def _step(pair: int, seen: np.ndarray, tally: np.ndarray, half: np.ndarray, slot: int, names: int) -> None:
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
def _rehash(old: np.ndarray, new: np.ndarray) -> None:
    mask = new.shape[0] - 1
    for i in range(old.shape[0]):
        if old[i, 0] >= 0:
            at = np.int64((np.uint64(old[i, 0]) * _GOLDEN) >> np.uint64(20)) & mask
            while new[at, 0] >= 0:
                at = (at + 1) & mask
            new[at] = old[i]


@jit
def _emit(rec: np.ndarray, half: np.ndarray, cold: int, order: np.ndarray, counts: np.ndarray, sums: np.ndarray, largest: np.ndarray) -> None:
    extra, roles = sums.shape[1] - 2, counts.shape[1] - 10
    for row in range(order.shape[0]):
        slot = order[row]
        counts[row, 0] = 0
        for p in range(4):
            counts[row, 0] += half[slot, _PART + p]
            counts[row, 5 + p] = half[slot, _PART + p]
        counts[row, 1], counts[row, 2] = half[slot, _RECEIPTS], half[slot, 2 * cold + 2]
        counts[row, 3], counts[row, 4] = half[slot, _SESSIONS], half[slot, _STEPS]
        names, mask = half[slot, 2 * cold + 3], rec[slot, _IN_DAY]
        while mask != 0:
            mask &= mask - 1
            names += 1
        counts[row, 9] = names
        for r in range(roles):
            counts[row, 10 + r] = half[slot, _ROLES + r]
        sums[row, 0], sums[row, 1] = rec[slot, cold], rec[slot, _MICROS]
        for k in range(extra):
            sums[row, 2 + k] = rec[slot, cold + 3 + k]
        largest[0] = max(largest[0], rec[slot, cold + 2])
        for k in range(extra):
            largest[1 + k] = max(largest[1 + k], rec[slot, cold + 3 + extra + k])
