"""Runs of events of one local day."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.local_days import runs
from churnlab.kernels.units import DAY_MICROS

HOUR = 3_600_000_000


def test_a_run_ends_with_its_day_and_with_its_distance_to_utc() -> None:
    turns, shifts = np.array([-(2**62), 30 * HOUR]), np.array([0, HOUR])
    clock = np.array([0, 5, DAY_MICROS - 1, DAY_MICROS, 30 * HOUR, 46 * HOUR, 47 * HOUR])
    out = np.empty((9, 3), np.int64)
    count = runs(clock, turns, shifts, out)
    assert out[:count].tolist() == [[0, 0, 0], [3, 1, 0], [4, 1, HOUR], [6, 2, HOUR]]


def test_more_runs_than_there_is_room_for_are_refused() -> None:
    clock = np.arange(5) * DAY_MICROS
    out = np.empty((4, 3), np.int64)
    assert runs(clock, np.array([-(2**62)]), np.array([0]), out) == -1
    assert runs(clock[:4], np.array([-(2**62)]), np.array([0]), out) == 4
