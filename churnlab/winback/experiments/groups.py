"""Groups of people by one column: its values, or four bands of a number."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

BANDS = 4
_MOST_VALUES = 6
_MOST_GROUPS = 12
UNKNOWN = "unknown"
OTHER = "other"
_DIGITS = 12
_LARGE = 1000


def grouped(column: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """The groups of a column in their order, and the group of each person, int64[n].

    A number of more than six values is cut into four bands of about equal size, which are named by
    their lowest and highest value. Of more than twelve groups the smallest are put together.

    >>> names, group = grouped(pd.Series([1.0, 2, 3, 4, 5, 6, 7, 8]))
    >>> names, group.tolist()
    (('1-2', '3-4', '5-6', '7-8'), [0, 0, 1, 1, 2, 2, 3, 3])
    """
    values = column.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > _MOST_VALUES:
        return _bands(values.astype(np.float64))
    kept = values.astype(object).where(values.notna(), None)
    texts = kept.map(_text, na_action="ignore").fillna(UNKNOWN)
    order = kept.dropna().drop_duplicates().sort_values(key=_sortable)
    return _few(texts, [str(n) for n in dict.fromkeys(order.map(_text))])


def _bands(values: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """Four bands of about equal size, fewer where values repeat."""
    edges = np.unique(values.quantile(np.arange(1, BANDS) / BANDS, interpolation="lower"))
    place = np.searchsorted(edges, values.fillna(0).to_numpy(), side="left")
    place[values.isna()] = -1
    inside = values.groupby(place)
    names = {i: _band(float(v.min()), float(v.max())) for i, v in inside if i >= 0}
    texts = pd.Series(place).map(lambda i: names.get(i, UNKNOWN))
    return _few(texts, [names[i] for i in sorted(names)])


def _band(low: float, high: float) -> str:
    """The name of a band; its ends have four digits where that tells them apart."""
    ends = [_short(low), _short(high)]
    if ends[0] == ends[1]:
        ends = [_text(low), _text(high)]
    return ("-" if low >= 0 else " – ").join(ends)


def _short(value: float) -> str:
    return _text(value) if abs(value) >= _LARGE or value.is_integer() else f"{value:.4g}"


def _few(texts: pd.Series, names: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Texts as places in names, with the smallest groups put together where there are many."""
    if (texts == UNKNOWN).any() and UNKNOWN not in names:
        names = [*names, UNKNOWN]
    if len(names) > _MOST_GROUPS:
        largest = set(texts.value_counts().index[: _MOST_GROUPS - 1])
        texts = texts.where(texts.isin(largest), OTHER)
        names = [*(n for n in names if n in largest and n != OTHER), OTHER]
    return tuple(names), pd.Index(names).get_indexer(pd.Index(texts)).astype(np.int64)


def _text(value: object) -> str:
    """A value as the name of a group: a number without zeros at its end."""
    if isinstance(value, float | int | np.number) and not isinstance(value, bool):
        number = float(value) + 0.0  # -0 is 0
        return f"{number:.0f}" if _LARGE <= abs(number) < math.inf else f"{number:.6g}"
    return str(value)


def _sortable(values: pd.Series) -> pd.Series:
    """Numbers in their order; texts by their letters, and by the size of numbers in them."""
    numeric = pd.to_numeric(values, errors="coerce")
    return numeric if numeric.notna().all() else values.map(by_numbers)


def by_numbers(value: object) -> str:
    """A text as it is sorted: numbers in it by their size.

    >>> sorted(["28+ days", "7-27 days"], key=by_numbers)
    ['7-27 days', '28+ days']
    """
    return re.sub(r"\d+", lambda found: found[0].zfill(_DIGITS), str(value))
