"""Records of a day against the oracle's day, for any names, times and amounts."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import oracle
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import NAMES, kinds, meaning, slice_of

from churnlab.kernels.records import COUNTS, SUMS
from churnlab.kernels.rollup import DayRoll
from churnlab.kernels.units import DAY_MICROS, SESSION_GAP_MICROS

START = datetime(1970, 1, 1)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 1439),
        st.sampled_from([0, 1, 5, 63, 64, 69]),
        st.sampled_from([0.0, 9.99, -3.5, 1e11]),
    ),
    min_size=1,
    max_size=40,
)


@given(EVENTS)
def test_a_day_equals_the_oracle(found: list[tuple[int, int, int, float]]) -> None:
    found = sorted(found, key=lambda e: e[1])
    roll = DayRoll(0, kinds(), 1, 0, SESSION_GAP_MICROS)
    assert roll.add(slice_of(found), 0, meaning())
    wide = roll.wide()
    counts = np.empty((len(wide), len(COUNTS) + 1), np.int32)
    sums = np.empty((len(wide), len(SUMS)), np.int64)
    roll.fill(np.arange(len(wide)), counts, sums)
    said = oracle.Meaning({"used": [str(n) for n in range(NAMES)]}, {"5"})
    for i, user in enumerate(roll.ids()):
        mine = [
            oracle.Event(u, START + timedelta(minutes=m), str(n), a)
            for u, m, n, a in found
            if u == user
        ]
        want = oracle.one_day(mine, said)
        assert counts[i, :-1].tolist() == [want[c] for c in COUNTS]
        assert counts[i, -1] == len(mine)
        assert sums[i].tolist() == [want[s] for s in SUMS]
    assert roll.bad_amounts == sum(a > 1e10 for *_, a in found)
    assert roll.repeats() == len(found) - len(
        {(u, m, n, a if a < 1e10 else 0) for u, m, n, a in found}
    )


def test_a_clock_that_runs_backwards_is_noticed() -> None:
    roll = DayRoll(0, kinds(), 1, 0, SESSION_GAP_MICROS)
    assert not roll.add(slice_of([(1, 9, 0, 0.0), (1, 8, 0, 0.0)]), 0, meaning())


def test_many_people_and_names_make_the_tables_grow() -> None:
    roll = DayRoll(0, kinds(), 1, 0, SESSION_GAP_MICROS)
    found = [(u, m, 64 + (u + m) % 6, 0.0) for m in range(3) for u in range(9_000)]
    for begin in range(0, len(found), 5_000):
        assert roll.add(slice_of(found[begin : begin + 5_000]), 0, meaning())
    counts, sums = np.empty((9_000, len(COUNTS) + 1), np.int32), np.empty((9_000, 2), np.int64)
    roll.fill(np.arange(9_000), counts, sums)
    assert roll.ids().tolist() == list(range(9_000))
    assert (counts[:, COUNTS.index("names")] == 3).all()
    assert (counts[:, COUNTS.index("steps")] == 3).all()


def test_counts_that_need_more_than_a_byte_are_marked() -> None:
    roll = DayRoll(0, kinds(), 1, 0, SESSION_GAP_MICROS)
    roll.add(slice_of([(1, 0, 0, 0.0)] * 255 + [(2, 0, 0, 0.0)] * 256), 0, meaning())
    assert roll.wide().tolist() == [False, True]


def test_a_shift_moves_the_part_of_the_day() -> None:
    roll = DayRoll(1, kinds(), 1, 0, SESSION_GAP_MICROS)
    roll.add(slice_of([(1, 0, 0, 0.0)]), DAY_MICROS + 7 * 3_600_000_000, meaning())
    counts, sums = np.empty((1, len(COUNTS) + 1), np.int32), np.empty((1, 2), np.int64)
    roll.fill(np.arange(1), counts, sums)
    assert counts[0, COUNTS.index("morning")] == 1
