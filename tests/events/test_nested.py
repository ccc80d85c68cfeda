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


@pytest.mark.parametrize("steps", [["x"], ["params", 0, "x"], [0], [("page",)]])
def test_a_step_that_the_type_does_not_have(steps: list[object]) -> None:
    with pytest.raises(KeyError):
        at_path(EVENTS, steps)  # type: ignore[arg-type]


def test_the_value_of_a_key_is_its_typed_value_as_text() -> None:
    typed = [
        {"key": "page", "value": {"string_value": "/", "int_value": None, "double_value": None}},
        {"key": "n", "value": {"string_value": None, "int_value": 3, "double_value": None}},
        {"key": "n", "value": {"string_value": None, "int_value": 4, "double_value": None}},
        {"key": "x", "value": {"string_value": None, "int_value": None, "double_value": 0.1}},
    ]
    column = pa.array([typed, [], None, typed[2:]])
    for given, where in ((column, slice(None)), (column.slice(1), slice(1, None))):
        assert at_path(given, ["page"]).to_pylist() == ["/", None, None, None][where]
        assert at_path(given, ["n"]).to_pylist() == ["3", None, None, "4"][where]
        assert at_path(given, ["x"]).to_pylist() == ["0.1", None, None, "0.1"][where]
        assert at_path(given, ["y"]).to_pylist() == [None] * len(given)
    plain = pa.array([[{"key": "n", "value": 3}], []])
    assert at_path(plain, ["n"]).to_pylist() == [3, None]
    for odd in (pa.array([[{"key": "n"}]]), pa.array([[{"value": 3}]]), pa.array([[1, 2]])):
        with pytest.raises(KeyError):
            at_path(odd, ["n"])


def test_views_of_strings_are_picked_too() -> None:
    kind = pa.list_(pa.struct([("key", pa.string_view()), ("value", pa.string_view())]))
    column = pa.array([[{"key": "n", "value": "3"}], None, [None]], kind)
    assert at_path(column, ["n"]).to_pylist() == ["3", None, None]
