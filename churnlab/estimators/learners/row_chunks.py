"""Scoring of many rows in chunks, on several threads, so that memory stays small."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_CHUNK_ROWS = 4096


def score_in_chunks(
    X: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray],
    threads: Callable[[], int],
    more: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Score of each row of X, float64[n]; the same for any number of threads.

    X: float64[n, p]. score: gives float64[m] for a chunk of m rows; it must not use a row's
    neighbours. threads: gives their number, and is asked where there is more than one chunk. more:
    gives further columns float64[m, q] for the rows of one thread; `score` sees them to the right
    of the chunk's own columns.

    >>> def total(rows):
    ...     return rows.sum(axis=1)
    >>> def hundredfold(rows):
    ...     return rows[:, :1] * 100
    >>> score_in_chunks(np.arange(6.0).reshape(3, 2), total, lambda: 2, hundredfold).tolist()
    [1.0, 205.0, 409.0]
    """

    def widened(rows: np.ndarray) -> list[np.ndarray]:
        """Some rows, with the columns that `more` makes of them beside."""
        return [rows] if more is None else [rows, more(rows)]

    def scored(columns: list[np.ndarray]) -> np.ndarray:
        """The scores of one chunk."""
        return score(np.hstack(columns))

    chunks = len(X) // _CHUNK_ROWS
    count = min(threads(), chunks) if chunks > 1 else 1
    with ThreadPoolExecutor(count) as pool:
        by_thread = list(pool.map(widened, np.array_split(X, count)))
        return np.concatenate(list(pool.map(scored, _chunks(by_thread))))


def _chunks(by_thread: list[list[np.ndarray]]) -> Iterator[list[np.ndarray]]:
    for columns in by_thread:
        for start in range(0, max(len(columns[0]), 1), _CHUNK_ROWS):
            yield [c[start : start + _CHUNK_ROWS] for c in columns]
