"""Inner folds: whole persons, so that nobody is on both sides; the choice follows the seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError

Folds = list[tuple[np.ndarray, np.ndarray]]
_FEWEST = 20


def persons(X: Any, groups: Any, rows: int) -> np.ndarray:
    """A person for each row, int64[n]: from `groups`, or the index level user_id of X, or each row its own."""
    if groups is None and isinstance(X, pd.DataFrame) and "user_id" in (X.index.names or ()):
        groups = X.index.get_level_values("user_id")
    if groups is None:
        return np.arange(rows)
    if len(groups) != rows:
        raise FrameError.from_wrong_length("groups", len(groups), rows)
    return pd.factorize(np.asarray(groups), sort=True)[0].astype(np.int64)


def by_person(person: np.ndarray, seed: int, count: int = 5) -> Folds:
    """Rows to learn from and rows to look at, `count` pairs; none when there are fewer than 20 persons."""
    people = int(person.max()) + 1 if len(person) else 0
    if people < _FEWEST:
        return []
    fold = (np.random.default_rng(seed).permutation(people) % count)[person]
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]


def of_size(person: np.ndarray, seed: int, many: int) -> Folds:
    """`by_person`, or for more than `many` rows a tenth of persons held out, once."""
    return by_person(person, seed) if len(person) <= many else by_person(person, seed, 10)[:1]


def days(X: Any, time: Any, rows: int) -> np.ndarray:
    """A snapshot for each row, int64[n], in the order of time: from `time`, or the index level snapshot of X, or all alike."""
    if time is None and isinstance(X, pd.DataFrame) and "snapshot" in (X.index.names or ()):
        time = X.index.get_level_values("snapshot")
    if time is None:
        return np.zeros(rows, np.int64)
    if len(time) != rows:
        raise FrameError.from_wrong_length("time", len(time), rows)
    return pd.factorize(np.asarray(time), sort=True)[0].astype(np.int64)
