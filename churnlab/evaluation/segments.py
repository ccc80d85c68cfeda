"""Groups of people to judge apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

NEW_DAYS = 60
_TENURE = "lifecycle__tenure_days__all"


def segments(X: pd.DataFrame) -> pd.DataFrame:
    """Groups to judge apart: newcomers and others, and categories of at most twelve values."""
    tenure = X[_TENURE] if _TENURE in X else pd.Series(np.nan, index=X.index)
    age = np.where(
        tenure.isna(),
        "not known",
        np.where(tenure < NEW_DAYS, f"under {NEW_DAYS} days ago", "earlier"),
    )
    out = pd.DataFrame({"first seen": age}, index=X.index)
    for column in X.columns:
        if isinstance(X[column].dtype, pd.CategoricalDtype) and len(X[column].cat.categories) <= 12:
            out[column.removeprefix("profile__").removesuffix("__static").replace("_", " ")] = X[
                column
            ]
    return out


def each_group(groups: pd.DataFrame | None) -> Iterator[tuple[str, str, np.ndarray]]:
    """Column, value and which rows have it, bool[n]; a missing value is "not known"."""
    if groups is None:
        return
    for column in groups.columns:
        values = (
            groups[column]
            .astype(object)
            .where(groups[column].notna(), "not known")
            .astype(str)
            .to_numpy()
        )
        for value in sorted(set(values)):
            yield column, value, values == value
