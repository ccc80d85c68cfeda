"""Compares the features of DuckDB, Polars and churnlab on one log: the whole default set.

No speed counts before they are equal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from contenders import churnlab_features, duckdb_sql, polars_frames


def ours(path: str) -> pd.DataFrame:
    """churnlab's matrix by person."""
    X = churnlab_features.features(path).X
    return X.droplevel("snapshot").sort_index()


def theirs(table: pd.DataFrame) -> pd.DataFrame:
    """Another contender's table by person; null becomes NaN."""
    return table.set_index("user_id").astype("float64").sort_index()


OTHERS: dict[str, Callable[[str], pd.DataFrame]] = {
    "DuckDB": lambda path: theirs(duckdb_sql.features(path, 2, tuned=False).to_pandas()),
    "DuckDB, tuned": lambda path: theirs(duckdb_sql.features(path, 2).to_pandas()),
    "Polars": lambda path: theirs(polars_frames.features(path, tuned=False).to_pandas()),
    "Polars, tuned": lambda path: theirs(polars_frames.features(path).to_pandas()),
}


def differences(path: str) -> list[str]:
    """Sentences about unequal features; empty where all are equal.

    Values are equal when both are missing, or when they differ by at most 1e-9 of the value.
    """
    mine = ours(path)
    return [
        f"{name}: {said}" for name, other in OTHERS.items() for said in _between(mine, other(path))
    ]


def _between(mine: pd.DataFrame, other: pd.DataFrame) -> list[str]:
    if list(mine) != list(other) or not np.array_equal(
        mine.index.astype(str), other.index.astype(str)
    ):
        return [f"other people or columns, {other.shape} for {mine.shape}"]
    equal = np.isclose(mine.to_numpy(), other.to_numpy(), rtol=1e-9, atol=1e-12, equal_nan=True)
    wrong = mine.columns[~equal.all(axis=0)]
    return [
        f"{column} differs for {int((~equal[:, mine.columns.get_loc(column)]).sum())} people"
        for column in wrong
    ]
