"""Values among those that are known, found however they are spelled: 1, 1.0 and "1" are one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

_TRUTH = {"true": True, "false": False}


def places(values: Any, known: Sequence[Any]) -> np.ndarray:
    """The place of each value among the `known`, int64[n]; -1 for a missing value or another.

    A value that is equal to a known one is that one. Else a number is found in text as it is
    usually written and the other way round, whole or as a decimal, and so are true and false.
    A text with leading zeros is no number.

    >>> places([2, 2.0, "2.0", None, "02", 7], ["1", "2", "unknown"]).tolist()
    [1, 1, 1, -1, -1, -1]
    >>> places(["true", True, "TRUE"], ["False", "True"]).tolist()
    [1, 1, 1]
    """
    column = pd.Series(values)
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_categories = places(column.cat.categories.astype(object), known)
        return np.append(of_categories, -1)[column.cat.codes]
    given, index = pd.Index(column.astype(object), dtype=object), pd.Index(known, dtype=object)
    try:
        found = np.asarray(index.get_indexer(given), np.int64)
    except TypeError:  # lists and others that no category can be
        given = pd.Index([v if isinstance(v, Hashable) else None for v in given], dtype=object)
        found = np.asarray(index.get_indexer(given), np.int64)
    other = np.flatnonzero((found < 0) & ~given.isna())
    if len(other):
        spelled: dict[Hashable, int] = {}
        for place, value in enumerate(known):
            spelled.setdefault(_meant(value), place)
        codes, kinds = pd.factorize(given[other], use_na_sentinel=False)
        found[other] = np.array([spelled.get(_meant(v), -1) for v in kinds], np.int64)[codes]
    return found


def _meant(value: Any) -> Hashable:
    """What a value means, whatever its type: a number, true or false, or the value itself."""
    if isinstance(value, bool | np.bool_):
        return "truth", bool(value)
    if isinstance(value, int | float | Decimal | np.number):
        return "number", float(value)
    if isinstance(value, str):
        lower = value.lower()
        if lower in _TRUTH:
            return "truth", _TRUTH[lower]
        number = _number(value)
        return ("text", value) if number is None else ("number", number)
    return "value", repr(value)


def _number(text: str) -> float | None:
    """The number that a text is the usual spelling of; None for any other text."""
    try:
        number = float(text)
    except ValueError:
        return None
    usual = {str(number), str(int(number)) if number.is_integer() else ""}
    return number if text in usual else None
