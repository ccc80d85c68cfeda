"""The kernel that counts codes."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import bare


@bare
def tally(codes: np.ndarray, counts: np.ndarray) -> bool:
    """Add the number of each code to `counts`; False, with nothing added, where it is too short.

    `codes` is int32[n] from 0 on, `counts` int64[m].
    """
    largest = -1
    for i in range(codes.shape[0]):
        largest = max(largest, codes[i])
    if largest >= counts.shape[0]:
        return False
    for i in range(codes.shape[0]):
        counts[codes[i]] += 1
    return True
