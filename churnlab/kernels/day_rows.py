"""The kernels that make daily rows of the records of a day that is over."""

from __future__ import annotations

from typing import Any

import numpy as np

from churnlab.kernels.jit import bare, jit
from churnlab.kernels.records import (
    IN_DAY,
    KINDS,
    MICROS,
    PART,
    SESSIONS,
    STEPS,
    Kinds,
)

NARROW = 255  # the largest count of a row that is kept in one byte a count


@bare
def _names(rec: np.ndarray, half: np.ndarray, cold: int, slot: int) -> Any:
    """Number of distinct names of a person's acts: bits of the first 64, and the others."""
    names, mask = np.int64(half[slot, 2 * cold + 3]), rec[slot, IN_DAY]
    while mask != 0:
        mask &= mask - 1
        names += 1
    return names


@bare
def _receipts(half: np.ndarray, slot: int, act: np.ndarray) -> Any:
    """The receipts of a person."""
    receipts = np.int64(0)
    for kind in range(np.uint64(act.shape[0])):
        receipts += half[slot, KINDS + kind] * (1 - act[kind])
    return receipts


@bare
def _of_roles(half: np.ndarray, slot: int, pairs: np.ndarray, of_role: np.ndarray) -> None:
    """Fill `of_role` int64[roles] with a person's events of each role."""
    of_role[:] = 0
    for i in range(pairs.shape[0]):
        of_role[pairs[i, 1]] += half[slot, KINDS + np.uint64(pairs[i, 0])]


@jit
def measure(
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    kinds: Kinds,
    roles: int,
    wide: np.ndarray,
    largest: np.ndarray,
) -> None:
    """Mark in `wide` bool[slots] the slots with a count above NARROW.

    `largest` int64[1 + extra] gets the largest size of money and of each measure.
    """
    _measure(rec, half, cold, kinds, np.empty(roles, np.int64), wide, largest)


@bare
def _measure(
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    kinds: Kinds,
    of_role: np.ndarray,
    wide: np.ndarray,
    largest: np.ndarray,
) -> None:
    extra, roles = largest.shape[0] - 1, of_role.shape[0]
    for slot in range(wide.shape[0]):
        acts, receipts = _acts(half, slot), _receipts(half, slot, kinds.act)
        # Sessions, steps and names are never more than acts, a role never more than all events.
        most = max(acts, receipts, np.int64(half[slot, 2 * cold + 2]))
        if most <= NARROW < acts + receipts:
            _of_roles(half, slot, kinds.roles, of_role)
            for r in range(roles):
                most = max(most, of_role[r])
        wide[slot] = most > NARROW
        largest[0] = max(largest[0], rec[slot, cold + 2])
        for k in range(extra):
            largest[1 + k] = max(largest[1 + k], rec[slot, cold + 3 + extra + k])


@bare
def _acts(half: np.ndarray, slot: int) -> Any:
    acts = np.int64(0)
    for part in range(np.uint64(4)):
        acts += half[slot, PART + part]
    return acts


@jit
def emit(
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    kinds: Kinds,
    to: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Write slot i as row `to[i]` of counts (COUNTS, then roles) and sums; -1 leaves it out."""
    _emit(rec, half, cold, kinds, np.empty(counts.shape[1] - 10, np.int64), to, counts, sums)


@bare
def _emit(
    rec: np.ndarray,
    half: np.ndarray,
    cold: int,
    kinds: Kinds,
    of_role: np.ndarray,
    to: np.ndarray,
    counts: np.ndarray,
    sums: np.ndarray,
) -> None:
    extra, roles = sums.shape[1] - 2, of_role.shape[0]
    for slot in range(to.shape[0]):
        row = to[slot]
        if row < 0:
            continue
        counts[row, 0] = _acts(half, slot)
        for part in range(np.uint64(4)):
            counts[row, np.uint64(5) + part] = half[slot, PART + part]
        counts[row, 1] = _receipts(half, slot, kinds.act)
        _of_roles(half, slot, kinds.roles, of_role)
        counts[row, 2] = half[slot, 2 * cold + 2]
        counts[row, 3] = half[slot, SESSIONS]
        counts[row, 4] = half[slot, STEPS]
        counts[row, 9] = _names(rec, half, cold, slot)
        for r in range(roles):
            counts[row, 10 + r] = of_role[r]
        sums[row, 0], sums[row, 1] = rec[slot, cold], rec[slot, MICROS]
        for k in range(extra):
            sums[row, 2 + k] = rec[slot, cold + 3 + k]
