"""Differences of two groups with intervals, 95% by default, and p values.

All take arrays, one entry a comparison, and work on sums alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

_TAIL = 0.025  # what a 95% interval leaves out on each side


@dataclass(frozen=True, eq=False)
class Compared:
    """Differences, the ends of their intervals, and two-sided p values: float64[n] each.

    `error` float64[n] are the standard errors, `freedom` float64[n] their degrees of freedom.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    error: np.ndarray
    freedom: np.ndarray


@dataclass(frozen=True, eq=False)
class Sums:
    """People, sum and sum of squared deviations from the mean of groups, float64[n] each.

    >>> found = Sums.of(np.array([1.0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2)
    >>> found.people.tolist(), found.mean.tolist(), found.variance.tolist()
    ([2.0, 2.0], [0.5, 1.0], [0.5, 0.0])
    """

    people: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, group: np.ndarray, groups: int) -> Sums:
        """The sums of `values` float64[m] by `group` int64[m], a place below `groups`."""
        people = np.bincount(group, minlength=groups).astype(np.float64)
        total = np.bincount(group, values, groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = values - (total / people)[group]
        return cls(people, total, np.bincount(group, apart * apart, groups))

    @property
    def mean(self) -> np.ndarray:
        """The mean of each group; NaN without people."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / self.people

    @property
    def variance(self) -> np.ndarray:
        """The variance of each group with n - 1; NaN below two people."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.people > 1, self.squares / (self.people - 1), np.nan)

    def take(self, places: np.ndarray) -> Sums:
        """The sums of some groups."""
        return Sums(self.people[places], self.total[places], self.squares[places])


def differences(treated: Sums, control: Sums, shares: bool, tail: float = _TAIL) -> Compared:
    """The differences of means, treated less control: of `shares` by Newcombe, else by Welch.

    tail: what the intervals leave out on each side.

    >>> one = Sums.of(np.repeat([0.0, 1.0], [81, 19]), np.zeros(100, int), 1)
    >>> two = Sums.of(np.repeat([0.0, 1.0], [92, 8]), np.zeros(100, int), 1)
    >>> found = differences(one, two, shares=True)
    >>> [round(float(x[0]), 4) for x in (found.value, found.low, found.high, found.p)]
    [0.11, 0.0146, 0.206, 0.0228]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return (_newcombe if shares else _welch)(treated, control, tail)


def _newcombe(treated: Sums, control: Sums, tail: float) -> Compared:
    """R. Newcombe (1998), Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 873-890, method 10; the p value is that of the pooled score test."""
    p1, p0 = treated.mean, control.mean
    low1, high1 = _wilson(p1, treated.people, tail)
    low0, high0 = _wilson(p0, control.people, tail)
    value = p1 - p0
    pooled = (treated.total + control.total) / (treated.people + control.people)
    error = np.sqrt(pooled * (1 - pooled) * (1 / treated.people + 1 / control.people))
    return Compared(
        value,
        value - np.hypot(p1 - low1, high0 - p0),
        value + np.hypot(high1 - p1, p0 - low0),
        _two_sided(value, error, None),
        _error(treated, control),
        _freedom(treated, control),
    )


def _welch(treated: Sums, control: Sums, tail: float) -> Compared:
    """B. Welch (1947), The generalization of "Student's" problem when several different population
    variances are involved, Biometrika 34, 28-35, with Satterthwaite's degrees of freedom."""
    value, error = treated.mean - control.mean, _error(treated, control)
    freedom = _freedom(treated, control)
    reach = np.where(error > 0, -stdtrit(freedom, tail) * error, 0 * error)
    p = _two_sided(value, error, freedom)
    return Compared(value, value - reach, value + reach, p, error, freedom)


def _wilson(share: np.ndarray, people: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray]:
    """The ends of Wilson's interval of shares, as `evaluation.intervals.wilson`."""
    z = -float(ndtri(tail))
    wide = z**2 / people
    middle = share + wide / 2
    reach = z * np.sqrt((share * (1 - share) + wide / 4) / people)
    low, high = (middle - reach) / (1 + wide), (middle + reach) / (1 + wide)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def _error(treated: Sums, control: Sums) -> np.ndarray:
    return np.sqrt(treated.variance / treated.people + control.variance / control.people)


def _freedom(treated: Sums, control: Sums) -> np.ndarray:
    """Satterthwaite's degrees of freedom; infinite where neither group varies."""
    one, two = treated.variance / treated.people, control.variance / control.people
    spread = one**2 / (treated.people - 1) + two**2 / (control.people - 1)
    return np.where(spread > 0, (one + two) ** 2 / spread, np.where(spread == 0, np.inf, np.nan))


def _two_sided(value: np.ndarray, error: np.ndarray, freedom: np.ndarray | None) -> np.ndarray:
    """Two-sided p values; without any spread 1 for no difference and 0 for one."""
    tail = -np.abs(value / error)
    p = 2 * (ndtr(tail) if freedom is None else stdtr(freedom, tail))
    return np.where(error == 0, np.where(value == 0, 1.0, 0.0), p)
