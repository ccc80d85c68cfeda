"""Numeric columns of any type as float64."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.texts import is_text
from churnlab.events.written_numbers import read_written


def read_numbers(
    source: str, name: str, column: pa.Array, decimal: str | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Numbers float64[n], and where the column is null, bool[n], or None when it is null nowhere.

    Text that is not a number gives NaN; empty text and words such as "null" count as null.
    `decimal` is the decimal mark of text. A null's number is arbitrary. Raises LogError for a type
    that is neither numeric nor text.

    >>> read_numbers("the log", "amount", pa.array(["5", "much", ""]))[0]
    array([ 5., nan, nan])
    """
    if is_text(column.type):
        return read_written(column, decimal)
    kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column)), np.ones(len(column), bool)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        raise LogError.from_wrong_type(source, name, str(kind), "numbers")
    nulls = _nulls(column) if column.null_count else None
    return _raw(column.cast(pa.float64(), safe=False)), nulls


def _nulls(column: pa.Array) -> np.ndarray:
    """Where a column is null, bool[n], from the bits of its validity buffer."""
    begin = column.offset % 8
    last = (column.offset + len(column) + 7) // 8
    bits = np.frombuffer(column.buffers()[0], np.uint8)[column.offset // 8 : last]
    return (np.unpackbits(bits, bitorder="little")[begin : begin + len(column)] ^ 1).view(bool)


def _raw(column: pa.Array) -> np.ndarray:
    """The values of a float64 column as they lie in memory, arbitrary where it is null."""
    data = column.buffers()[1]
    if not data:
        return np.zeros(0)
    return np.frombuffer(data, np.float64)[column.offset : column.offset + len(column)]
