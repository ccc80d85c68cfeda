"""Rows in parts: each thread has one, and of that a piece at a time, so that nothing is made of all rows at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

_PIECE = 4096


def scored(
    X: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray],
    threads: int,
    more: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """`score` of the rows of X float64[n, p], float64[n], on so many threads (0: as many as cores). `more` makes of the rows of a thread columns
    that `score` sees beside their own.

    >>> scored(np.arange(6.0).reshape(3, 2), lambda part: part.sum(axis=1), 2, lambda part: part[:, :1] * 100).tolist()
    [1.0, 205.0, 409.0]
    """

    def made(part: np.ndarray) -> list[np.ndarray]:
        return [part] if more is None else [part, more(part)]

    def piece(columns: list[np.ndarray]) -> np.ndarray:
        return score(np.hstack(columns))

    count = max(1, min(threads or os.cpu_count() or 1, len(X) // _PIECE))
    with ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(made, np.array_split(X, count)))
        return np.concatenate(list(pool.map(piece, _pieces(parts))))


def _pieces(parts: list[list[np.ndarray]]) -> Iterator[list[np.ndarray]]:
    for columns in parts:
        for k in range(0, max(len(columns[0]), 1), _PIECE):
            yield [c[k : k + _PIECE] for c in columns]
