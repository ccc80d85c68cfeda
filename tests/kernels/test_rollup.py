"""A day's rows while they are made: memory, ends, and sums that may not fit."""

from __future__ import annotations

import numpy as np

from churnlab.kernels.jit import frozen
from churnlab.kernels.records import ACT, MONEY, Kinds, Meaning
from churnlab.kernels.rollup import DayRoll, Slice

MEANING = Meaning(
    frozen(np.array([ACT | MONEY], np.uint8)),
    frozen(np.zeros(1, np.int32)),
)
KINDS = Kinds(
    frozen(np.ones(1, np.uint8)),
    frozen(np.zeros((0, 2), np.int32)),
)


def events(people: list[int], amount: float = 0.0, extra: int = 0) -> Slice:
    n = len(people)
    return Slice(
        frozen(np.array(people, np.int64)),
        frozen(np.arange(n, dtype=np.int64)),
        frozen(np.zeros(n, np.int32)),
        frozen(np.full(n, amount)),
        frozen(np.zeros(0, np.uint8)),
        frozen(np.full((n, 1 if extra else 0), extra, np.int64)),
        frozen(np.zeros(0, np.int32)),
    )


def test_a_part_of_events_keeps_empty_columns_empty() -> None:
    part = events([1, 2, 3]).part(np.array([False, True, True]))
    assert len(part) == 2 and part.ids.tolist() == [2, 3]
    assert len(part.lacking) == len(part.known) == 0


def test_the_memory_of_an_ended_day_holds_nothing_of_it() -> None:
    for people in ([1, 2, 3], [4], [2, 9]):
        roll = DayRoll(0, KINDS, 0, 0, 1)
        assert roll.add(events(people), 0, MEANING)
        assert roll.ids().tolist() == people and roll.events == len(people)
        roll.end()


def test_sums_that_may_not_fit_are_listed() -> None:
    roll = DayRoll(0, KINDS, 0, 1, 1)
    roll.add(events([1] * 1000, 1e10, 2**62), 0, MEANING)
    roll.wide()
    assert roll.overflow == [0, 1]
    small = DayRoll(0, KINDS, 0, 1, 1)
    small.add(events([1] * 10, 1e3, 5), 0, MEANING)
    small.wide()
    assert small.overflow == [] and small.width == (10, 3)
