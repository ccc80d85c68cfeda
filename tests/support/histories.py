"""Daily rows of made-up people, for tests that need no log."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from churnlab.activity.daily import DailyActivity
from churnlab.activity.rows import Carry, Rows
from churnlab.kernels.units import NO_DAY
from churnlab.schema.roles import Roles


@st.composite
def days_of_people(draw: st.DrawFn) -> list[list[int]]:
    """The rising days on which each of up to four people has a row."""
    one = st.lists(st.integers(0, 40), max_size=8, unique=True).map(sorted)
    return draw(st.lists(one, min_size=1, max_size=4))


def flat(days: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """`first` and `day` of people's days."""
    first = np.concatenate([[0], np.cumsum([len(d) for d in days])]).astype(np.int64)
    return first, np.array([d for one in days for d in one], np.int32)


def activity_of(
    days: list[list[int]], acts: list[int], carry: Carry | None = None
) -> DailyActivity:
    """An activity with these acts on each row and nothing else."""
    first, day = flat(days)
    roles = Roles.declared({"open": "open"})
    counts = np.zeros((len(day), 12), np.int32)
    counts[:, 0] = acts
    rows = Rows(first, day, counts, np.zeros((len(day), 2), np.int64), carry=carry)
    return DailyActivity(np.arange(len(days)), rows, roles, (), 0, 41, "UTC")


def carry_of(recent: list[int], before: int = 0) -> Carry:
    """A folded past in which each person's last active day is known, NO_DAY for none."""
    past = np.full((len(recent), 4), NO_DAY, np.int64)
    past[:, 0] = recent
    values = np.zeros((len(recent), 1, 4), np.int64)
    values[:, 0, 0] = 7
    return Carry(("acts",), values, past, before, before)
