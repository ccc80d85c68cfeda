"""Amounts that need a second look are found whatever the null slots hold."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churnlab.kernels.amounts import look
from churnlab.kernels.jit import frozen

AMOUNTS = st.one_of(
    st.sampled_from([0.0, -0.0, 1e10, -1e10, 1.0000001e10, math.nan, math.inf, -math.inf]),
    st.floats(-1e12, 1e12),
)


@given(st.lists(st.tuples(AMOUNTS, st.booleans())), st.booleans())
def test_counts_equal_plain_python(rows: list[tuple[float, bool]], nulls: bool) -> None:
    values = np.array([v for v, _ in rows], np.float64)
    lacking = np.array([n for _, n in rows] if nulls else [], np.uint8)
    there = [v for v, null in rows if not (nulls and null)]
    assert look(frozen(values), frozen(lacking)) == (
        len(there),
        sum(not abs(v) <= 1e10 for v in there),
        sum(v < 0 for v in there),
    )
