"""Columns inside other columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from churnlab.events.nested import at_path, places_of, steps_of

EVENTS = pa.array(
    [
        {"params": [{"key": "page", "value": {"s": "/"}}, {"key": "n", "value": {"s": "5"}}]},
        {"params": []},
        None,
        {"params": None},
        {"params": [{"key": None, "value": {"s": "x"}}, {"key": "page", "value": {"s": "/b"}}]},
        {"params": [{"key": "page", "value": {"s": "1"}}, {"key": "page", "value": {"s": "2"}}]},
    ]
)


def test_the_longest_column_comes_first() -> None:
    assert steps_of("a.b.c", ["a", "a.b"]) == ("a.b", ["c"])
    assert steps_of("a.b.c", ["a"]) == ("a", ["b", "c"])
    assert steps_of("a[0][k].b", ["a"]) == ("a", [0, ("k",), "b"])
    assert steps_of("b.c", ["a"]) is None
    assert [top for top, _ in places_of("a.b[x]")] == ["a.b[x]", "a.b", "a"]
    for odd in ("a..b", "a.", "a[", "a[]", "a[0]b]"):
        assert steps_of(odd, ["a"]) is None
        assert steps_of(odd, [odd]) == (odd, [])


@pytest.mark.parametrize("offset", [0, 1, 3])
def test_the_record_of_a_key(offset: int) -> None:
    want = ["/", None, None, None, "/b", "1"][offset:]
    found = at_path(EVENTS.slice(offset), ["params", ("page",), "value", "s"])
    assert found.to_pylist() == want
    lists = EVENTS.slice(offset).field("params") if offset == 0 else None
    if lists is not None:
        large = lists.cast(pa.large_list(lists.type.value_type))
        assert at_path(large, [("page",), "value", "s"]).to_pylist() == want


def test_entries_of_lists() -> None:
    column = pa.array([[1, 2], [], None, [3]])
    assert at_path(column, [1]).to_pylist() == [2, None, None, None]
    assert at_path(column.slice(3), [0]).to_pylist() == [3]
    assert at_path(column.slice(0, 0), [0]).to_pylist() == []


@pytest.mark.parametrize("steps", [["x"], ["params", "page"], ["params", 0, "x"], [0], [("page",)]])
def test_a_step_that_the_type_does_not_have(steps: list[object]) -> None:
    with pytest.raises(KeyError):
        at_path(EVENTS, steps)  # type: ignore[arg-type]
