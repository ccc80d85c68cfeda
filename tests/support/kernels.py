"""Events and their meaning as the kernels of the rollup take them."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import frozen
from churnlab.kernels.records import ACT, MONEY, Kinds, Meaning
from churnlab.kernels.rollup import Slice

NAMES = 70  # more than the 64 names that have a bit in a record


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
