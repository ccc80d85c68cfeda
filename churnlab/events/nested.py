"""Columns inside other columns, by a dotted path.

| name | value |
|---|---|
| `params.value` | the property `value` of the property `params` |
| `items[0].price` | of the first entry of a list |
| `params.page` | of the entry whose `key` is `page`, in a list of records with `key` and `value`: \
its `value`, or the one of the typed values in it that is there, as text (GA4) |
| `params[page].value` | of that entry, step by step |

A column whose whole name is the path comes first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# The typed values of an entry of GA4's parameters, of which one is there.
TYPED = ("string_value", "int_value", "float_value", "double_value")


@dataclass(frozen=True)
class ValueOf:
    """A step to the value of the entry with a key, in a list of records with `key` and `value`."""

    key: str


Step: TypeAlias = str | int | tuple[str] | ValueOf
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[([^\]]+)\]")


def steps_of(name: str, columns: Collection[str]) -> tuple[str, list[Step]] | None:
    """The column that a name begins with, and the steps from there into it.

    A text is a property, a number a place in a list, `(key,)` a key in a list of records. None
    where no column begins the name.

    >>> steps_of("params[page].value", ["params", "user"])
    ('params', [('page',), 'value'])
    >>> steps_of("a.b", ["a.b", "a"]), steps_of("x.y", ["a"])
    (('a.b', []), None)
    """
    return next((place for place in places_of(name) if place[0] in columns), None)


def places_of(name: str) -> Iterator[tuple[str, list[Step]]]:
    """Each column that a name may begin with, the longest first, and the steps from there.

    >>> list(places_of("a.b[0]"))
    [('a.b[0]', []), ('a.b', [0]), ('a', ['b', 0])]
    """
    ends = [i for i, mark in enumerate(name) if mark in ".[" and i]
    for length in (len(name), *reversed(ends)):
        steps = _steps(name[length:])
        if steps is not None:
            yield name[:length], steps


def _steps(rest: str) -> list[Step] | None:
    """The steps that the end of a name spells; None where it spells none."""
    found = list(_STEP.finditer(rest))
    if "".join(m[0] for m in found) != rest:
        return None
    return [m[1] or (int(m[2]) if m[2] else (m[3],)) for m in found]


def at_path(column: pa.Array, steps: list[Step]) -> pa.Array:
    """The values inside a column; null where a step leads nowhere.

    Raises KeyError with the step that the column's type does not have.

    >>> column = pa.array([{"b": [1, 2]}, None, {"b": []}])
    >>> at_path(column, ["b", 1]).to_pylist()
    [2, None, None]
    >>> events = pa.array([[{"key": "page", "value": "/"}], [{"key": "ref", "value": "x"}]])
    >>> at_path(events, [("page",), "value"]).to_pylist()
    ['/', None]
    """
    for step in steps:
        column = _into(column, step)
    return column


def _into(column: pa.Array, step: Step) -> pa.Array:
    kind = column.type
    if isinstance(step, ValueOf):
        return _only_value(_of_key(column, step.key), step.key)
    if isinstance(step, str) and _is_list(kind):
        return _into(column, ValueOf(step))
    if isinstance(step, str):
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            raise KeyError(step)
        return pc.struct_field(column, step)
    if not _is_list(kind):
        raise KeyError(step)
    return _entry(column, step) if isinstance(step, int) else _of_key(column, step[0])


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _only_value(records: pa.Array, key: str) -> pa.Array:
    """The `value` of each record; as text where it has a typed value of several, as in GA4."""
    if records.type.get_field_index("value") < 0:
        raise KeyError(key)
    value = pc.struct_field(records, "value")
    typed = [n for n in TYPED if pa.types.is_struct(value.type) and n in _fields(value.type)]
    if not typed:
        return value
    return pc.coalesce(*(pc.struct_field(value, n).cast(pa.large_string()) for n in typed))


def _fields(kind: pa.StructType) -> list[str]:
    return [kind.field(i).name for i in range(kind.num_fields)]


def _without_views(column: pa.Array) -> pa.Array:
    """The column with large strings in place of string views, which pyarrow cannot pick from."""
    kind = column.type
    if pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if not pa.types.is_struct(kind) or "string_view" not in str(kind):
        return column
    inner = [_without_views(pc.struct_field(column, [i])) for i in range(kind.num_fields)]
    fields = [f.with_type(a.type) for f, a in zip(kind, inner, strict=True)]
    return pa.StructArray.from_arrays(inner, fields=fields, mask=column.is_null())


def _entry(column: pa.Array, place: int) -> pa.Array:
    """One entry of each list, null in a list that is shorter."""
    long = pc.fill_null(pc.greater(pc.list_value_length(column), place), False)
    kept = pc.list_element(column.filter(long), place)
    there = long.to_numpy(zero_copy_only=False)
    return kept.take(pa.array(np.cumsum(there) - 1, mask=~there))


def _of_key(column: pa.Array, key: str) -> pa.Array:
    """The first record of each list with that key, null where there is none."""
    kind = column.type.value_field.type
    if not pa.types.is_struct(kind) or kind.get_field_index("key") < 0:
        raise KeyError(key)
    rows = pc.list_parent_indices(column)
    records = _without_views(pc.list_flatten(column))
    keys = pc.struct_field(records, "key").cast(pa.large_string())
    there = pc.fill_null(pc.equal(keys, key), False)
    rows = rows.filter(there)
    records = records.filter(there)
    first = pc.index_in(pa.array(range(len(column)), rows.type), value_set=rows)
    return records.take(first)
