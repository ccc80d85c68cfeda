"""Events of whole days, in any order, to one row per person and day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from churnlab.kernels._jit import jit

FIXED = ("acts", "receipts", "active", "money", "orders", "sessions", "session_micros", "steps",
         "night", "morning", "afternoon", "evening", "names")
GAPS = ("gap", "gap_sq", "gaps")
_ACTS, _RECEIPTS, _ACTIVE, _MONEY, _ORDERS, _SESSIONS, _MICROS, _STEPS, _NIGHT = range(9)
_NAMES = FIXED.index("names")


@dataclass(frozen=True)
class Events:
    """Columns of events, all of one length n, and what each event name means.

    user int64[n] codes; clock int64[n] microseconds of one clock; day int64[n] local days; hour int64[n] local hour;
    name int64[n] codes of event names; amount int64[n] millionths (0 where none), paid bool[n] (a finite amount above zero
    that counts as money); measures int64[n, k]; roles bool[names, r]; is_act bool[names].
    """

    user: np.ndarray
    clock: np.ndarray
    day: np.ndarray
    hour: np.ndarray
    name: np.ndarray
    amount: np.ndarray
    paid: np.ndarray
    measures: np.ndarray
    roles: np.ndarray
    is_act: np.ndarray


def rollup(events: Events, session_gap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Daily rows: codes int64[m], days int64[m], sorted by both, and a table int64[m, len(FIXED) + r + k].

    The columns are FIXED, then one count a role, then one sum a measure. A session ends after a pause of more than
    `session_gap` microseconds and with the local day; only acts make sessions.
    """
    order = np.lexsort((events.clock, events.day, events.user))
    user, day = events.user[order], events.day[order]
    row = _row_of(user, day)
    rows = int(row[-1]) + 1 if len(row) else 0
    table = np.zeros((rows, len(FIXED) + events.roles.shape[1] + events.measures.shape[1]), np.int64)
    _fill(table, row, order, events.clock, events.hour, events.name, events.amount, events.paid, events.measures,
          events.roles, events.is_act, session_gap)
    first = np.flatnonzero(np.r_[True, np.diff(row) != 0]) if rows else np.zeros(0, np.int64)
    return user[first], day[first], table


def _row_of(user: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The daily row that each sorted event belongs to."""
    if not len(user):
        return np.zeros(0, np.int64)
    new = (np.diff(user) != 0) | (np.diff(day) != 0)
    return np.concatenate([[0], np.cumsum(new)]).astype(np.int64)


@jit
def _fill(table: np.ndarray, row: np.ndarray, order: np.ndarray, clock: np.ndarray, hour: np.ndarray, name: np.ndarray,
          amount: np.ndarray, paid: np.ndarray, measures: np.ndarray, roles: np.ndarray, is_act: np.ndarray, session_gap: int) -> None:
    # One pass; long because splitting a compiled loop costs calls in its innermost place.
    seen_day = np.full(is_act.shape[0], -1, np.int64)
    seen_session = np.full(is_act.shape[0], -1, np.int64)
    session, last_row, last_clock = -1, -1, 0
    fixed, n_roles = 13, roles.shape[1]
    for i in range(order.shape[0]):
        event, out = order[i], table[row[i]]
        kind = name[event]
        for r in range(n_roles):
            if roles[kind, r]:
                out[fixed + r] += 1
        for k in range(measures.shape[1]):
            out[fixed + n_roles + k] += measures[event, k]
        out[_MONEY] += amount[event]
        out[_ORDERS] += paid[event]
        if not is_act[kind]:
            out[_RECEIPTS] += 1
            continue
        out[_ACTS] += 1
        out[_ACTIVE] = 1
        out[_NIGHT + hour[event] // 6] += 1
        if seen_day[kind] != row[i]:
            seen_day[kind] = row[i]
            out[_NAMES] += 1
        if last_row != row[i] or clock[event] - last_clock > session_gap:
            session += 1
            out[_SESSIONS] += 1
        else:
            out[_MICROS] += clock[event] - last_clock
        if seen_session[kind] != session:
            seen_session[kind] = session
            out[_STEPS] += 1
        last_row, last_clock = row[i], clock[event]


def gaps(codes: np.ndarray, days: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Days since the person's previous active day, their square and their count, int64[m, 3], on active rows.

    A person's first active day has none: three zeros there and on rows without an act.
    """
    out = np.zeros((len(codes), 3), np.int64)
    rows = np.flatnonzero(active > 0)
    same = np.flatnonzero(np.diff(codes[rows]) == 0) + 1
    gap = days[rows[same]] - days[rows[same - 1]]
    out[rows[same]] = np.column_stack([gap, gap * gap, np.ones_like(gap)])
    return out
