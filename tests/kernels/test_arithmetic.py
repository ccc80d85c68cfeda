"""The arithmetic over registers, against plain Python on every kind of number."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import oracle
import pytest

from churnlab.kernels.arithmetic import run, write
from churnlab.kernels.plan import LANES, OPERATIONS

NUMBERS = [0.0, -0.0, 1.5, -2.0, math.inf, -math.inf, math.nan]
PAIRS = list(product(NUMBERS, NUMBERS))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_equals_plain_python(operation: str) -> None:
    registers = np.ones((3, LANES))
    registers[0, : len(PAIRS)] = [a for a, _ in PAIRS]
    registers[1, : len(PAIRS)] = [b for _, b in PAIRS]
    run(np.array([[OPERATIONS.index(operation), 2, 0, 1]]), registers)
    plain = oracle.OPERATIONS[operation]
    for i, (a, b) in enumerate(PAIRS):
        if operation == "sqrt" and a < 0:
            assert math.isnan(registers[2, i])
            continue
        want = plain(a) if operation in ("log", "sqrt") else plain(a, b)
        mine = registers[2, i]
        assert mine == want or (math.isnan(mine) and math.isnan(want)), (a, b)


def test_steps_see_what_earlier_steps_made() -> None:
    registers = np.zeros((4, LANES))
    registers[0], registers[1] = np.arange(LANES), 2.0
    code = [[OPERATIONS.index("mul"), 2, 0, 1], [OPERATIONS.index("add"), 3, 2, 1]]
    run(np.array(code), registers)
    assert registers[3].tolist() == [2.0 * i + 2 for i in range(LANES)]


@pytest.mark.parametrize("order", [[4, 5, 6, 7], [7, 0, 3, 1]])
def test_results_go_to_the_places_of_their_snapshots(order: list[int]) -> None:
    registers = np.arange(2 * LANES, dtype=float).reshape(2, LANES)
    out = np.full((1, 8), -1.0)
    write(registers, np.array([1]), np.array([9, *order]), 1, 4, out)
    assert [out[0, place] for place in order] == registers[1, :4].tolist()
    assert (out[0, [i for i in range(8) if i not in order]] == -1).all()
