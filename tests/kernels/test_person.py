"""A person's rows made ready, against plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.histories import days_of_people, flat

from churnlab.features.compiler import compile_features
from churnlab.features.expression import Decayed, Longest, LongestIn, Since, SinceFirst, Sum
from churnlab.kernels import plan as kernel
from churnlab.kernels.jit import frozen
from churnlab.kernels.person import NONE, load, person_of

SOURCES = {"acts": (kernel.COUNT, 0), "money": (kernel.SUM, 0), "active": (kernel.ACTIVE, 0)}
VALUES = (
    Sum("acts").all,
    Since("acts"),
    Since("money"),
    SinceFirst("money"),
    Longest("money"),
    LongestIn("acts", 9),
    Decayed("money", 3),
)
PLAN = compile_features(VALUES, SOURCES).plan
NAMES = compile_features(VALUES, SOURCES).names


@given(days_of_people(), st.randoms(use_true_random=False), st.booleans())
def test_tables_by_row_hold_what_came_before(
    days: list[list[int]], random: st.randoms, folded: bool
) -> None:
    first, day = flat(days)
    counts = np.array([[random.randrange(3)] for _ in day], np.int32).reshape(-1, 1)
    sums = np.array([[random.randrange(-2, 4)] for _ in day], np.int64).reshape(-1, 1)
    carried = np.zeros((len(days) if folded else 0, len(NAMES), 4), np.int64)
    carried[:] = [5, 2, -9, -4]
    recent = np.full((len(carried), 4), NONE, np.int64)
    history = kernel.History(*(frozen(a) for a in (first, day, counts, sums, carried, recent)))
    person = person_of(history.first, PLAN)
    for number in [*range(len(days)), -1]:
        begin, rows = (first[number], len(days[number])) if number >= 0 else (0, 0)
        assert load(history, PLAN, number, person) == rows
        mine = slice(begin, begin + rows)
        past = [5, 2, -9, -4] if folded and number >= 0 else [0, NONE, NONE, NONE]
        acts, money = counts[mine, 0].tolist(), sums[mine, 0].tolist()
        assert person.prefix[rows + 1, NAMES.index("acts")] == past[0] + sum(acts)
        for i in range(rows + 1):
            seen = list(zip(days[number][:i], acts, money, strict=False))
            active = [d for d, a, _ in seen if a > 0]
            paid = [d for d, _, m in seen if m > 0]
            assert person.active[i] == (active or [NONE])[-1]
            assert person.last[i].tolist() == [(active or [past[3]])[-1], (paid or [past[3]])[-1]]
            assert person.longest[i, 0] == max([past[1], *(m for _, _, m in seen)])
        paid = [d for d, m in zip(days[number], money, strict=False) if m > 0] if rows else []
        assert person.earliest[0] == (past[2] if past[2] > NONE else (paid or [NONE])[0])
        assert person.walked[0, :rows].tolist() == acts
        assert person.weighed[:rows, 0].tolist() == money
