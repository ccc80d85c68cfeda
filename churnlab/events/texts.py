"""Text columns of Arrow in the few forms that the reader works with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text, dictionaries of text included.

    >>> is_text(pa.large_string()), is_text(pa.dictionary(pa.int8(), pa.int64()))
    (True, False)
    """
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def simpler(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with every column of a type that the reader knows.

    String views become strings. A dictionary stays one only if it holds text and no null among its
    values; otherwise it is decoded.
    """
    for i, kind in enumerate(batch.schema.types):
        column = batch.column(i)
        if pa.types.is_dictionary(kind):
            column = _simpler_dictionary(column, kind)
        elif pa.types.is_string_view(kind):
            column = column.cast(pa.large_string())
        if column.type != kind:
            batch = batch.set_column(i, batch.schema.names[i], column)
    return batch


def _simpler_dictionary(column: pa.DictionaryArray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string_view(kind.value_type):
        values = column.dictionary.cast(pa.large_string())
        column = pa.DictionaryArray.from_arrays(column.indices, values)
    if not is_text(kind) or column.dictionary.null_count:
        return column.dictionary_decode()
    return column


def as_dictionary(column: pa.Array) -> pa.DictionaryArray:
    """A text column as a dictionary of strings with int32 indices.

    >>> as_dictionary(pa.array(["a", "b", "a"])).indices.to_pylist()
    [0, 1, 0]
    """
    if not pa.types.is_dictionary(column.type):
        return column.cast(pa.large_string()).dictionary_encode()
    if column.indices.type != pa.int32():
        return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), column.dictionary)
    return column


def no_text(values: pa.Array) -> np.ndarray | None:
    """Which strings are not valid UTF-8, bool[n]; None where all are. A null is no such string.

    >>> no_text(pa.array(["ann", "大"])) is None
    True
    """
    data = values.buffers()[2]
    if data is None or np.frombuffer(data, np.uint8).max(initial=0) < 128:
        return None
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        raw = values.cast(pa.large_binary()).to_pylist()
        return np.array([v is not None and v.decode(errors="ignore").encode() != v for v in raw])
    return None


def readable(values: pa.Array) -> pa.Array:
    """Strings with bytes that are no text written out, as in `\\\\xff`."""
    if no_text(values) is None:
        return values
    raw = values.cast(pa.large_binary()).to_pylist()
    told = [None if v is None else v.decode(errors="backslashreplace") for v in raw]
    return pa.array(told, values.type)


def as_strings(column: pa.Array) -> pa.Array:
    """Bytes as strings, unchecked: `no_text` finds those that are no text."""
    column = column.cast(pa.large_binary())
    return pa.LargeStringArray.from_buffers(
        len(column), *column.buffers()[1:], column.buffers()[0], column.null_count, column.offset
    )
