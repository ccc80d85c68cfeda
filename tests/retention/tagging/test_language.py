"""The language of tags: what is read, how it is meant, and what is refused."""

from __future__ import annotations

import ast
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.one_person import T, of_days, value

from churnlab.errors.tags import TagError
from churnlab.retention.tagging.language import parse

MEASURES = {name: (name, 1.0) for name in ("acts", "active", "n_open", "n_push")}
MEASURES |= {"push": ("n_push", 1.0), "gift card": ("n_open", 1.0), "money": ("money", 1e6)}
ANN = {"open": [600, 690, 695, 699], "push": [650, 698]}


def holds(text: str) -> bool:
    found = value(of_days(ANN, push=["push"]), parse(text, MEASURES).value(), T)
    assert found in (0.0, 1.0)
    return bool(found)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("active[7] >= 3", True),
        ("active[7] > 3", False),
        ("active[7] == 3", True),
        ("active[7] != 3", False),
        ("active[10:] == 2", True),
        ("active[10:] >= 3", False),
        ("active[:] >= 5", True),
        ("push[7:60] == 1", True),
        ('"gift card"[28] >= 3', True),
        ("since(acts) < 2", True),
        ("first(acts) == 100", True),
        ("3 <= active[7] < 4", True),
        ("not 3 <= active[7] < 4", False),
        ("active[7] / active[28] >= 0.75", True),
        ("n_open[28] * 2 - 1 > 4.5", True),
        ("-active[7] < -2", True),
        ("active[7] >= 9 or push[7] >= 1", True),
        ("active[7] >= 3 and push[7] >= 2", False),
        ("not (active[7] >= 3 and push[7] >= 2)", True),
    ],
)
def test_what_a_condition_means(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize("text", ["push[3] / push[2:3] > 0", "push[3] / push[2:3] <= 9"])
def test_what_is_not_known_never_holds_nor_does_its_opposite(text: str) -> None:
    """Nothing lies in [t - 3, t - 2): the share is not known."""
    assert not holds(text) and not holds(f"not ({text})")


@pytest.mark.parametrize(
    "text,why",
    [
        ("active[7]", "is no condition"),
        ("active > 3", "is no number"),
        ("active[7] > 'x'", "is no number"),
        ("active[7.5] > 1", "whole number of days"),
        ("active[0] > 1", "at least 1"),
        ("active[28:7] > 1", "at least 29"),
        ("active[99999999999] > 0", "more than 36500 days"),
        ("active[7] > 1e400", "too large"),
        ("active[1:2:3] > 1", "one number too many"),
        ("activ[7] > 1", "'activ': did you mean 'active'"),
        ("__import__('os').system('x') > 1", "neither since"),
        ("since(acts, acts) > 1", "neither since"),
        ("active[7] is 3", "no comparison"),
        ("active[7] > True", "is no number"),
        ("active[", "no expression"),
        ("", "no expression"),
        ("active[7] > 1\nactive[7] > 2", "no expression"),
        (" or ".join(["active[7] > 1"] * 41), "more than 40"),
        ("(" * 500 + "active[7] > 1" + ")" * 500, "no expression"),
        ("lambda: 1", "no condition"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(TagError, match=why) as refused:
        parse(text, MEASURES)
    assert "\n" not in str(refused.value).replace(text, "") and refused.value.exit_code == 2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(TagError):
        parse(text, MEASURES).value()


COMPARISONS = st.sampled_from(
    ["active[7] >= 3", "push[7] > 1", "push[3] / push[2:3] > 0", "since(acts) == 1", "acts[9] < 2"]
)


def conditions(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        parts.map(lambda a: f"not ({a})"),
        st.tuples(parts, parts).map(lambda ab: f"({ab[0]}) and ({ab[1]})"),
        st.tuples(parts, parts).map(lambda ab: f"({ab[0]}) or ({ab[1]})"),
    )


def slow(node: ast.expr, known: dict[str, bool | None]) -> bool | None:
    """Logic of three values, as SQL has it; None is not known."""
    if isinstance(node, ast.UnaryOp):
        inner = slow(node.operand, known)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        parts = [slow(each, known) for each in node.values]
        wins = isinstance(node.op, ast.Or)
        if any(part is wins for part in parts):
            return wins
        return None if None in parts else not wins
    return known[ast.unparse(node)]


@settings(max_examples=40, deadline=None)
@given(st.recursive(COMPARISONS, conditions, max_leaves=6))
def test_and_or_and_not_are_those_of_sql(text: str) -> None:
    known = {
        "active[7] >= 3": True,
        "push[7] > 1": False,
        "push[3] / push[2:3] > 0": None,
        "since(acts) == 1": True,
        "acts[9] < 2": False,
    }
    assert holds(text) is (slow(ast.parse(text, mode="eval").body, known) is True)
