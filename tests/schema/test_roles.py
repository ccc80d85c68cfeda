"""Roles: which events make up a role, which are acts, whose amounts are money."""

from __future__ import annotations

import pytest

from churnlab.errors import ConfigError, LogError
from churnlab.schema.roles import OTHER, RECEIPT_ROLES, STANDARD_ROLES, Roles


def test_without_roles_events_take_the_standard_role_of_their_name() -> None:
    roles = Roles.declared(None, ignore=["open"])
    assert set(roles.names) == {*STANDARD_ROLES, OTHER} - {"open"}
    assert roles.of_event("purchase") == ("purchase",) and roles.of_event("scroll") == (OTHER,)


def test_an_event_may_have_several_roles() -> None:
    roles = Roles.declared({"Social Acts": ["like"], "content": ["like", "read"]})
    assert roles.names == ("content", "social_acts", OTHER)
    assert roles.of_event("like") == ("content", "social_acts")
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


def test_roles_that_become_the_same_column_are_refused() -> None:
    with pytest.raises(ConfigError, match="role named twice: a_b"):
        Roles.declared({"A b": ["x"], "a-b": ["y"]})


def test_the_dictionary_holds_sorted_lists() -> None:
    roles = Roles.declared({"social": ["like"]}, ["badge", "social"], ["heartbeat"])
    assert roles.to_dict() == {
        "roles": {"badge": ["badge"], "social": ["like"]},
        "receipts": ["badge", "push_sent", "social", "social_received"],
        "ignore": ["heartbeat"],
    }
