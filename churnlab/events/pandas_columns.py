"""Frames of pandas as Arrow tables, columns of Python objects with mixed values included."""

from __future__ import annotations

import warnings
from collections.abc import Set
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.texts import as_strings


def arrow_of(frame: pd.DataFrame, numbers: Set[str] = frozenset()) -> pa.Table:
    """A frame as an Arrow table.

    Text that UTF-8 cannot write (half of a surrogate pair) becomes strings that `texts.no_text`
    finds. The columns `numbers` may mix numbers and text. Raises LogError for any other column of
    mixed values.

    >>> arrow_of(pd.DataFrame({"paid": [Decimal("1.50"), 2, "3"]}), {"paid"})["paid"].to_pylist()
    ['150e-2', '2e0', '3']
    """
    try:
        return _table(frame)
    except (pa.ArrowException, UnicodeEncodeError, OverflowError):
        columns = {str(name): _column(frame[name], name in numbers) for name in frame}
        return pa.table(columns)


def _table(frame: pd.DataFrame) -> pa.Table:
    with warnings.catch_warnings():  # pyarrow 25 asks pandas 3.1 for zoned times in the old way
        warnings.filterwarnings("ignore", "Series.values returning an ndarray that drops timezone")
        return pa.Table.from_pandas(frame, preserve_index=False)


def _column(column: pd.Series, is_number: bool) -> Any:
    """One column of a frame that pyarrow does not take whole."""
    try:
        return _table(column.to_frame()).column(0)
    except UnicodeEncodeError:
        given = [None if pd.isna(v) else v for v in column.astype(object)]
        if all(v is None or isinstance(v, str) for v in given):
            raw = [None if v is None else v.encode("utf-8", "surrogatepass") for v in given]
            return as_strings(pa.array(raw, pa.large_binary()))
        reason = f"column {column.name!r} mixes text and other values"
    except (pa.ArrowException, OverflowError) as error:
        if is_number:
            return pa.array([_written(v) for v in column.astype(object)], pa.large_string())
        reason = ": ".join(map(str, error.args))
    raise LogError.from_unreadable("the frame", reason, "give every column values of one type")


def _written(value: Any) -> str | None:
    """A number without a decimal mark, as 125e-1, so that no option can read it otherwise."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str | bool):
        return str(value).encode(errors="backslashreplace").decode()
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return None if number.is_nan() else str(value)
    sign, digits, exponent = number.as_tuple()
    return f"{'-' * sign}{''.join(map(str, digits))}e{exponent}"
