"""Records of a day against the oracle's day, for any names, times and amounts."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.kernels.jit import frozen
from churnlab.kernels.records import ACT, COUNTS, MONEY, SUMS, Kinds, Meaning
from churnlab.kernels.rollup import DayRoll, PersonRoll, Slice
from churnlab.kernels.units import DAY_MICROS, SESSION_GAP_MICROS

START = datetime(1970, 1, 1)
NAMES = 70  # more than the 64 names that have a bit in a record
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


def slice_of(found: list[tuple[int, int, int, float]]) -> Slice:
    columns = [
        np.array([u for u, *_ in found], np.int64),
        np.array([m * 60_000_000 for _, m, *_ in found], np.int64),
        np.array([n for _, _, n, _ in found], np.int32),
        np.array([a for *_, a in found], np.float64),
        np.zeros(0, np.uint8),
        np.zeros((len(found), 0), np.int64),
        np.zeros(0, np.int32),
    ]
    return Slice(*map(frozen, columns))


def meaning() -> Meaning:
    """Name 5 is a receipt, all others are acts; every name has the one role; all is money."""
    flags = np.full(NAMES, ACT | MONEY, np.uint8)
    flags[5] = MONEY
    return Meaning(frozen(flags), frozen((np.arange(NAMES) == 5).astype(np.int32)))


def kinds() -> Kinds:
    """Acts, then receipts, of the one role."""
    act, roles = np.array([1, 0], np.uint8), np.array([[0, 0], [1, 0]], np.int32)
    return Kinds(frozen(act), frozen(roles))


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


PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3 * 1440 - 1),
        st.sampled_from([0, 1, 5, 63, 64, 69]),
        st.sampled_from([0.0, 9.99, -3.5, 1e11]),
    ),
    min_size=1,
    max_size=60,
)
NO_TURNS = np.array([-(2**62)]), np.zeros(1, np.int64)


def rows_of(roll: DayRoll | PersonRoll) -> list[list[int]]:
    """Each row: its id, counts and sums."""
    counts = np.empty((roll.slots, len(COUNTS) + 1), np.int32)
    sums = np.empty((roll.slots, len(SUMS)), np.int64)
    roll.fill(np.arange(roll.slots), counts, sums)
    return np.column_stack([roll.ids(), counts, sums]).tolist()


@given(PEOPLE, st.sampled_from([2, 3, 100]), st.integers(1, 20))
def test_people_in_turn_have_the_rows_of_their_days(
    found: list[tuple[int, int, int, float]], records: int, batch: int
) -> None:
    got: list[tuple[int, list[int]]] = []

    class Small(PersonRoll):
        ROWS = records

    def write(roll: PersonRoll) -> None:
        got.extend(zip(roll.days[: roll.slots].tolist(), rows_of(roll), strict=True))

    found = sorted(found, key=lambda e: e[:2])
    people = Small(-1, kinds(), 1, 0, SESSION_GAP_MICROS, write)
    for begin in range(0, len(found), batch):
        assert people.add(slice_of(found[begin : begin + batch]), *NO_TURNS, meaning())
    people.end()
    want, repeats, unusable = [], 0, 0
    for day in range(3):
        roll = DayRoll(day, kinds(), 1, 0, SESSION_GAP_MICROS)
        events = [e for e in found if e[1] // 1440 == day]
        if events:
            assert roll.add(slice_of(events), 0, meaning())
        want += [(day, row) for row in rows_of(roll)]
        repeats, unusable = repeats + roll.repeats(), unusable + roll.bad_amounts
    assert sorted(got) == sorted(want)
    assert [row[0] for _, row in got] == sorted(row[0] for _, row in got)
    assert (people.repeats(), people.bad_amounts) == (repeats, unusable)
    assert people.events == len(found)


@pytest.mark.parametrize(
    "later", [(1, 9, 0, 0.0), (2, 8, 0, 0.0), (0, 1441, 0, 0.0)], ids=["day", "clock", "id"]
)
def test_people_out_of_turn_are_noticed(later: tuple[int, int, int, float]) -> None:
    people = PersonRoll(-1, kinds(), 1, 0, SESSION_GAP_MICROS, lambda roll: None)
    before = [(1, 1441, 0, 0.0)] if later[0] < 2 else [(2, 9, 0, 0.0)]
    assert people.add(slice_of(before), *NO_TURNS, meaning())
    assert not people.add(slice_of([later]), *NO_TURNS, meaning())
