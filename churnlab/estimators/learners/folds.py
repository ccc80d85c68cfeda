"""Inner folds by person: nobody is on both sides of a fold. The seed alone decides the folds."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from churnlab.errors import FrameError

Folds: TypeAlias = list[tuple[np.ndarray, np.ndarray]]
_MIN_PEOPLE = 20
_MIN_ROWS_OF_A_SIDE = 10


def level(X: Any, name: str, given: Any) -> Any:
    """`given` if it is not None; else the index level `name` of X; None if X has no such level."""
    named = given is None and isinstance(X, pd.DataFrame) and name in (X.index.names or ())
    return X.index.get_level_values(name) if named else given


def people(X: Any, groups: Any, rows: int) -> np.ndarray:
    """Person of each row as a code from 0, int64[n].

    People come from `groups`, else from the index level user_id of X; with neither, every row is
    a person of its own. FrameError when `groups` does not have one value a row.

    >>> people(None, ["b", "a", "b"], 3)
    array([1, 0, 1])
    """
    groups = level(X, "user_id", groups)
    return np.arange(rows) if groups is None else _codes("groups", groups, rows)


def snapshot_days(X: Any, time: Any, rows: int) -> np.ndarray:
    """Snapshot of each row as a code from 0 in the order of time, int64[n].

    Snapshots come from `time`, else from the index level snapshot of X; with neither, all rows
    have code 0. FrameError when `time` does not have one value a row.

    >>> snapshot_days(None, [20260301, 20260201, 20260301], 3)
    array([1, 0, 1])
    """
    time = level(X, "snapshot", time)
    return np.zeros(rows, np.int64) if time is None else _codes("time", time, rows)


def by_person(person: np.ndarray, seed: int, count: int = 5) -> Folds:
    """`count` pairs of row positions: rows to learn from, and held-out rows of other people.

    `person` int64[n] holds codes from 0. With fewer than 20 people there are no folds.

    >>> learn, held_out = by_person(np.arange(20), seed=0)[0]
    >>> len(learn), len(held_out)
    (16, 4)
    """
    count_people = int(person.max()) + 1 if len(person) else 0
    if count_people < _MIN_PEOPLE:
        return []
    fold = (np.random.default_rng(seed).permutation(count_people) % count)[person]
    return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]


def of_size(person: np.ndarray, seed: int, many: int) -> Folds:
    """Five folds by person; for more than `many` rows a single fold that holds out a tenth."""
    return by_person(person, seed) if len(person) <= many else by_person(person, seed, 10)[:1]


def within(inner: Folds, kept: np.ndarray) -> Folds:
    """The folds over the kept rows alone; none where a side would have fewer than ten rows.

    kept: bool[n].

    >>> inner = by_person(np.arange(100), seed=0)
    >>> [len(held_out) for _, held_out in within(inner, np.arange(100) < 90)]
    [19, 18, 20, 18, 15]
    """
    place = np.cumsum(kept) - 1
    pairs = [
        (place[learn[kept[learn]]], place[held_out[kept[held_out]]]) for learn, held_out in inner
    ]
    smallest = min((min(len(learn), len(out)) for learn, out in pairs), default=_MIN_ROWS_OF_A_SIDE)
    return pairs if smallest >= _MIN_ROWS_OF_A_SIDE else []


def _codes(what: str, values: Any, rows: int) -> np.ndarray:
    if len(values) != rows:
        raise FrameError.from_wrong_length(what, len(values), rows)
    codes = pd.factorize(np.asarray(values), sort=True)[0].astype(np.int64)
    missing = int((codes < 0).sum())
    if missing:
        raise FrameError.from_refused(what, f"it is missing in {missing:,} rows; give one a row")
    return codes
