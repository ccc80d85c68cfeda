"""Inner folds: whole persons, so that nobody is on both sides; the choice follows the seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.errors import FrameError

Folds = list[tuple[np.ndarray, np.ndarray]]
_FEWEST = 20


def level(X: Any, name: str, given: Any) -> Any:
    """What was given for each row, or the level of that name of X's index, or None."""
    named = given is None and isinstance(X, pd.DataFrame) and name in (X.index.names or ())
    return X.index.get_level_values(name) if named else given


def persons(X: Any, groups: Any, rows: int) -> np.ndarray:
    """A person for each row, int64[n]: from `groups`, or the index level user_id of X, or each row its own."""
    groups = level(X, "user_id", groups)
    return np.arange(rows) if groups is None else _codes("groups", groups, rows)


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
    time = level(X, "snapshot", time)
    return np.zeros(rows, np.int64) if time is None else _codes("time", time, rows)


def _codes(what: str, values: Any, rows: int) -> np.ndarray:
    if len(values) != rows:
        raise FrameError.from_wrong_length(what, len(values), rows)
    return pd.factorize(np.asarray(values), sort=True)[0].astype(np.int64)
