"""Shares of people: intervals, differences, and the correction for several comparisons."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

Z = float(ndtri(0.975))


def wilson(count: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the 95% intervals of shares, float64 in the shape given; NaN without rows.

    E. Wilson (1927), Probable inference, the law of succession, and statistical inference.

    >>> [round(float(end), 3) for end in wilson(np.array(19), np.array(100))]
    [0.125, 0.278]
    """
    n = np.asarray(rows, np.float64)
    n = np.where(n > 0, n, np.nan)
    share, wide = np.asarray(count) / n, Z * Z / n
    reach = Z * np.sqrt((share * (1 - share) + wide / 4) / n)
    middle = share + wide / 2
    low, high = (middle - reach) / (1 + wide), (middle + reach) / (1 + wide)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def difference(
    count: np.ndarray, rows: np.ndarray, other: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ends of the 95% interval of a difference of shares of different people, and p.

    The interval is Newcombe's, of two Wilson intervals (1998, method 10); p, two-sided, is that of
    the pooled z test of no difference. NaN where a side has no rows.

    >>> low, high, p = difference(np.array(56), np.array(70), np.array(48), np.array(80))
    >>> round(float(low), 4), round(float(high), 4), round(float(p), 4)
    (0.0524, 0.3339, 0.008)
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = np.asarray(count) / rows, np.asarray(other) / others
        (low1, high1), (low2, high2) = wilson(count, rows), wilson(other, others)
        gap = one - two
        low = gap - np.sqrt((one - low1) ** 2 + (high2 - two) ** 2)
        high = gap + np.sqrt((high1 - one) ** 2 + (two - low2) ** 2)
        both = (np.asarray(count) + other) / (np.asarray(rows) + others)
        error = np.sqrt(both * (1 - both) * (1 / np.asarray(rows) + 1 / np.asarray(others)))
        return low, high, two_sided(gap, error)


def within_strata(
    count: np.ndarray, rows: np.ndarray, other: np.ndarray, others: np.ndarray
) -> tuple[float, float, float, float]:
    """The difference of two groups' shares, each compared within its strata: value, ends, p.

    Arrays have a value a stratum, such as a cohort; strata where a side has nobody do not count.
    Mantel and Haenszel's weighted difference with the variance of T. Sato (Biometrics 1989, 45,
    1323), which holds for many small strata and for few large ones. NaN without a stratum.

    >>> found = within_strata(*np.array([[56, 9], [70, 10], [48, 5], [80, 10]], float))
    >>> [round(x, 3) for x in found]
    [0.224, 0.09, 0.357, 0.001]
    """
    there = (rows > 0) & (others > 0)
    x1, n1, x2, n2 = (np.asarray(a, float)[there] for a in (count, rows, other, others))
    if not len(n1):
        return np.nan, np.nan, np.nan, np.nan
    n = n1 + n2
    weight = (n1 * n2 / n).sum()
    gap = float(((x1 * n2 - x2 * n1) / n).sum() / weight)
    p = ((n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / n**2).sum()
    q = ((x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * n)).sum()
    error = float(np.sqrt(max(gap * p + q, 0.0)) / weight)
    reach = Z * error
    return gap, gap - reach, gap + reach, float(two_sided(np.array(gap), np.array(error)))


def two_sided(gap: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Two-sided p of a difference with its standard error; 1 where both are zero.

    >>> two_sided(np.array([0.0, 1.96]), np.array([0.0, 1.0])).round(3).tolist()
    [1.0, 0.05]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.abs(gap) / error
    return np.where((gap == 0) & (error == 0), 1.0, 2 * ndtr(-z))


def effective(totals: np.ndarray) -> np.ndarray:
    """The number of independent people that repeated counts of the same people are worth.

    `totals` float64[..., 5] are the sums over people of n, x, nn, nx and xx: how often each was
    counted, and came. The share is x over n; its variance is that of a ratio over people, and the
    number is the one whose binomial variance is the same (Korn and Graubard 1998), at most n.

    >>> float(effective(np.array([40, 20, 80, 40, 40.0])))  # 20 people twice, always alike
    20.0
    """
    n, x, nn, nx, xx = np.moveaxis(np.asarray(totals, np.float64), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / n
        spread = xx - 2 * share * nx + share * share * nn
        found = n * n * share * (1 - share) / spread
    return np.where(np.isfinite(found), np.minimum(found, n), n)
