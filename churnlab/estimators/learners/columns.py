"""The columns of X: refused in one line where a model cannot use them, coded where it can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.estimators.learners.categories import as_codes, check_names

_NUMBERS = frozenset({"integer", "floating", "mixed-integer-float", "boolean", "decimal", "empty"})
_DATES = frozenset({"date", "datetime", "datetime64", "time", "timedelta", "timedelta64", "period"})


def coded(X: Any, categories: Mapping[str, list[Any]], learnt: Iterable[Any] | None = None) -> Any:
    """X with its category columns as codes, after its columns were checked; an array as it is.

    `categories` are those of the fit by column, and `learnt` the names of its columns in their
    order (None: this is the fit, or it had no names). FrameError, in one line that names them, for
    columns that are twice there, missing, unknown or in another order, that hold text, dates or
    anything else than numbers, or a category where the fit had a number.

    >>> X = pd.DataFrame({"plan": ["paid", "free"], "days": [1, 2]})
    >>> coded(X, {"plan": ["free", "paid"]})["plan"].tolist()
    [1.0, 0.0]
    >>> coded(X, {})
    Traceback (most recent call last):
    ...
    churnlab.errors.data.FrameError: X has columns that are no numbers: 'plan' (text);
    give text as the type category, and leave out or convert the others
    """
    if not isinstance(X, pd.DataFrame):
        return X
    check_names(X)
    if learnt is not None:
        _check_same([str(n) for n in learnt], list(X.columns))
    _check_kinds(X, categories)
    return as_codes(X, categories)


@contextmanager
def finite_or_named(X: Any) -> Iterator[None]:
    """A FrameError that names the columns, in place of a ValueError for infinite values of X."""
    try:
        yield
    except ValueError as error:
        if _infinite(X):
            raise infinite(X) from error
        raise


def infinite(X: Any) -> FrameError:
    """The error that names the columns of X with infinite values.

    >>> print(infinite(pd.DataFrame({"days": [1.0, np.inf], "acts": 2})))
    X has infinite (inf) values in columns: 'days' (1);
    give finite numbers, or NaN where none is known
    """
    return FrameError.from_infinite(_infinite(X))


def _infinite(X: Any) -> dict[str, int]:
    """How many infinite values each column of X has, where it has any."""
    frame = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X))
    count = {}
    for name in frame:
        if frame[name].dtype.kind in "biufO" and frame[name].dtype != "str":
            column = pd.to_numeric(frame[name], errors="coerce")
            count[str(name)] = int(np.isinf(column.to_numpy(np.float64, na_value=np.nan)).sum())
    return {name: n for name, n in count.items() if n}


def _check_same(learnt: list[str], given: list[Any]) -> None:
    """FrameError where the names given are not those of the fit, in their order."""
    if given == learnt:
        return
    missing = [n for n in learnt if n not in given]
    if missing:
        raise FrameError.from_missing_columns("X", missing, given)
    more = [str(n) for n in given if n not in learnt]
    if more:
        raise FrameError.from_more_columns(more)
    first = next(i for i, name in enumerate(learnt) if given[i] != name)
    raise FrameError.from_order(first, learnt[first], given[first])


def _check_kinds(X: pd.DataFrame, categories: Mapping[str, list[Any]]) -> None:
    odd = {str(n): kind for n in X.columns for kind in _odd_kind(X[n], n in categories)}
    if odd:
        raise FrameError.from_no_numbers(odd)


def _odd_kind(column: pd.Series, category: bool) -> Iterator[str]:
    """What a column is, where a model cannot use it; nothing where it can."""
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        if kind.kind == "c":
            yield "complex numbers"
        return
    if isinstance(kind, pd.CategoricalDtype):
        if not category and not pd.api.types.is_numeric_dtype(kind.categories.dtype):
            yield "a category, and a number in fit"
        return
    found = pd.api.types.infer_dtype(column, skipna=True)
    if found in _DATES or kind.kind in "mM" or isinstance(kind, pd.PeriodDtype):
        yield "dates"
    elif found not in _NUMBERS and not category:
        yield "text" if found == "string" else f"{found} values"
