"""Sums that may not fit in 64 bits."""

from __future__ import annotations

import numpy as np
import pytest

from churnlab.activity.blocks import Block
from churnlab.activity.totals import check_totals
from churnlab.errors import LogError
from churnlab.schema.measures import Measure


def block(day: int, known: int, values: list[float]) -> Block:
    """Money 0, session time 0 and one measure, of the people 0, 1, …"""
    sums = np.zeros((len(values), 3), np.int64)
    sums[:, 2] = [int(v * 1e6) for v in values]
    codes = np.arange(len(values), dtype=np.int32)
    return Block(day, known, codes, np.array([0, len(values)]), np.zeros((len(values), 1)), sums)


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [block(1, 1, [8e12, 8e12])],
        [block(1, 1, [5e12]), block(1, 3, [5e12]), block(1, 4, [5e12])],
        [block(1, 1, [4e12, 0]), block(2, 2, [4e12, 0])],
    ],
)
def test_sums_that_fit_are_let_through(blocks: list[Block]) -> None:
    check_totals(blocks, 2, [Measure.sum("seconds")])


@pytest.mark.parametrize(
    "blocks", [[block(1, 1, [5e12]), block(2, 2, [5e12])], [block(1, 1, [0, -9.1e12])]]
)
def test_a_person_with_too_much_is_refused_with_the_name_of_the_measure(
    blocks: list[Block],
) -> None:
    with pytest.raises(LogError, match="measure 'seconds' sums to more than 9e12"):
        check_totals(blocks, 2, [Measure.sum("seconds")])
