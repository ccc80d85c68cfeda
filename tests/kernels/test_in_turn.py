"""Events of one person after the other, against the rows of their days."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import kinds, meaning, slice_of

from churnlab.kernels.records import COUNTS, SUMS
from churnlab.kernels.rollup import DayRoll, PersonRoll
from churnlab.kernels.units import SESSION_GAP_MICROS

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
