"""Columns of frames that a user gives: whole days and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError, FrameError
from churnlab.schema.days import day_number, to_timestamp
from churnlab.schema.frames import as_pandas


def with_columns(name: str, given: Any, keys: list[str]) -> pd.DataFrame:
    """A frame of any library with these columns, which may be levels of its index.

    FrameError, which calls the frame by its name, when a key is missing or columns share a name.

    >>> with_columns("the renewals", {"user_id": [7]}, ["user_id"])
       user_id
    0        7
    """
    frame = as_pandas(given)
    if set(keys) & set(frame.index.names):
        frame = frame.reset_index()
    missing = [c for c in keys if c not in frame]
    if missing:
        raise FrameError.from_missing_columns(name, missing, frame.columns)
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise FrameError.from_same_names(name, map(str, twice))
    return frame


def midnights(column: pd.Series) -> np.ndarray:
    """Naive midnights, datetime64[us][n]; a time with a zone keeps its wall clock.

    FrameError with the column's name for what names no day, and for times inside a day.

    >>> midnights(pd.Series(["2026-03-01"], name="renewal")).astype(str).tolist()
    ['2026-03-01T00:00:00.000000']
    """
    stamps = column if column.dtype.kind == "M" else _read_days(column)
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_localize(None)
    inside = (stamps != stamps.dt.normalize()) | stamps.isna()
    if inside.any():
        name = str(column.name)
        raise FrameError.from_not_midnight(name, column[inside].iloc[0], int(inside.sum()))
    return stamps.to_numpy().astype("datetime64[us]")


def numbers(column: pd.Series) -> np.ndarray:
    """A label as float64[n], NaN where it is missing; FrameError for text that is no number.

    >>> numbers(pd.Series([True, None], dtype="boolean", name="churned"))
    array([ 1., nan])
    """
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        odd = pd.to_numeric(column.astype(object), errors="coerce").isna() & column.notna()
        example = ascii(column[odd].iloc[0]) if odd.any() else str(column.dtype)
        name, wanted = str(column.name), "numbers"
        raise FrameError.from_bad_label(name, example, int(odd.sum()), wanted) from None


def _read_days(column: pd.Series) -> pd.Series:
    """A column of dates, periods or text as midnights; FrameError for one that names no day."""
    days = {}
    for given in column.unique():
        try:
            days[given] = to_timestamp(day_number(str(given) if _is_number(given) else given))
        except ConfigError as error:
            count = int((column == given).sum()) or int(column.isna().sum())
            name = str(column.name)
            raise FrameError.from_not_midnight(name, given, count) from error
    return column.astype(object).map(days).astype("datetime64[us]")


def _is_number(given: object) -> bool:
    return isinstance(given, int | float | np.number)
