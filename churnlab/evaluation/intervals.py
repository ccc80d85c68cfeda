"""95% intervals of metrics, from resampling people with replacement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.evaluation.metric_table import Score
from churnlab.language.sentence import Words, in_language, sentence

UNKNOWN = "–"
_LARGE = 100


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95% interval; a dash when the value is missing.

    >>> str(Interval(0.7812, 0.7703, 0.7941))
    '0.781 [0.770, 0.794]'
    """

    value: float
    low: float
    high: float

    def words(self) -> Words:
        """The value and its interval for people, in any language.

        >>> str(Interval(1234.5, 1200, 1300).words())
        '1,234.5 [1,200.0, 1,300.0]'
        """
        if np.isnan(self.value):
            return UNKNOWN
        ends = {"value": self.value, "low": self.low, "high": self.high}
        if abs(self.value) < _LARGE:
            return sentence("{value:.3f} [{low:.3f}, {high:.3f}]", **ends)
        return sentence("{value:,.1f} [{low:,.1f}, {high:,.1f}]", **ends)

    def value_words(self) -> Words:
        """The value alone, as `words` writes it.

        >>> str(Interval(0.7812, 0.7703, 0.7941).value_words())
        '0.781'
        """
        if np.isnan(self.value):
            return UNKNOWN
        if abs(self.value) < _LARGE:
            return sentence("{value:.3f}", value=self.value)
        return sentence("{value:,.1f}", value=self.value)

    def __str__(self) -> str:
        return in_language(self.words())


def resampled(users: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Row weights float64[n] of `draws` resamples of people with replacement, one after another.

    `users` [n] holds the person of each row; all rows of a person have the same weight. A draw
    goes to people in the order of their ids, so the order of rows does not matter.

    >>> [w.tolist() for w in resampled(np.array(["a", "a", "b"]), draws=2, seed=1)]
    [[1.0, 1.0, 1.0], [0.0, 0.0, 2.0]]
    """
    codes, people = pd.factorize(np.asarray(users), sort=True)
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        drawn = rng.integers(0, len(people), len(people))
        yield np.bincount(drawn, minlength=len(people)).astype(np.float64)[codes]


def resamples(users: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The weights of `resampled` in one array, float64[draws, n].

    >>> resamples(np.array(["a", "a", "b"]), draws=2, seed=1).shape
    (2, 3)
    """
    return np.array(list(resampled(users, draws, seed))).reshape(draws, len(users))


def interval(value: float, drawn: np.ndarray) -> Interval:
    """The value between the 2.5th and 97.5th percentile of its resampled values.

    `drawn` float64[draws]; values that are not finite are left out. The ends are NaN without any.

    >>> print(interval(0.5, np.linspace(0, 1, 101)))
    0.500 [0.025, 0.975]
    """
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    return Interval(value, float(low), float(high))


def bootstrap(
    metric: Score, y: np.ndarray, p: np.ndarray, users: np.ndarray, draws: int = 200, seed: int = 0
) -> Interval:
    """A metric with its 95% interval from resampling people.

    `y` and `p` float64[n], `users` [n] the person of each row.

    >>> from churnlab.evaluation.metrics import brier
    >>> y, p = np.array([0, 1.0, 0, 1]), np.array([0.1, 0.8, 0.3, 0.9])
    >>> round(bootstrap(brier, y, p, np.arange(4)).value, 4)
    0.0375
    """
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    drawn = [metric(y, p, w) for w in resampled(users, draws, seed)]
    return interval(metric(y, p), np.array(drawn))


def paired(
    metric: Score,
    y: np.ndarray,
    p: np.ndarray,
    q: np.ndarray,
    users: np.ndarray,
    draws: int = 200,
    seed: int = 0,
) -> Interval:
    """The difference metric(p) - metric(q) with its 95% interval, on the same resamples of people.

    `y`, `p` and `q` float64[n], `users` [n] the person of each row.

    >>> from churnlab.evaluation.metrics import brier
    >>> y, p = np.array([0, 1.0, 0, 1]), np.array([0.1, 0.8, 0.3, 0.9])
    >>> round(paired(brier, y, p, np.full(4, 0.5), np.arange(4)).value, 4)
    -0.2125
    """
    drawn = [metric(y, p, w) - metric(y, q, w) for w in resampled(users, draws, seed)]
    return interval(metric(y, p) - metric(y, q), np.array(drawn))


def wilson(count: float, rows: int) -> Interval:
    """A share with its 95% interval from a count alone. E. Wilson (1927), Probable inference.

    NaN without rows.

    >>> print(wilson(19, 100))
    0.190 [0.125, 0.278]
    """
    if not rows:
        return Interval(np.nan, np.nan, np.nan)
    z = 1.959964
    share, wide = count / rows, z * z / rows
    middle = share + wide / 2
    reach = z * float(np.sqrt((share * (1 - share) + wide / 4) / rows))
    low, high = (middle - reach) / (1 + wide), (middle + reach) / (1 + wide)
    return Interval(share, max(low, 0.0), min(high, 1.0))
