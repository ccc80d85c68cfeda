"""The kernels of presence on rows whose answers are counted by hand."""

from __future__ import annotations

import numpy as np

from churnlab.kernels import presence
from churnlab.kernels.jit import frozen
from churnlab.kernels.units import NO_DAY

FIRST = frozen(np.array([0, 3, 4, 4], np.int64))
DAY = frozen(np.array([10, 12, 19, 11], np.int32))
ACTS = frozen(np.array([1, 2, 1, 0], np.int32))
WEEK = frozen((np.arange(10) // 7).astype(np.int32))  # days 10 to 19
SEGMENT = frozen(np.zeros(3, np.int32))


def test_first_active_days() -> None:
    assert presence.first_active(FIRST, DAY, ACTS, 20).tolist() == [10, NO_DAY, NO_DAY]
    assert presence.first_active(FIRST, DAY, ACTS, 10).tolist() == [NO_DAY] * 3


def test_days_of_a_period_and_of_a_day() -> None:
    by_days, by_day = np.zeros((1, 2, 8), np.int64), np.zeros((1, 10), np.int64)
    presence.days_active(FIRST, DAY, ACTS, SEGMENT, 10, 20, WEEK, by_days, by_day)
    assert by_days[0, :, 1:3].tolist() == [[0, 1], [1, 0]]
    assert np.flatnonzero(by_day[0]).tolist() == [0, 2, 9]


def test_states_of_periods() -> None:
    states = np.zeros((1, 3, 4), np.int64)
    start = presence.first_active(FIRST, DAY, ACTS, 20)
    presence.life_cycle(FIRST, DAY, ACTS, frozen(start), SEGMENT, 10, 20, WEEK, states)
    assert states[0].tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]


def test_who_came_back() -> None:
    size, hits = np.zeros((2, 1, 2), np.int64), np.zeros((2, 1, 2, 2), np.int64)
    totals, triangle = np.zeros((1, 2, 5), np.int64), np.zeros((1, 2, 2), np.int64)
    low, high = (frozen(np.array(x, np.int64)) for x in ([2, 3], [2, 8]))
    known = frozen(np.ones((2, 2), np.uint8))
    start = frozen(presence.first_active(FIRST, DAY, ACTS, 20))
    rows = FIRST, DAY, ACTS, ACTS, start, SEGMENT, 10, 20, WEEK, low, high, known
    presence.came_back(*rows, size, hits, totals, triangle)
    assert size[:, 0].tolist() == [[1, 0], [0, 1]]
    assert hits[0, 0, 0].tolist() == [1, 0] and hits[1, 0, 1].tolist() == [0, 0]
    assert triangle[0].tolist() == [[1, 1], [0, 0]]
    assert totals[0].tolist() == [[1, 0, 1, 0, 0]] * 2
