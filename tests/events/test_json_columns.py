"""Where columns are in lines of JSON, and their types."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from churnlab.events.json_columns import JsonColumn, below, identifier, kind_of, text


@pytest.mark.parametrize(
    "types, kind",
    [
        ([], "text"),
        (["NULL"], "text"),
        (["UBIGINT", "NULL"], "whole"),
        (["BIGINT", "UBIGINT"], "whole"),
        (["BIGINT", "DOUBLE"], "number"),
        (["DOUBLE"], "number"),
        (["BOOLEAN"], "truth"),
        (["BOOLEAN", "BIGINT"], "text"),
        (["VARCHAR", "UBIGINT"], "text"),
        (["OBJECT"], "text"),
    ],
)
def test_the_kind_of_a_column(types: list[str], kind: str) -> None:
    assert kind_of(types) == kind


@pytest.mark.parametrize(
    "steps, value",
    [
        (["a", "b"], '"x"'),
        (["l", 1], "2"),
        (["l", 9], None),
        (["o'\"/~d", "$"], "3"),
        (["/"], "4"),
        (["p", ("k'",), "value"], "7"),
        (["p", ("none",), "value"], None),
        (["a", ("k",)], None),
        (["none", "b", 0], None),
    ],
)
def test_sql_for_a_path(steps: list[object], value: str | None) -> None:
    line = (
        '{"a": {"b": "x"}, "l": [1, 2], "o\'\\"/~d": {"$": 3}, "/": 4, '
        '"p": [{"key": "k", "value": 6}, {"key": "k\'", "value": 7}]}'
    )
    sql = f"select {below('j', steps)} from (select {text(line)}::json as j)"  # type: ignore[arg-type]
    assert duckdb.sql(sql).fetchall() == [(value,)]


def test_values_in_the_type_of_their_column() -> None:
    whole = JsonColumn("u", "u", (), "whole")
    assert whole.typed(pa.array(["1", None, "-7"])).to_pylist() == [1, None, -7]
    for odd in ('"007"', "18446744073709551615", '{"a": 1}', "true"):
        mixed = whole.typed(pa.array(["1", odd]))
        assert mixed.to_pylist() == ["1", "007" if odd == '"007"' else odd]
    for value in (1.5, 1e-7, -2.25e3):
        assert whole.typed(pa.array(["1", str(value), None])).to_pylist() == [1.0, value, None]
    number = JsonColumn("a", "a", (), "number")
    assert number.typed(pa.array(["0.1", "1e3", "5"])).to_pylist() == [0.1, 1000.0, 5.0]
    assert JsonColumn("b", "b", (), "truth").typed(pa.array(["true", "false"])).to_pylist() == [
        True,
        False,
    ]
    plain = JsonColumn("e", "e", ())
    assert plain.plain and plain.typed(pa.array(["1"])).to_pylist() == ["1"]
    assert identifier('a"b') == '"a""b"'
