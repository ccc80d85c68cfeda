"""Where the wanted columns are in lines of JSON, and of which type they are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from churnlab.events.nested import TYPED, Step, ValueOf

_WHOLE = {"BIGINT", "UBIGINT"}
_NUMBER = {*_WHOLE, "DOUBLE", "HUGEINT"}
_SHORT = r"^-?\d{1,15}(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$"  # a number that a float holds
TYPES = {"whole": pa.int64(), "number": pa.float64(), "truth": pa.bool_(), "text": pa.string()}


@dataclass(frozen=True)
class JsonColumn:
    """A wanted column: its name, the property that it begins with, the steps from there, its kind.

    The kind is a key of TYPES.
    """

    name: str
    top: str
    steps: tuple[Step, ...]
    kind: str = "text"

    @property
    def plain(self) -> bool:
        """Whether the property itself is the column, as text."""
        return self.kind == "text" and not self.steps

    def sql(self, top: str, read: str) -> str:
        """SQL for the column: text, or the JSON of a number or truth value.

        `top` is SQL for the property that the column begins with, `read` the type that this has.
        """
        if read == "VARCHAR":
            return top
        inner = below(top, self.steps)
        return f"json_extract_string({inner}, '$')" if self.kind == "text" else inner

    def typed(self, column: pa.Array) -> pa.Array:
        """The values of a batch in the column's type.

        Whole numbers among which there are others become floats; text where one is no number.
        """
        if self.kind == "text":
            return column
        column = column.cast(pa.string())
        try:
            return column.cast(TYPES[self.kind])
        except pa.ArrowInvalid:
            if pc.all(pc.match_substring_regex(column, _SHORT)).as_py():
                return column.cast(pa.float64())
            return pa.array([None if v is None else _as_text(v) for v in column.to_pylist()])


def _as_text(value: str) -> str:
    found = json.loads(value)
    return found if isinstance(found, str) else value


def kind_of(types: Collection[str]) -> str:
    """The kind of a column by the types of JSON that its values have.

    >>> kind_of({"UBIGINT"}), kind_of({"UBIGINT", "DOUBLE"}), kind_of({"BOOLEAN", "VARCHAR"})
    ('whole', 'number', 'text')
    """
    found = {*types} - {"NULL"}
    if not found:
        return "text"
    if found <= _WHOLE:
        return "whole"
    if found <= _NUMBER:
        return "number"
    return "truth" if found == {"BOOLEAN"} else "text"


def below(value: str, steps: Iterable[Step]) -> str:
    """SQL for what lies below a value of JSON.

    >>> below("j", ["params", 0])
    "j->'/params'->'$[0]'"
    """
    for step in steps:
        if isinstance(step, int):
            value = f"{value}->'$[{step}]'"
        elif isinstance(step, ValueOf):
            value = _only_value(f"{below(value, [(step.key,)])}->'/value'")
        elif isinstance(step, str):
            value = f"{value}->{text('/' + step.replace('~', '~0').replace('/', '~1'))}"
        else:
            named = f"lambda entry: json_extract_string(entry, '$.key') = {text(step[0])}"
            value = f"list_filter(try_cast({value} as JSON[]), {named})[1]"
    return value


def _only_value(value: str) -> str:
    """SQL for a value, or for the one of the typed values in it that is there."""
    typed = ", ".join(f"nullif({value}->'/{name}', 'null'::JSON)" for name in TYPED)
    return f"coalesce({typed}, {value})"


def text(value: str) -> str:
    """A text of SQL.

    >>> print(text("it's"))
    'it''s'
    """
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name quoted for SQL.

    >>> print(identifier('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'
