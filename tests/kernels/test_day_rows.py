"""Daily rows from records: roles that share events, receipts and large counts."""

from __future__ import annotations

import numpy as np

from churnlab.events.codes import kinds_of, meaning_of
from churnlab.kernels.jit import frozen
from churnlab.kernels.records import COUNTS
from churnlab.kernels.rollup import DayRoll, Slice
from churnlab.kernels.units import SESSION_GAP_MICROS
from churnlab.schema.roles import Roles

ROLES = Roles.declared({"social": ["like", "share"], "open": ["open", "like"]}, ["badge"])
NAMES = ["like", "share", "open", "badge", "unknown"]


def day(names: list[int]) -> DayRoll:
    """The day of one person with events of these names, a second apart."""
    n = len(names)
    events = Slice(
        frozen(np.full(n, 7)),
        frozen(np.arange(n) * 1_000_000),
        frozen(np.array(names, np.int32)),
        frozen(np.zeros(0)),
        frozen(np.zeros(0, np.uint8)),
        frozen(np.zeros((n, 0), np.int64)),
        frozen(np.zeros(0, np.int32)),
    )
    roll = DayRoll(0, kinds_of(ROLES), len(ROLES.names), 0, SESSION_GAP_MICROS)
    assert roll.add(events, 0, meaning_of(ROLES, NAMES))
    return roll


def test_an_event_counts_for_each_of_its_roles() -> None:
    roll = day([0, 0, 1, 2, 3, 4])
    counts, sums = np.empty((1, len(COUNTS) + 4), np.int32), np.empty((1, 2), np.int64)
    assert not roll.wide()[0]
    roll.fill(np.zeros(1, np.int64), counts, sums)
    assert ROLES.names == ("badge", "open", "social", "other")
    assert counts[0, len(COUNTS) :].tolist() == [1, 3, 3, 1]
    assert (counts[0, COUNTS.index("acts")], counts[0, COUNTS.index("receipts")]) == (5, 1)


def test_roles_that_are_counted_together_may_be_wide() -> None:
    assert day([0] * 200 + [3] * 255).wide().tolist() == [False]
    assert day([3] * 256).wide().tolist() == [True]
    assert day([0] * 130 + [1] * 126).wide().tolist() == [True]
