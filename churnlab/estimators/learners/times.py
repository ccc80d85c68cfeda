"""The snapshot of each row: where it is found, and how it is read.

It comes from the argument `time`, else from the index level `snapshot` of X, else from a column
`snapshot` of X. Dates, datetimes, zoned ones and ISO 8601 text are read; a zoned time counts as the
local time that it shows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.estimators.learners.folds import level

SNAPSHOT = "snapshot"
_DATED = ("string", "date", "datetime", "datetime64")
_ISO = (
    r"^\s*(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})"
    r"(?:[T ](?P<clock>[0-9]{2}[0-9:.]*))?"
    r"\s*(?:Z|z|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)?\s*$"
)


def given(X: Any, time: Any) -> Any:
    """The snapshots as they were given, or None: `time`, or the level or column snapshot of X.

    >>> given(pd.DataFrame({"snapshot": ["2026-03-01"]}), None).tolist()
    ['2026-03-01']
    """
    found = level(X, SNAPSHOT, time)
    if found is None and isinstance(X, pd.DataFrame) and SNAPSHOT in X:
        return X[SNAPSHOT]
    return found


def to_fit(X: Any, time: Any) -> tuple[Any, pd.DatetimeIndex | np.ndarray | None]:
    """X without a column `snapshot` that holds times, and the snapshots of its rows.

    These are dates, numbers where they are numbers, or None where there are none. A column of
    numbers with that name is a feature. FrameError for times that cannot be read and for another
    number of them.

    >>> X, time = to_fit(pd.DataFrame({"visits": [1, 2], "snapshot": "2026-03-01"}), None)
    >>> list(X), time.day_of_year.tolist()
    (['visits'], [60, 60])
    """
    features = X
    if isinstance(X, pd.DataFrame) and SNAPSHOT in X:
        if _numbers(X[SNAPSHOT]):
            time = level(X, SNAPSHOT, time)
            return X, None if time is None else _read(time, len(X), numbers=True)
        features = X.drop(columns=SNAPSHOT)
    found = given(X, time)
    return features, None if found is None else _read(found, _rows(X), numbers=True)


def dates(X: Any, time: Any) -> pd.DatetimeIndex:
    """The snapshot of each row of X as a date.

    FrameError where there is none, where a time cannot be read, and for another number of them.

    >>> dates(pd.DataFrame({"visits": [1, 2]}), "2026-03-01").day_of_year.tolist()
    [60, 60]
    """
    found = given(X, time)
    if found is None:
        raise FrameError.from_no_time()
    return pd.DatetimeIndex(_read(found, _rows(X), numbers=False))


def without(X: Any, learnt: Any) -> Any:
    """X without a column `snapshot`, unless the model learnt from a column of that name.

    >>> list(without(pd.DataFrame({"visits": [1], "snapshot": ["2026-03-01"]}), ["visits"]))
    ['visits']
    """
    given_too = isinstance(X, pd.DataFrame) and SNAPSHOT in X and SNAPSHOT not in list(learnt)
    return X.drop(columns=SNAPSHOT) if given_too else X


def _read(values: Any, rows: int, *, numbers: bool) -> pd.DatetimeIndex | np.ndarray:
    """Times as dates; where `numbers` are allowed, numbers as they are."""
    if isinstance(values, str | date | np.datetime64) or np.ndim(values) == 0:
        values = [values] * rows
    if len(values) != rows:
        raise FrameError.from_wrong_length("time", len(values), rows)
    column = pd.Series(values if isinstance(values, pd.Series) else pd.Index(values))
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.dtype.categories.dtype)
    if isinstance(column.dtype, pd.ArrowDtype):
        column = column.astype(object)
    missing = int(column.isna().sum())
    if missing:
        raise FrameError.from_bad_time("missing", missing)
    if numbers and _numbers(column):
        return column.to_numpy()
    if not pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = _parsed(column)
    zoned = column.dt.tz is not None
    return pd.DatetimeIndex(column.dt.tz_localize(None) if zoned else column)


def _parsed(column: pd.Series) -> pd.Series:
    """Texts and Python dates as dates without a zone; each distinct value is read once."""
    place, distinct = pd.factorize(column.astype(object))
    values = pd.Series(distinct, dtype=object)
    kind = pd.api.types.infer_dtype(values)
    if kind == "string":
        parts = values.str.extract(_ISO)
        clock = parts["clock"].fillna("00:00")
        values = (parts["day"] + "T" + clock).where(parts["day"].notna())
    elif kind in _DATED:
        values = values.map(lambda moment: pd.Timestamp(moment).tz_localize(None))
    else:
        values = pd.Series(None, index=values.index, dtype=object)
    found = pd.to_datetime(values, format="ISO8601", errors="coerce")
    bad = found.isna().to_numpy()[place]
    if bad.any():
        first = column[bad].iloc[0]
        plain = first.item() if isinstance(first, np.generic) else first
        raise FrameError.from_bad_time(repr(plain), int(bad.sum()))
    return found.iloc[place]


def _numbers(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype)) or (
        column.dtype == object and pd.api.types.infer_dtype(column) in ("integer", "floating")
    )


def _rows(X: Any) -> int:
    return len(X) if hasattr(X, "__len__") else len(np.asarray(X))
