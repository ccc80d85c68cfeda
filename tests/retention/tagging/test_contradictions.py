"""Conditions that nobody can meet are refused; those that somebody can are not."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.errors.tags import TagError
from churnlab.retention.tagging.contradictions import check_possible
from churnlab.retention.tagging.language import parse

MEASURES = {"active": ("active", 1.0), "acts": ("acts", 1.0), "money": ("money", 1e6)}
WHOLE = frozenset({"active", "acts"})


def possible(text: str) -> bool:
    try:
        check_possible(text, parse(text, MEASURES), WHOLE)
    except TagError as error:
        return "nobody can meet the condition" not in str(error)
    return True


@pytest.mark.parametrize(
    "text",
    [
        "active[7] > 7",
        "active[7:9] >= 3",
        "active[28] / 4 > 7",
        "acts[7] < 0",
        "acts[7] == 1.5",
        "acts[7] > 3 and acts[7] < 4",
        "acts[7] >= 5 and acts[7] < 5",
        "acts[7] >= 5 and not acts[7] > 4",
        "money[7] > 3 and money[7] <= 3",
        "since(acts) < 1",
        "first(acts) <= 0.5",
        "3 <= acts[7] < 3",
        "(acts[7] > 3 or acts[7] < 0) and acts[7] < 2",
        "not (acts[7] >= 0)",
        "acts[7] == 3 and acts[7] != 3",
        "acts[7] != 3 and acts[7] > 2 and acts[7] < 4",
        "1 > 2",
        "acts[7] > 1 > 2",
        "acts[7] > 3 and acts[28] < 3",
        "acts[7] >= 5 and acts[:] == 4",
        "acts[7] + 1 > 0 and acts[7:28] > 3 and acts[28] < 4",
        "acts[28] > 5 and acts[7] < 3 and acts[7:28] < 3",
        "active[28] > 25 and active[7:14] < 4",
        "since(acts) > 28 and acts[28] >= 1",
        "since(acts) < 7 and acts[7] == 0",
        "first(acts) < 7 and acts[7:28] > 0",
        "first(acts) < 10 and since(acts) > 12",
    ],
)
def test_contradictions_are_refused(text: str) -> None:
    assert not possible(text)


@pytest.mark.parametrize(
    "text",
    [
        "active[7] >= 7",
        "active[:] >= 700",
        "acts[7] > 3 and acts[28] < 5",
        "acts[7] > 3 and acts[7] <= 4",
        "acts[7] != 3",
        "1 < 2 and acts[7] > 1",
        "money[7] > 3 and money[28] < 3",
        "acts[7] > 3 and active[28] < 3",
        "active[28] > 23 and active[7:14] < 4",
        "since(acts) > 27 and acts[28] >= 1",
        "first(acts) < 8 and acts[6:28] > 0",
        "money[7] > 3 and money[7] < 4",
        "money[7] < 0",
        "acts[7] / acts[28] > 2",
        "acts[7] < 0 or acts[7] > 4",
        "acts[7] == 0",
        "since(acts) <= 1",
    ],
)
def test_what_somebody_can_meet_is_taken(text: str) -> None:
    assert possible(text)


SIGNS = st.sampled_from(["<", "<=", ">", ">=", "=="])
ONE = st.tuples(SIGNS, st.sampled_from([-1, 0, 0.5, 2, 3, 3.5, 7, 8])).map(
    lambda each: f"active[7] {each[0]} {each[1]}"
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ONE, min_size=1, max_size=3), st.sampled_from([" and ", " or "]))
def test_it_is_right_about_days_of_a_week(parts: list[str], word: str) -> None:
    text = word.join(parts)
    met = any(eval(text, {"active": {7: days}}) for days in range(8))
    assert possible(text) is met


CELLS = st.sampled_from(["a[1]", "a[2]", "a[3]", "a[1:2]", "a[1:3]", "a[2:3]"])
OF_THREE = st.tuples(CELLS, SIGNS | st.just("!="), st.sampled_from([0, 1, 2, 1.5])).map(
    lambda each: f"{each[0]} {each[1]} {each[2]}"
)


@settings(max_examples=150, deadline=None)
@given(st.lists(OF_THREE, min_size=2, max_size=4), st.sampled_from([" and ", " or "]))
def test_it_is_right_about_three_days(parts: list[str], word: str) -> None:
    text = word.join(parts)
    python = text.replace("a[", "sum(a[").replace("]", "])").replace("a[1]", "a[:1]")
    python = python.replace("a[2]", "a[:2]").replace("a[3]", "a[:3]")
    met = any(eval(python, {"a": days}) for days in product(range(5), repeat=3))
    assert possible(text.replace("a[", "acts[")) is met


def test_many_ways_are_looked_through_to_a_limit() -> None:
    either = "(acts[7] < 0 or acts[7] < 0)"
    assert not possible(" and ".join([either] * 8))
    assert possible(" and ".join([either] * 9))
