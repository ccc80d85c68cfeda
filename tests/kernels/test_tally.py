"""Codes are counted as numpy counts them, or not at all."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churnlab.kernels.jit import frozen
from churnlab.kernels.tally import tally


@given(st.lists(st.integers(0, 20)), st.integers(0, 25))
def test_counts_equal_numpys(codes: list[int], length: int) -> None:
    counts = np.full(length, 3, np.int64)
    done = tally(frozen(np.array(codes, np.int32)), counts)
    assert done == (max(codes, default=-1) < length)
    want = np.bincount(np.array(codes, np.int64), minlength=length) if done else 0
    np.testing.assert_array_equal(counts, 3 + want)
