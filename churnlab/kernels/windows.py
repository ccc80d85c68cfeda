"""Daily rows and snapshots to cells: any window of a person costs two look-ups in prefix sums.

A snapshot is (user code, t). Everything here sees the rows of days before t and nothing else: `positions` is where
that is decided.
"""

from __future__ import annotations

import numpy as np

from churnlab.kernels._jit import jit


def starts(codes: np.ndarray, people: int) -> np.ndarray:
    """Where each person's rows begin, int64[people + 1]; rows are sorted by code."""
    return np.searchsorted(codes, np.arange(people + 1)).astype(np.int64)


@jit
def positions(first: np.ndarray, days: np.ndarray, users: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """The first row of each snapshot's person whose day is not before `bounds`: int64[n, k] from bounds int64[n, k]."""
    out = np.empty(bounds.shape, np.int64)
    for i in range(bounds.shape[0]):
        begin, end = first[users[i]], first[users[i] + 1]
        for k in range(bounds.shape[1]):
            low, high = begin, end
            while low < high:
                middle = (low + high) // 2
                if days[middle] < bounds[i, k]:
                    low = middle + 1
                else:
                    high = middle
            out[i, k] = low
    return out


def prefix(values: np.ndarray) -> np.ndarray:
    """Sums of all rows before each row, int64[m + 1]; wrapping round is harmless, differences stay exact."""
    out = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=out[1:])
    return out


def window_sums(sums: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The sum of the rows in `[low, high)`, float64[n], exact below 2**53."""
    return (sums[high] - sums[low]).astype(np.float64)


@jit
def last_rows(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each row the person's latest row up to and with it whose value is above zero, else -1: int64[m]."""
    out = np.empty(codes.shape[0], np.int64)
    last = -1
    for i in range(codes.shape[0]):
        if i == 0 or codes[i] != codes[i - 1]:
            last = -1
        if values[i] > 0:
            last = i
        out[i] = last
    return out


@jit
def running_max(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each row the largest value among the person's rows up to and with it: int64[m]."""
    out = values.copy()
    for i in range(1, codes.shape[0]):
        if codes[i] == codes[i - 1] and out[i - 1] > out[i]:
            out[i] = out[i - 1]
    return out


@jit
def nth_last(last: np.ndarray, begin: np.ndarray, position: np.ndarray, n: int) -> np.ndarray:
    """The row of the n-th last marked row before `position` (0: the last), or -1: int64[k]; `last` from last_rows."""
    out = np.empty(position.shape[0], np.int64)
    for i in range(position.shape[0]):
        row = last[position[i] - 1] if position[i] > begin[i] else -1
        for _ in range(n):
            row = last[row - 1] if row > begin[i] else -1
        out[i] = row
    return out


@jit
def first_rows(first: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Each person's first row whose value is above zero, or -1: int64[people]."""
    out = np.full(first.shape[0] - 1, -1, np.int64)
    for user in range(out.shape[0]):
        for i in range(first[user], first[user + 1]):
            if values[i] > 0:
                out[user] = i
                break
    return out
