"""Guards: two limits, and what blocks."""

from __future__ import annotations

import pytest

from churnlab.errors import GuardError
from churnlab.language.sentence import sentence
from churnlab.nightly.guards.guard import at_least, at_most, blocking, fold, refuse

SAYS = sentence("said")


@pytest.mark.parametrize(
    ("figure", "level", "limit", "passed"),
    [
        (0.1, "warn", 0.1, True),
        (0.11, "warn", 0.1, False),
        (0.25, "warn", 0.1, False),
        (0.26, "block", 0.25, False),
    ],
)
def test_a_figure_above_its_limits(figure: float, level: str, limit: float, passed: bool) -> None:
    (found,) = at_most("g", figure, [0.1, 0.25], SAYS)
    assert (found.level, found.limit, found.passed) == (level, limit, passed)
    (below,) = at_least("g", -figure, [-0.1, -0.25], SAYS)
    assert (below.level, below.limit, below.passed) == (level, -limit, passed)


def test_without_limits_there_is_no_guard_and_without_a_figure_nothing_fails() -> None:
    assert at_most("g", 9, [], SAYS) == []
    (found,) = at_least("g", None, [1, 2], SAYS)
    assert found.passed and found.to_dict()["figure"] is None


def test_only_guards_that_block_refuse_and_each_is_named() -> None:
    warned = at_most("warned", 0.2, [0.1, 0.25], SAYS)
    refuse(warned, "2026-03-04")
    several = [*warned, *(at_most(f"g{i}", 1, [0.1, 0.25], SAYS)[0] for i in range(5))]
    assert [guard.name for guard in blocking(several)] == ["g0", "g1", "g2", "g3", "g4"]
    with pytest.raises(GuardError, match="g0: said; g1: said; g2: said; and 2 more") as no:
        refuse(several, "2026-03-04")
    assert no.value.exit_code == 5


def test_fold_has_no_direction() -> None:
    assert fold(3, 1) == fold(1, 3) == 3
    assert fold(0, 0) == 1 and fold(0, 1) > 1e6


def test_a_guard_is_ready_for_json() -> None:
    (found,) = at_most("g", 1 / 3, [1, 2], SAYS)
    assert found.to_dict() == {
        "name": "g", "level": "warn", "figure": 0.333333, "limit": 1, "passed": True, "says": "said"
    }  # fmt: skip
