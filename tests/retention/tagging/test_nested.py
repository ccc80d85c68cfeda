"""Windows that lie in each other, against trying all days out."""

from __future__ import annotations

from itertools import product
from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.features.expression import Cell, Since, SinceFirst, WindowSum
from churnlab.retention.tagging.nested import can_hold

DAYS = 4
RANGES = st.tuples(st.integers(0, 4), st.integers(0, 3) | st.just(inf)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
WINDOWS = st.tuples(st.integers(0, 3), st.integers(1, 4)).map(
    lambda pair: WindowSum("active", pair[0], min(pair[0] + pair[1], DAYS))
)
TIMES = st.sampled_from([Since("active"), SinceFirst("active")])


def value(cell: Cell, days: tuple[int, ...]) -> float | None:
    """The value of a cell where `days` are the newest first."""
    there = [k for k, count in enumerate(days, 1) if count]
    if isinstance(cell, WindowSum):
        return sum(days[cell.new : cell.old])
    if not there:
        return None
    return there[0] if isinstance(cell, Since) else there[-1]


@given(
    st.dictionaries(WINDOWS, RANGES, min_size=1, max_size=3),
    st.dictionaries(TIMES, RANGES.map(lambda r: (max(r[0], 1), max(r[1], 1))), max_size=2),
)
@settings(max_examples=200, deadline=None)
def test_it_is_right_about_active_days(
    windows: dict[Cell, tuple[float, float]], times: dict[Cell, tuple[float, float]]
) -> None:
    ranges = windows | times
    # more days, so that a first day may lie before all windows
    found = any(
        all(
            (v := value(cell, days)) is not None and low <= v <= high
            for cell, (low, high) in ranges.items()
        )
        for days in product(range(2), repeat=DAYS + 4)
    )
    assert can_hold("active", ranges) is found


def test_counts_may_be_many_on_a_day() -> None:
    week, day = WindowSum("acts", 0, 7), WindowSum("acts", 0, 1)
    assert can_hold("acts", {day: (50, inf), week: (50, 50)})
    assert not can_hold("active", {day: (2, inf), week: (2, 7)})
