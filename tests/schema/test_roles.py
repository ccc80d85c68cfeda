"""Roles: which events make up a role, which are acts, whose amounts are money."""

from __future__ import annotations

import pickle

import pytest

from churnlab.errors import ConfigError, LogError
from churnlab.schema.roles import (
    OTHER,
    RECEIPT_ROLES,
    STANDARD_ROLES,
    RoleNames,
    Roles,
    receipts_of,
    role_column,
)


def test_without_roles_events_take_the_standard_role_of_their_name() -> None:
    roles = Roles.declared(None, ignore=["open"])
    assert set(roles.names) == {*STANDARD_ROLES, OTHER} - {"open"}
    assert roles.of_event("purchase") == ("purchase",) and roles.of_event("scroll") == (OTHER,)


def test_an_event_may_have_several_roles() -> None:
    roles = Roles.declared({"Social Acts": ["like"], "content": ["like", "read"]})
    assert roles.names == ("Social Acts", "content", OTHER)
    assert roles.of_event("like") == ("Social Acts", "content")
    assert roles.of_event("read") == ("content",)


@pytest.mark.parametrize(
    "receipts, event, act",
    [
        ((), "like", True),
        ((), "scroll", True),
        ((), "push", False),
        (["badge"], "badge", False),
        (["like"], "like", False),
        (["social"], "like", False),
    ],
)
def test_receipts_are_not_acts(receipts: list[str], event: str, act: bool) -> None:
    roles = Roles.declared({"social": ["like"], "push_sent": ["push"]}, receipts)
    assert roles.is_act(event) == act
    assert roles.receipts >= RECEIPT_ROLES


def test_an_event_with_an_act_among_its_roles_is_an_act() -> None:
    roles = Roles.declared({"push_sent": ["push"], "content": ["push"]})
    assert roles.is_act("push")


@pytest.mark.parametrize(
    "given, event, money",
    [
        ({"purchase": ["buy"]}, "buy", True),
        ({"purchase": ["buy"]}, "refund", False),
        ({"content": ["read"]}, "read", True),
    ],
)
def test_amounts_are_money_for_purchases_or_for_all_events(
    given: dict, event: str, money: bool
) -> None:
    assert Roles.declared(given).is_money(event) == money


def test_without_an_event_called_purchase_all_amounts_are_money() -> None:
    roles = Roles.declared(None)
    assert roles.paying(["purchase", "open"], standard=True) == roles
    assert "purchase" not in roles.paying(["open"], standard=True).events
    named = Roles.declared({"purchase": "purchase"})
    assert named.paying(["open"], standard=False) == named


def test_standard_roles_without_an_event_are_left_out_and_named_ones_refused() -> None:
    assert Roles.declared(None).seen(["open", "x"], standard=True).names == ("open", OTHER)
    named = Roles.declared({"social": ["coment"]})
    with pytest.raises(LogError, match="role 'social' names 'coment'.*did you mean 'comment'"):
        named.seen(["comment"], standard=False)


def test_roles_have_the_names_that_they_were_given() -> None:
    roles = Roles.declared(
        {"签到": ["check-in"], "A b": ["x"], "a_b": ["y"]}, ["Gift card", "签到"]
    )
    assert roles.names == ("A b", "Gift card", "a_b", "签到", OTHER)
    assert roles.of_event("Gift card") == ("Gift card",) and not roles.is_act("Gift card")
    assert not roles.is_act("check-in") and roles.is_act("x")
    assert roles.to_dict()["roles"]["签到"] == ["check-in"]
    columns = [role_column(r) for r in roles.names]
    assert len(set(columns)) == 5 and columns[2] == "n_a_b" and columns[-1] == "n_other"


def test_a_standard_role_may_be_written_in_capitals() -> None:
    roles = Roles.declared({"Purchase": ["buy"], "Push Sent": ["push"]}, ["push sent"])
    assert roles.names == ("purchase", "push_sent", OTHER) and not roles.is_money("push")
    assert not roles.is_act("push")
    with pytest.raises(ConfigError, match="role named twice: purchase"):
        Roles.declared({"Purchase": ["x"], "purchase": ["y"]})


def test_an_event_of_a_role_that_is_named_as_a_receipt_is_no_role() -> None:
    roles = Roles.declared({"content": ["Purchase", "read"]}, ["Purchase", "Purchase"])
    assert roles.names == ("content", OTHER)
    assert not roles.is_act("Purchase") and roles.is_act("read")


@pytest.mark.parametrize(
    "role, says",
    [
        ("money", "'money' is a name of our own and no role"),
        (3, "the name of a role is 3; give text"),
        ("a\ud800", "holds half of a character"),
    ],
)
def test_a_name_that_no_role_can_have_is_refused(role: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Roles.declared({role: ["x"]})


def test_the_dictionary_holds_sorted_lists() -> None:
    roles = Roles.declared({"social": ["like"]}, ["badge", "social"], ["heartbeat"])
    assert roles.to_dict() == {
        "roles": {"badge": ["badge"], "social": ["like"]},
        "receipts": ["badge", "push_sent", "social", "social_received"],
        "ignore": ["heartbeat"],
    }


def test_names_of_roles_know_which_are_receipts() -> None:
    plain = frozenset({"open", "badge", "push_sent"})
    names = RoleNames(plain, {"badge", "push_sent", "elsewhere"})
    assert receipts_of(names) == {"badge", "push_sent"} and receipts_of(plain) == {"push_sent"}
    assert names != plain and plain != names and RoleNames(plain) == plain
    assert len({names, plain, RoleNames(plain)}) == 2 and names != "open"
    again = pickle.loads(pickle.dumps(names))
    assert again == names and again.receipts == names.receipts
