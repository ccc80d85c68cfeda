"""Transaction histories: checked, grouped, in one unit of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from churnlab.btyd.fitting import FEWEST, ROUGH, dot, spread
from churnlab.errors import ConfigError, FrameError, HistoryError

_ROWS = 4096


@dataclass(frozen=True, eq=False)
class History:
    """Distinct histories and how often each occurs, float64[n] each.

    | field | meaning |
    |---|---|
    | `repeats` | transactions after the first |
    | `last` | time of the last transaction since the first, in units of `unit` |
    | `age` | time from the first transaction to now, in units of `unit` |
    | `weights` | share of people with this history; they sum to 1 |
    | `unit` | the mean age, in the unit of the data |
    | `people` | the sum of the weights as given |

    >>> h = History.of([0, 2, 0], [0, 5, 0], [8, 8, 8])
    >>> h.repeats, h.weights.round(2), h.unit
    (array([0., 2.]), array([0.67, 0.33]), 8.0)
    """

    repeats: np.ndarray
    last: np.ndarray
    age: np.ndarray
    weights: np.ndarray
    unit: float
    people: float

    @classmethod
    def of(cls, repeats: object, last: object, age: object, weights: object = None) -> History:
        """Equal histories grouped; rows with a missing value or without weight are left out.

        FrameError for impossible histories, HistoryError when nobody came back or fewer than two
        people are left.
        """
        x, t, T = checked(repeats, last, age)
        w = as_weights(weights, len(x))
        kept = np.isfinite(x + t + T) & (w > 0)
        groups, total = _grouped(np.array([x[kept], t[kept], T[kept]]), w[kept])
        if kept.sum() < FEWEST or not groups[0].any() or not groups[2].any():
            raise HistoryError.from_no_repeats(int(kept.sum()))
        people = float(total.sum())
        unit = dot(groups[2], total) / people
        return cls(groups[0], groups[1] / unit, groups[2] / unit, total / people, unit, people)

    @property
    def rate(self) -> float:
        """Repeat transactions per unit of time, over all people together."""
        return dot(self.weights, self.repeats) / dot(self.weights, self.age)

    def thin(self) -> History:
        """At most 2,000 of the histories, evenly spread: enough to find where to start."""
        at = spread(len(self.age), ROUGH)
        weights = self.weights[at]
        return replace(
            self,
            repeats=self.repeats[at],
            last=self.last[at],
            age=self.age[at],
            weights=weights / weights.sum(),
        )


def as_weights(weights: object, rows: int) -> np.ndarray:
    """Weights float64[rows], 1 where none are given; FrameError for another length.

    >>> as_weights(None, 2)
    array([1., 1.])
    """
    found = np.ones(rows) if weights is None else np.asarray(weights, np.float64)
    if len(found) != rows:
        raise FrameError.from_wrong_length("weights", len(found), rows)
    return found


def checked(
    repeats: object, last: object, age: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three numbers of each history, float64[n]; `last` is 0 where nothing was repeated.

    A number is repeated for all rows. FrameError for impossible histories.

    >>> checked([0, 1], [0, 3], 5)[2]
    array([5., 5.])
    """
    columns = [np.atleast_1d(np.asarray(v, np.float64)) for v in (repeats, last, age)]
    length = next((len(c) for c in columns if len(c) != 1), 1)
    for name, column in zip(("repeats", "last", "age"), columns, strict=True):
        if len(column) not in (1, length):
            raise FrameError.from_wrong_length(name, len(column), length)
    x, t, T = (np.broadcast_to(c, length) for c in columns)
    t = np.where(x == 0, 0.0, t)
    wrong = (x < 0) | (t < 0) | (T < 0) | (t > T * (1 + 1e-12)) | np.isinf(x + t + T)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        first = (float(x[at]), float(t[at]), float(T[at]))
        raise FrameError.from_bad_history(int(wrong.sum()), first)
    return x, np.minimum(t, T), T


def checked_horizon(horizon: float) -> float:
    """The horizon, in the unit of the histories; ConfigError unless it is finite and at least 0.

    >>> checked_horizon(30)
    30.0
    """
    if not 0 <= horizon < np.inf:
        raise ConfigError.from_range("horizon", horizon, "a finite time, at least 0")
    return float(horizon)


def by_row(
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], Sequence[np.ndarray]],
    repeats: object,
    last: object,
    age: object,
    values: int,
) -> np.ndarray:
    """The `values` numbers of each history, float64[values, n]; NaN where the history has a NaN."""
    x, t, T = checked(repeats, last, age)
    known = np.isfinite(x + t + T)
    out = np.full((values, len(x)), np.nan)
    if known.any():
        for row, found in zip(out, value(x[known], t[known], T[known]), strict=True):
            row[known] = found
    return out


def by_pair(
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    one: np.ndarray,
    other: np.ndarray,
    rows: int = _ROWS,
) -> np.ndarray:
    """`value`, float64[…, n], computed once for each distinct pair, `rows` pairs at a time."""
    order = np.lexsort((other, one))
    a = one[order]
    b = other[order]
    new = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)]
    a = a[new]
    b = b[new]
    several = [value(a[k : k + rows], b[k : k + rows]) for k in range(0, len(a), rows)]
    found = np.concatenate(several, axis=-1)
    out = np.empty((*found.shape[:-1], len(one)))
    out[..., order] = found[..., np.cumsum(new) - 1]
    return out


def _grouped(columns: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct columns of a matrix, float64[k, m], and the weights of each summed, float64[m]."""
    order = np.lexsort(columns[::-1])
    ordered = columns[:, order]
    if not len(order):
        return ordered, np.empty(0)
    new = np.flatnonzero(np.r_[True, (np.diff(ordered, axis=1) != 0).any(axis=0)])
    return ordered[:, new], np.add.reduceat(weights[order], new)
