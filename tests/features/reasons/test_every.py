"""All reasons: by the roles of a log, in both languages, each told by facts that exist."""

from __future__ import annotations

import pytest

from churnlab.features.reasons.every import of_attribute, purchases_alone, reasons
from churnlab.features.reasons.reason import Estimate
from churnlab.features.themes import TOPICS
from churnlab.language.catalogues import template_in
from churnlab.language.messages import untranslated
from churnlab.language.numbers import understood
from churnlab.language.sentence import Column, names_in, parts
from churnlab.schema.roles import RoleNames

EVERYTHING = frozenset(
    [
        "open",
        "content",
        "social",
        "social_received",
        "push_sent",
        "push_opened",
        "purchase",
        "onboarding",
        "refund",
        "quiz",
        "money",
        "other",
    ]
)
BUYING = frozenset({"purchase", "refund", "money", "other"})
ALL = {r.name: r for r in (*reasons(EVERYTHING), *reasons(BUYING), of_attribute("age_band"))}


def test_names_are_unique_and_topics_are_known() -> None:
    for roles in (EVERYTHING, BUYING, frozenset()):
        names = [reason.name for reason in reasons(roles)]
        assert len(set(names)) == len(names) > 20
    assert all(reason.topic.partition(":")[0] in TOPICS for reason in ALL.values())


def test_roles_that_a_log_lacks_give_no_reason() -> None:
    topics = {reason.topic for reason in reasons(frozenset({"other"}))}
    assert {"away", "minutes", "newcomer"} <= topics
    assert not topics & {"pushes", "social", "received", "orders", "spending", "content", "setup"}
    assert {"role:quiz", "kinds", "setup"} <= {r.topic for r in reasons(EVERYTHING)}


def test_a_log_of_purchases_speaks_of_orders() -> None:
    assert purchases_alone(BUYING) and not purchases_alone(EVERYTHING)
    assert not purchases_alone(frozenset({"money", "other"}))
    for reason in reasons(BUYING):
        of_visits = reason.name.endswith("_beside_orders") and "unnamed" in reason.values
        assert of_visits or "isit" not in reason.says.replace("{visits", "")


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_reason_has_its_sentence_in_both_languages(name: str) -> None:
    reason = ALL[name]
    assert reason.says not in untranslated("zh")
    chinese = template_in("zh", reason.says)
    assert chinese != reason.says or name.startswith("profile__")
    assert set(names_in(chinese)) <= set(names_in(reason.says)) <= set(reason.sentence.values)
    for template in (reason.says, chinese):
        assert all(understood(spec) for _, what, spec in parts(template) if what)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_number_that_a_sentence_says_is_a_fact_or_called_an_estimate(name: str) -> None:
    reason = ALL[name]
    for said in names_in(reason.says):
        value = reason.sentence.values[said]
        if isinstance(reason.values.get(said), Estimate):
            assert "(an estimate)" in reason.says
        elif isinstance(value, Column):
            assert value.name.startswith(("fact__", "profile__"))


def test_what_happens_to_a_person_is_no_kind_of_function() -> None:
    def kinds(roles: frozenset[str]) -> set[str]:
        used = {r.name: r for r in reasons(roles)}["fewer_kinds"]
        return {c.measure for c in used.facts["now"].value.cells()}

    names = {"open", "quiz", "badge", "push_sent"}
    assert kinds(frozenset(names)) == {"n_open", "n_quiz", "n_badge"}
    assert kinds(RoleNames(names, ["badge"])) == {"n_open", "n_quiz"}
    assert kinds(frozenset({"open", "quiz", "refund"})) == {"n_open", "n_quiz"}


def test_giving_back_less_often_is_no_reason() -> None:
    assert not [r for r in reasons(frozenset({"open", "refund"})) if r.topic == "role:refund"]
