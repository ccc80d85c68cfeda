"""Guards of the model that scores."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.facts import made_up_facts

from churnlab.config.sections import GuardsTable
from churnlab.nightly.chosen import Chosen
from churnlab.nightly.guards.guard import Guard
from churnlab.nightly.guards.model import model_guards
from churnlab.schema.days import day_number

LEARNT = day_number("2026-01-01")  # the newest snapshot of made-up facts


def guards(day: int, approval: str = "approved", overdue: int | None = None) -> dict[str, Guard]:
    trained: Any = SimpleNamespace(facts=made_up_facts())
    chosen = Chosen(trained, approval, (), overdue)
    return {guard.name: guard for guard in model_guards(chosen, day, GuardsTable())}


def test_a_model_of_thirty_days_passes_all() -> None:
    found = guards(LEARNT + 30, overdue=-5)
    assert set(found) == {"approved", "review", "model_age", "learnt_days"}
    assert all(guard.passed for guard in found.values()) and found["review"].figure == 0


@pytest.mark.parametrize(
    ("age", "level", "passed"),
    [(0, "block", False), (-9, "block", False), (29, "warn", False), (30, "warn", True)],
)
def test_the_day_lies_after_all_that_was_learnt(age: int, level: str, passed: bool) -> None:
    found = guards(LEARNT + age)["learnt_days"]
    assert (found.level, found.passed) == (level, passed)


@pytest.mark.parametrize(("days", "level"), [(1, "warn"), (30, "warn"), (31, "block")])
def test_a_review_that_is_overdue(days: int, level: str) -> None:
    found = guards(LEARNT + 40, overdue=days)["review"]
    assert not found.passed and found.level == level


def test_an_old_model_and_one_that_nobody_approved() -> None:
    assert guards(LEARNT + 366)["model_age"].level == "block"
    found = guards(LEARNT + 40, "not approved")["approved"]
    assert not found.passed and found.level == "warn"
    assert guards(LEARNT + 40, "no approval required")["approved"].passed
