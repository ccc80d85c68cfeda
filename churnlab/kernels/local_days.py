"""Runs of events of one local day."""

from __future__ import annotations

from typing import Any

import numpy as np

from churnlab.kernels.jit import bare, inlined
from churnlab.kernels.units import DAY_MICROS


@bare
def runs(clock: np.ndarray, turns: np.ndarray, shifts: np.ndarray, out: np.ndarray) -> int:
    """Cut events into runs of one local day and one shift (local time minus clock).

    Fills rows (start, day, shift) of out int64[k, 3] and returns how many, -1 for more than k.
    clock int64[n] are microseconds; the shift is shifts[i] from turns[i] on, int64 both.
    """
    count, low, high = 0, np.int64(1), np.int64(0)
    for i in range(clock.shape[0]):
        now = clock[i]
        if low <= now < high:
            continue
        day, shift, low, high = around(now, turns, shifts)
        if count == out.shape[0]:
            return -1
        out[count, 0], out[count, 1], out[count, 2] = i, day, shift
        count += 1
    return count


@inlined
def around(now: int, turns: np.ndarray, shifts: np.ndarray) -> Any:
    """The local day of a moment, its shift, and the clock `[low, high)` for which both hold."""
    turn = np.searchsorted(turns, now, side="right") - 1
    shift = shifts[turn]
    day = (now + shift) // DAY_MICROS
    low, high = max(turns[turn], day * DAY_MICROS - shift), (day + 1) * DAY_MICROS - shift
    if turn + 1 < turns.shape[0]:
        high = min(high, turns[turn + 1])
    return day, shift, low, high
