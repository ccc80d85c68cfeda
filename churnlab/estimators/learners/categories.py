"""Category columns of a frame as numeric codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.schema.known_values import places


def categories_of(X: Any) -> dict[str, list[Any]]:
    """The categories of each category column of X, by column; empty for an array.

    FrameError for columns of the same name, for a category that is not text, a number or a truth
    value, and for a category column whose name is not text: neither can be written to a model file.

    >>> categories_of(pd.DataFrame({"plan": pd.Categorical(["free", "paid"]), "days": [1, 2]}))
    {'plan': ['free', 'paid']}
    """
    if not isinstance(X, pd.DataFrame):
        return {}
    check_names(X)
    found = {}
    for name in X.columns:
        kind = X[name].dtype
        if isinstance(kind, pd.CategoricalDtype):
            found[name] = [v.item() if isinstance(v, np.generic) else v for v in kind.categories]
    for name, values in found.items():
        odd = [v for v in values if not isinstance(v, str | int | float | bool)]
        if odd or not isinstance(name, str):
            raise FrameError.from_category(name, repr(odd[0]) if odd else "a name that is not text")
    return found


def check_names(X: pd.DataFrame) -> None:
    """FrameError for columns of the same name, and for names of which some are no text."""
    twice = list(dict.fromkeys(X.columns[X.columns.duplicated()]))
    if twice:
        raise FrameError.from_same_names("X", map(str, twice))
    odd = [n for n in X.columns if not isinstance(n, str)]
    if odd and len(odd) < X.shape[1]:
        raise FrameError.from_odd_names(odd)


def as_codes(X: pd.DataFrame, categories: Mapping[str, list[Any]]) -> pd.DataFrame:
    """X with each category column as codes, float64: the positions in `categories` of the fit.

    A category that was not seen in fit, and a missing one, become NaN. Values are found however
    they are spelled: 1, 1.0 and "1" are one category.

    >>> X = pd.DataFrame({"plan": pd.Categorical(["paid", "trial"])})
    >>> as_codes(X, {"plan": ["free", "paid"]})["plan"].tolist()
    [1.0, nan]
    """
    coded = {c: _codes(X[c], categories[c]) for c in X.columns if c in categories}
    return X.assign(**coded) if coded else X


def _codes(column: pd.Series, categories: list[Any]) -> pd.Series:
    codes = places(column, categories).astype(np.float64)
    return pd.Series(np.where(codes < 0, np.nan, codes), index=column.index)
