"""Kernels over daily rows, against loops of plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.histories import days_of_people, flat

from churnlab.kernels import windows
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY

NOBODY = np.zeros(0, np.int64)


@given(days_of_people(), st.integers(-1, 42))
def test_before_finds_the_first_row_on_or_after_a_day(days: list[list[int]], bound: int) -> None:
    first, day = flat(days)
    for person, found in enumerate(days):
        want = first[person] + sum(d < bound for d in found)
        assert windows.before(first, day, person, bound) == want


@given(days_of_people(), st.integers(-3, 45), st.integers(0, 60))
def test_first_rows_are_those_that_before_finds(
    days: list[list[int]], base: int, count: int
) -> None:
    first, day = flat(days)
    for person in range(len(days)):
        rows = np.full(count, -1, np.int32)
        windows.first_rows(frozen(day[first[person] : first[person + 1]]), base, rows)
        want = [windows.before(first, day, person, base + i) - first[person] for i in range(count)]
        assert rows.tolist() == want


@given(days_of_people(), st.randoms(use_true_random=False), st.booleans())
def test_gaps_are_the_days_since_the_previous_active_day(
    days: list[list[int]], random: st.randoms, folded: bool
) -> None:
    first, day = flat(days)
    acts = np.array([random.randrange(2) for _ in day], np.int32)
    past = np.array([random.choice([NO_DAY, -3]) for _ in days], np.int64)
    want, row = [], 0
    for person, found in enumerate(days):
        previous = int(past[person]) if folded else NO_DAY
        for d in found:
            active = acts[row] > 0
            want.append(d - previous if active and previous != NO_DAY else 0)
            previous = d if active else previous
            row += 1
    assert windows.gaps(first, day, acts, past if folded else NOBODY).tolist() == want


@given(days_of_people(), st.integers(0, 41), st.integers(0, 41))
def test_totals_and_last_days_see_their_window_alone(
    days: list[list[int]], start: int, stop: int
) -> None:
    first, day = flat(days)
    values = np.arange(len(day)) % 3 - 1
    rows = [range(first[p], first[p + 1]) for p in range(len(days))]
    inside = [[i for i in r if start <= day[i] < stop] for r in rows]
    if start <= stop:
        totals = windows.totals(first, day, values, start, stop).tolist()
        assert totals == [sum(int(values[i]) for i in found) for found in inside]
    stops = np.array([stop - 9, stop, stop + 1])
    last = windows.last_days(first, day, values, np.full(3, start), stops)
    for k in range(3):
        marked = [[day[i] for i in r if start <= day[i] < stops[k] and values[i] > 0] for r in rows]
        assert last[k].tolist() == [max(m, default=NO_DAY) for m in marked]


@given(days_of_people(), st.lists(st.tuples(st.integers(-1, 9), st.integers(0, 41)), max_size=9))
def test_totals_of_rows_see_the_window_of_each(
    days: list[list[int]], wanted: list[tuple[int, int]]
) -> None:
    first, day = flat(days)
    values = np.arange(len(day)) % 3 - 1
    person = np.array([p if p < len(days) else -1 for p, _ in wanted], np.int64)
    start = np.array([s for _, s in wanted], np.int64)
    stop = start + np.arange(len(wanted))
    found = windows.totals_of(first, day, values, person, start, stop).tolist()
    for who, a, b, total in zip(person, start, stop, found, strict=True):
        rows = range(first[who], first[who + 1]) if who >= 0 else ()
        assert total == sum(int(values[i]) for i in rows if a <= day[i] < b)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=12), st.integers(0, 9))
def test_latest_keeps_the_last_version_known_before_a_day(
    made: list[tuple[int, int]], bound: int
) -> None:
    versions = sorted({(day, day + late) for day, late in made})
    day = np.array([d for d, _ in versions], np.int32)
    known = np.array([k for _, k in versions], np.int32)
    keep = np.empty(len(day), bool)
    windows.latest(np.array([0, len(day)]), day, known, bound, keep)
    seen = {d: k for d, k in versions if k < bound}
    assert [v for v, kept in zip(versions, keep, strict=True) if kept] == sorted(seen.items())


@pytest.mark.parametrize("mark", [True, False])
def test_rows_are_grouped_by_piece_in_their_order(mark: bool) -> None:
    rng = np.random.default_rng(0)
    codes, marks = rng.integers(0, 40, 200).astype(np.int32), rng.random(200) < 0.5
    starts, to = np.empty(6, np.int64), np.empty(200, np.int64)
    grouped = windows.by_piece(codes, marks, mark, 3, starts, to)
    mine = np.flatnonzero(marks == mark)
    order = mine[np.argsort(codes[mine] >> 3, kind="stable")]
    assert grouped.tolist() == codes[order].tolist()
    assert to[order].tolist() == list(range(len(order))) and (to[marks != mark] == -1).all()
    for piece in range(5):
        assert set(grouped[starts[piece] : starts[piece + 1]] >> 3) <= {piece}


def test_rows_are_copied_where_they_are_wanted() -> None:
    counts, sums = np.arange(6, dtype=np.int32).reshape(3, 2), np.arange(3).reshape(3, 1)
    out_counts, out_sums = np.zeros((2, 2), np.int32), np.zeros((2, 1), np.int64)
    windows.scatter(counts, sums, np.array([1, -1, 0]), out_counts, out_sums)
    assert out_counts.tolist() == [[4, 5], [0, 1]] and out_sums.tolist() == [[2], [0]]
    turned = np.full((2, 3), -1)
    windows.columns(counts, np.array([2, 0, 1]), 0, 2, turned)
    assert turned.tolist() == [[4, 0, -1], [5, 1, -1]]
    assert windows.over(counts, 3).tolist() == [False, False, True]


def test_rows_are_put_behind_each_persons_earlier_ones() -> None:
    place, codes = np.array([1, 0]), np.array([10, 11], np.int32)
    held = np.zeros(2, np.int64)
    windows.count(place, codes, 10, held)
    assert held.tolist() == [1, 1]
    at, day, known = np.array([0, 1]), np.zeros(2, np.int32), np.zeros(0, np.int32)
    counts, sums = np.zeros((2, 1), np.int32), np.zeros((2, 1), np.int64)
    rows = np.array([[5], [6]], np.int32), np.array([[7], [8]])
    windows.put(place, codes, 10, 3, 3, *rows, at, day, known, counts, sums)
    assert counts.ravel().tolist() == [6, 5] and sums.ravel().tolist() == [8, 7]
    assert at.tolist() == [1, 2] and day.tolist() == [3, 3]
