"""Chains of steps against a slow search over all starts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from support.retention_oracle import walked

from churnlab.kernels import chains
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY

ROWS = st.lists(
    st.tuples(st.integers(0, 23), st.integers(0, 2), st.integers(0, 2), st.integers(0, 1)),
    max_size=14,
    unique_by=lambda row: row[0],
)
STEPS = st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.booleans()), min_size=2, max_size=4)


@given(ROWS, STEPS, st.integers(1, 30), st.integers(1, 24), st.integers(1, 6), st.booleans())
@settings(max_examples=400)
def test_as_far_as_a_search_over_all_starts(
    rows: list, steps: list, within: int, stop: int, hours: int, entered: bool
) -> None:
    rows = sorted(rows)
    time = np.array([r[0] for r in rows], np.int64)
    day = time // hours
    have = np.array([r[1:] for r in rows], np.int32).reshape(len(rows), 3)
    steps = [(steps[0][0], False), *steps[1:]]
    entry = 5 if entered else NO_DAY
    taken, when = np.zeros(1, np.int8), np.zeros((1, len(steps)), np.int64)
    pending = np.zeros(1, np.uint8)
    which = [u for u, _ in steps]
    chains.reached(
        frozen(np.array([0, len(rows)], np.int64)),
        frozen(time),
        frozen(day),
        frozen(have),
        frozen(np.array([-1, *which[1:]] if entered else which, np.int32)),
        frozen(np.array([later for _, later in steps], np.uint8)),
        frozen(np.array([entry], np.int64)),
        frozen(np.array([5 // hours if entered else NO_DAY], np.int64)),
        0,
        stop,
        24,
        within,
        taken,
        when,
        pending,
    )
    moments = [
        (int(t), int(d), {str(u): int(n) for u, n in enumerate(row)})
        for t, d, row in zip(time, day, have, strict=True)
    ]
    named = [(str(u), later) for u, later in steps]
    if entered:
        named[0] = ("registered", False)
    wanted = walked(moments, named, (0, stop), within, (5, 5 // hours) if entered else None)
    assert taken[0] == wanted[0]
    found = when[0, : taken[0]].tolist()
    if wanted[0]:
        assert (found[0], found[-1]) == (wanted[1][0], wanted[1][-1])
        assert found == sorted(found)
    late = (entered and stop <= 5) or any(r[0] >= stop and r[1 + which[0]] for r in rows)
    if not taken[0]:
        assert pending[0] == (stop <= 5 if entered else late)


def test_rows_from_until_on_are_not_seen() -> None:
    have = frozen(np.ones((2, 1), np.int32))
    taken, when, pending = np.zeros(1, np.int8), np.zeros((1, 2), np.int64), np.zeros(1, np.uint8)
    days, none = frozen(np.array([3, 7], np.int64)), frozen(np.array([NO_DAY], np.int64))
    rows = frozen(np.array([0, 2], np.int64)), days, days, have
    plan = frozen(np.zeros(2, np.int32)), frozen(np.zeros(2, np.uint8)), none, none
    chains.reached(*rows, *plan, 0, 7, 7, 30, taken, when, pending)
    assert taken.tolist() == [1]
    chains.reached(*rows, *plan, 0, 7, 8, 30, taken, when, pending)
    assert taken.tolist() == [2] and when.tolist() == [[3, 7]]


def test_last_days_before_a_day() -> None:
    first = frozen(np.array([0, 3, 3], np.int64))
    day, value = frozen(np.array([1, 4, 6], np.int32)), frozen(np.array([1, 0, 2], np.int32))
    assert chains.last_before(first, day, value, 6).tolist() == [1, NO_DAY]
    assert chains.last_before(first, day, value, 7).tolist() == [6, NO_DAY]
