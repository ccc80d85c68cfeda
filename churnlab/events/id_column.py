"""The column of ids in one of two forms: text or whole numbers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import LogError

_EXACT = 2**53  # from here on a float64 is the neighbour of a whole number that it cannot hold


def known_ids(source: str, name: str, column: pa.Array) -> pa.Array:
    """Ids as they are, UUIDs as text, decimals and floats as whole numbers.

    Other types are left to `Tables.ids_of`. Raises LogError for fractions, and for whole numbers
    that a float64 or an int64 cannot hold.

    >>> known_ids("the log", "user", pa.array([123.0, None])).to_pylist()
    [123, None]
    """
    kind = column.type
    if isinstance(kind, pa.UuidType):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return _of_floats(source, name, column)
    if not pa.types.is_decimal(kind):
        return column
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        given = f"{kind} with fractions or numbers beyond 9.2e18"
        raise _refused(source, name, given) from None


def _of_floats(source: str, name: str, column: pa.Array) -> pa.Array:
    """Whole numbers from floats, null for NaN."""
    kind, column = str(column.type), column.cast(pa.float64())
    column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
    if (pc.max(pc.abs(column)).as_py() or 0) >= _EXACT:
        raise _refused(source, name, f"{kind} with numbers beyond 9e15, which run together")
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        raise _refused(source, name, kind) from None


def _refused(source: str, name: str, given: str) -> LogError:
    return LogError.from_wrong_type(source, name, given, "text or whole numbers")
