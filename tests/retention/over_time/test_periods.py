"""Periods of a log."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import retention_oracle as oracle

import churnlab as cl
from churnlab.retention.over_time.periods import Periods


@given(st.integers(0, 30_000), st.integers(1, 200), st.sampled_from(["day", "week", "month"]))
def test_periods_are_the_calendars(base: int, length: int, every: str) -> None:
    found = Periods.of(every, base, base + length)
    start, end = (np.datetime64(d, "D").item() for d in (base, base + length))
    wanted = oracle.periods(start, end, every)
    assert [np.datetime64(int(d), "D").item() for d in found.first] == wanted
    for day, place in enumerate(found.of_day):
        assert wanted[place] == oracle.period_of(np.datetime64(base + day, "D").item(), every)
    whole = [p >= start and oracle.period_after(p, every) <= end for p in wanted]
    assert found.whole.tolist() == whole


def test_another_length_is_refused() -> None:
    with pytest.raises(cl.ChurnlabError, match="did you mean 'week'"):
        Periods.of("weeks", 0, 9)
