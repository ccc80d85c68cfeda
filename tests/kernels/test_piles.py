"""Dealing events to days, and their order by time."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.kernels import piles
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import DAY_MICROS


@pytest.mark.parametrize("spread", [1, 40, DAY_MICROS])
@pytest.mark.parametrize("count", [1, 2, 1000, 20_000])
def test_order_by_time_is_that_of_a_sort(count: int, spread: int) -> None:
    clock = np.random.default_rng(count).integers(0, spread, count) + 10**15
    clock[0] -= 10**9  # far from the others, so that these share few buckets
    order = np.empty(count, np.int32)
    piles.by_time(clock, order)
    assert sorted(order.tolist()) == list(range(count))
    assert (clock[order] == np.sort(clock)).all()


def test_days_follow_the_turns_of_a_zone() -> None:
    hour = DAY_MICROS // 24
    turns, shifts = np.array([-(2**62), 10 * hour]), np.array([hour, 14 * hour])
    clock = np.array([22 * hour, 9 * hour, 10 * hour, -2 * hour, 23 * hour])
    day = np.empty(5, np.int32)
    piles.days_of(frozen(clock), frozen(turns), frozen(shifts), day)
    assert day.tolist() == [1, 0, 1, -1, 1]


def test_shares_of_people_are_all_rows_once() -> None:
    rows = np.random.default_rng(0).integers(-50, 50, (500, 2))
    out, found = np.empty_like(rows), []
    for mine in range(3):
        found.append(out[: piles.share(rows, 3, mine, out)].copy())
    people = [set(part[:, 0].tolist()) for part in found]
    assert not (people[0] & people[1] or people[1] & people[2] or people[0] & people[2])
    assert sorted(map(tuple, np.concatenate(found).tolist())) == sorted(map(tuple, rows.tolist()))


def test_falls_count_ids_and_times() -> None:
    rows = np.array([[1, 5], [3, 4], [2, 9], [2, 7]])
    assert piles.falls(rows) == (1, 2)
