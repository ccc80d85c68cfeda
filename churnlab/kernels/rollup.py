"""Events of one local day, in the order of time, to one row a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.kernels._jit import frozen, jit

COUNTS = ("acts", "receipts", "orders", "sessions", "steps", "night", "morning", "afternoon", "evening", "names")
SUMS = ("money", "session_micros")
ACT, MONEY, MUST_PAY, SKIP = 1, 2, 4, 8
DAY_MICROS = 86_400_000_000
_ORDERS, _SESSIONS, _STEPS, _PART, _NAMES, _ROLES = 2, 3, 4, 5, 9, 10
_LAST_ACT, _LAST, _WHAT, _IN_SESSION, _IN_DAY, _MICROS, _MONEY, _EXTRA = range(8)
_NEVER, _LOW, _SCALE = -(2**62), 2**63 - 1, 20
_QUARTER = DAY_MICROS // 4
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Slice:
    """Columns of n events, read-only.

    ids int64[n]; clock int64[n] microseconds of one clock; name int32[n] codes of event names; amount float64[n], or empty where the log
    has none; paid uint8[n], 0 where the amount is null, or empty where none is; extra int64[n, k], what is added to the sums beyond SUMS;
    known int32[n], the local day on which the event arrived, or empty.
    """

    ids: np.ndarray
    clock: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    paid: np.ndarray
    extra: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.clock)

    def part(self, rows: slice | np.ndarray) -> Slice:
        """Some of the events."""
        return Slice(*(frozen(a[rows]) if len(a) else a for a in self.columns()))

    def columns(self) -> tuple[np.ndarray, ...]:
        """All seven, in the order of the fields."""
        return self.ids, self.clock, self.name, self.amount, self.paid, self.extra, self.known


@dataclass(frozen=True)
class Meaning:
    """What event names mean, by code: flags uint8[names] of ACT, MONEY, MUST_PAY and SKIP; the roles of name i are
    `roles[first[i]:first[i + 1]]`, int32, out of `role_count`."""

    flags: np.ndarray
    first: np.ndarray
    roles: np.ndarray
    role_count: int


class DayRoll:
    """One day's rows in the making: a hash table from id to slot, and a record a slot of a few cache lines."""

    def __init__(self, day: int, roles: int, extra: int, session_gap: int) -> None:
        self.day, self.roles, self.extra, self.session_gap = day, roles, extra, session_gap
        self.slots = self.bad_amounts = self.events = 0
        words = -(-(_EXTRA + 2 * extra + 1 + (_ROLES + roles + 1) // 2) // 8) * 8
        self._tally = np.zeros(2, np.int64)
        self._index, self._keys = np.full(4096, -1, np.int32), np.empty(1024, np.int64)
        self._records = np.empty((1024, words), np.int64)
        self._seen = np.full((1024, 2), -1, np.int64)
        self._ties: list[np.ndarray] = []

    def add(self, events: Slice, shift: int, meaning: Meaning) -> bool:
        """Takes events of the day in; `shift` is local time minus clock. False when the clock of a person runs backwards."""
        n = len(events)
        self._reserve(self.slots + n, len(meaning.flags) > 64)
        slot, micros = self._place(events.ids), np.empty(n if len(events.amount) else 0, np.int64)
        if len(micros):
            self.bad_amounts += _millionths(events.amount, events.paid, events.name, meaning.flags, micros)
        ties = np.empty((2 * n, 3), np.int64)
        records = self._records
        fine = _fill(slot, events.clock, events.name, micros, events.extra, shift - self.day * DAY_MICROS, meaning.flags, meaning.first, meaning.roles,
                     self._keys, records, records.view(np.int32), self._seen, ties, self._tally, self.session_gap)
        if self._tally[0]:
            self._ties.append(ties[: self._tally[0]].copy())
        self.events += n
        return bool(fine)

    def _reserve(self, need: int, many_names: bool) -> None:
        if need > len(self._records):
            size = need + need // 2
            self._records = _longer(self._records, self.slots, size)
            self._keys = _longer(self._keys, self.slots, size)
        if many_names and 2 * (self._tally[1] + need) > len(self._seen):
            old, self._seen = self._seen, np.full((1 << int(4 * (self._tally[1] + need) - 1).bit_length(), 2), -1, np.int64)
            _rehash(old, self._seen)

    def _place(self, ids: np.ndarray) -> np.ndarray:
        """The slot of each event, int32[n]; the table grows while it is over a quarter full."""
        slot, at = np.empty(len(ids), np.int32), 0
        while at < len(ids):
            self.slots, at = _place(ids, at, self._index, self._keys, self._records, self.slots, slot)
            if at < len(ids):
                self._index = np.full(len(self._index) * 4, -1, np.int32)
                _reindex(self._index, self._keys, self.slots)
        return slot

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """ids int64[m] in the order of their first event, counts int32[m, len(COUNTS) + roles], sums int64[m, len(SUMS) + extra].

        Afterwards `overflow` lists what a person's sum could not hold in 64 bits: 0 for money, then 1 + the column of extra.
        """
        counts = np.empty((self.slots, _ROLES + self.roles), np.int32)
        sums = np.empty((self.slots, len(SUMS) + self.extra), np.int64)
        largest = np.zeros(1 + self.extra, np.int64)
        _emit(self._records, self._records.view(np.int32), counts, sums, largest)
        self.overflow = [k for k in range(1 + self.extra) if largest[k] >= 2**63 >> _SCALE]
        return self._keys[: self.slots].copy(), counts, sums

    def repeats(self) -> int:
        """How many events repeat another in person, clock, name and money."""
        if not self._ties:
            return 0
        ties = np.concatenate(self._ties)
        ties = ties[np.lexsort(ties.T)]
        return int((np.diff(ties, axis=0) == 0).all(axis=1).sum())


def _longer(array: np.ndarray, used: int, size: int) -> np.ndarray:
    fresh = np.empty((size, *array.shape[1:]), array.dtype)
    fresh[:used] = array[:used]
    return fresh


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
def _place(ids: np.ndarray, start: int, index: np.ndarray, keys: np.ndarray, rec: np.ndarray, slots: int, slot: np.ndarray) -> tuple[int, int]:
    """Slots of the events from `start` on; stops early when the table is a quarter full. Gives the slots in use and where it stopped."""
    mask = index.shape[0] - 1
    for i in range(start, ids.shape[0]):
        key = ids[i]
        at = np.int64((np.uint64(key) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0 and keys[index[at]] != key:
            at = (at + 1) & mask
        if index[at] < 0:
            if 4 * slots > mask:
                return slots, i
            index[at], keys[slots] = slots, key
            rec[slots] = 0
            rec[slots, _LAST_ACT], rec[slots, _LAST] = _NEVER, _NEVER
            slots += 1
        slot[i] = index[at]
    return slots, ids.shape[0]


@jit
def _reindex(index: np.ndarray, keys: np.ndarray, slots: int) -> None:
    mask = index.shape[0] - 1
    for slot in range(slots):
        at = np.int64((np.uint64(keys[slot]) * _GOLDEN) >> np.uint64(20)) & mask
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = slot


@jit
def _millionths(amount: np.ndarray, paid: np.ndarray, name: np.ndarray, flags: np.ndarray, micros: np.ndarray) -> int:
    """Millionths of what counts as money, 0 elsewhere; gives how many amounts are unusable or lacking."""
    bad = 0
    for i in range(name.shape[0]):
        micros[i] = 0
        flag = flags[name[i]]
        if paid.shape[0] > 0 and paid[i] == 0:
            bad += (flag & MUST_PAY) > 0
        elif not abs(amount[i]) <= 1e10:
            bad += 1
        elif flag & MONEY:
            micros[i] = np.int64(np.rint(amount[i] * 1e6))
    return bad


@jit
def _fill(slot: np.ndarray, clock: np.ndarray, name: np.ndarray, micros: np.ndarray, extra: np.ndarray, shift: int, flags: np.ndarray,
          first: np.ndarray, roles: np.ndarray, keys: np.ndarray, rec: np.ndarray, rec32: np.ndarray, seen: np.ndarray, ties: np.ndarray,
          tally: np.ndarray, session_gap: int) -> bool:
    # One pass; long because splitting a compiled loop costs calls in its innermost place, and with few branches: a wrong guess costs more than sums.
    tie, n_extra, has_money = 0, extra.shape[1], micros.shape[0] > 0
    size, counts = _EXTRA + n_extra, 2 * (_EXTRA + 2 * n_extra + 1)
    for i in range(slot.shape[0]):
        kind, at, now = np.int64(name[i]), slot[i], clock[i]
        amount = micros[i] if has_money else 0
        what = ((amount << 6) ^ kind) & _LOW
        before = rec[at, _LAST]
        if now <= before:
            if now < before:
                return False
            if rec[at, _WHAT] >= 0:
                ties[tie, 0], ties[tie, 1], ties[tie, 2] = keys[at], now, rec[at, _WHAT]
                tie += 1
            ties[tie, 0], ties[tie, 1], ties[tie, 2] = keys[at], now, what
            tie += 1
            what = ~what
        rec[at, _LAST], rec[at, _WHAT] = now, what
        if amount != 0:
            rec[at, _MONEY] += amount
            rec[at, size] += abs(amount) >> _SCALE
            rec32[at, counts + _ORDERS] += np.int32(amount > 0)
        for k in range(n_extra):
            rec[at, _EXTRA + k] += extra[i, k]
            rec[at, size + 1 + k] += abs(extra[i, k]) >> _SCALE
        for r in range(first[kind], first[kind + 1]):
            rec32[at, counts + _ROLES + roles[r]] += 1
        if not flags[kind] & ACT:
            rec32[at, counts + 1] += 1
            continue
        rec32[at, counts] += 1
        local = now + shift
        part = np.int64(local >= _QUARTER) + np.int64(local >= 2 * _QUARTER) + np.int64(local >= 3 * _QUARTER)
        rec32[at, counts + _PART + part] += 1
        gap = now - rec[at, _LAST_ACT]
        rec[at, _LAST_ACT] = now
        if gap > session_gap:
            rec32[at, counts + _SESSIONS] += 1
            rec[at, _IN_SESSION] = 0
            gap = 0
        rec[at, _MICROS] += gap
        if kind < 64:
            walked, bit = rec[at, _IN_SESSION], np.int64(1) << kind
            rec32[at, counts + _STEPS] += np.int32((walked & bit) == 0)
            rec[at, _IN_SESSION] = walked | bit
            rec[at, _IN_DAY] |= bit
        else:
            _step(np.int64(at) << np.int64(31) | kind, seen, tally, rec32, at, counts)
    tally[0] = tie
    return True


@jit
def _step(pair: int, seen: np.ndarray, tally: np.ndarray, rec32: np.ndarray, slot: int, counts: int) -> None:
    """Steps and names for the names beyond the first 64: a table from (slot, name) to the last session with it."""
    mask = seen.shape[0] - 1
    at = np.int64((np.uint64(pair) * _GOLDEN) >> np.uint64(20)) & mask
    while seen[at, 0] >= 0 and seen[at, 0] != pair:
        at = (at + 1) & mask
    if seen[at, 0] < 0:
        seen[at, 0] = pair
        tally[1] += 1
        rec32[slot, counts + _NAMES] += 1
    session = rec32[slot, counts + _SESSIONS]
    if seen[at, 1] != session:
        seen[at, 1] = session
        rec32[slot, counts + _STEPS] += 1


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
def _emit(rec: np.ndarray, rec32: np.ndarray, counts: np.ndarray, sums: np.ndarray, largest: np.ndarray) -> None:
    extra = sums.shape[1] - 2
    begin = 2 * (_EXTRA + 2 * extra + 1)
    for slot in range(counts.shape[0]):
        for j in range(counts.shape[1]):
            counts[slot, j] = rec32[slot, begin + j]
        mask = rec[slot, _IN_DAY]
        while mask != 0:
            mask &= mask - 1
            counts[slot, _NAMES] += 1
        sums[slot, 0], sums[slot, 1] = rec[slot, _MONEY], rec[slot, _MICROS]
        for k in range(extra):
            sums[slot, 2 + k] = rec[slot, _EXTRA + k]
        for k in range(extra + 1):
            largest[k] = max(largest[k], rec[slot, _EXTRA + extra + k])
