"""Guards of the model: approved, looked at in time, not too old, and older than the list's day."""

from __future__ import annotations

from collections.abc import Iterator

from churnlab.config.sections import GuardsTable
from churnlab.language.sentence import sentence
from churnlab.nightly.chosen import APPROVED, NOT_APPROVED, NOT_REQUIRED, Chosen
from churnlab.nightly.guards.guard import BLOCK, WARN, Guard, at_most

_SAID = {
    APPROVED: sentence("the model is approved"),
    NOT_REQUIRED: sentence("no approval of the model is required"),
    NOT_APPROVED: sentence("the model is not approved"),
}


def model_guards(chosen: Chosen, day: int, limits: GuardsTable) -> Iterator[Guard]:
    """All guards of the model that scores a day."""
    facts = chosen.trained.facts
    passed = chosen.approval in (APPROVED, NOT_REQUIRED)
    yield Guard("approved", WARN, float(passed), 1.0, passed, _SAID[chosen.approval])
    if chosen.overdue is not None:
        says = sentence("{days} days past the review of the model", days=max(chosen.overdue, 0))
        yield from at_most("review", max(chosen.overdue, 0), limits.review, says)
    age = facts.age(day)
    says = sentence("the newest snapshot that the model learnt from is {age} days old", age=age)
    yield from at_most("model_age", age, limits.model_age, says)
    yield _learnt(facts.target.churn_horizon + facts.target.lead, age)


def _learnt(reach: int, age: int) -> Guard:
    """The list's day must lie after all days that the model learnt from."""
    if age <= 0:
        says = sentence("the day of the list is among the days that the model learnt from")
        return Guard("learnt_days", BLOCK, age, 1, False, says)
    says = sentence(
        "{age} days after the newest snapshot that the model learnt from; its labels took {reach}",
        age=age,
        reach=reach,
    )
    return Guard("learnt_days", WARN, age, reach, age >= reach, says)
