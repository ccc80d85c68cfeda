"""Read-only arrays, for which alone the kernels are compiled."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.kernels.jit import frozen


def test_a_frozen_array_is_contiguous_and_cannot_be_written() -> None:
    table = np.arange(6).reshape(2, 3)
    view = frozen(table[:, 1])
    assert view.tolist() == [1, 4] and view.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    table[0, 1] = 7
    assert frozen([1, 2]).tolist() == [1, 2]


def test_the_memory_itself_stays_writable() -> None:
    table = np.arange(3)
    frozen(table)
    table[0] = 5
    assert table.tolist() == [5, 1, 2]
