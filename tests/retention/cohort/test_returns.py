"""How days of return are written."""

from __future__ import annotations

import pytest

import churnlab as cl
from churnlab.retention.cohort.returns import Return, returns_of


def test_days_are_written_in_three_ways() -> None:
    found = returns_of([1, "7", "7+", "8 - 30", 1])
    assert [(r.kind, r.low) for r in found] == [
        ("on", 1),
        ("on", 7),
        ("on or after", 7),
        ("bracket", 8),
    ]
    assert [r.known_after for r in found] == [1, 7, 7, 30]


@pytest.mark.parametrize("given", ["", "x", "-3", "8-3", -1, 1.5, True, "99999", "3+4"])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(cl.ChurnlabError, match="a day of return"):
        Return.of(given)  # type: ignore[arg-type]
