"""Doubly robust scores: what each treatment did to each person, as far as one person can tell.

J. Robins, A. Rotnitzky and L. P. Zhao (1994), Estimation of regression coefficients when some
regressors are not always observed, JASA 89. Their mean is the effect whatever the outcome models
say, where the chances of the arms are those of the experiment; good models make them vary less.
"""

from __future__ import annotations

import numpy as np

from churnlab.evaluation.intervals import Interval

_NORMAL_95 = 1.959964


def outcome_scores(y: np.ndarray, w: np.ndarray, p: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Score of the outcome under each arm, float64[n, k + 1].

    It is expected(k) + 1{w = k} / p(k) * (y - expected(k)). y: outcomes float64[n]. w: the arm that
    each person was given, int64[n], 0 for nothing. p: chance of each arm, float64[n, k + 1].
    expected: the outcome that a model without the person expects under each arm, float64[n, k + 1].

    >>> p, expected = np.full((1, 2), 0.5), np.array([[0.4, 0.6]])
    >>> outcome_scores(np.array([1.0]), np.array([1]), p, expected).round(3).tolist()
    [[0.4, 1.4]]
    """
    rows = np.arange(len(y))
    found = np.array(expected, np.float64)
    found[rows, w] += (y - found[rows, w]) / p[rows, w]
    return found


def effect_scores(y: np.ndarray, w: np.ndarray, p: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Score of the effect of each treatment against nothing, float64[n, k].

    Arguments are those of `outcome_scores`. For churn, whose y is 1 for a person kept, the effect
    is P(churn untreated) - P(churn treated).

    >>> p, expected = np.full((1, 2), 0.5), np.array([[0.4, 0.6]])
    >>> effect_scores(np.array([1.0]), np.array([1]), p, expected).round(3).tolist()
    [[1.0]]
    """
    found = outcome_scores(y, w, p, expected)
    return found[:, 1:] - found[:, [0]]


def mean_interval(
    scores: np.ndarray, cluster: np.ndarray | None = None, z: float = _NORMAL_95
) -> Interval:
    """The mean of scores float64[n] with its interval of `z` standard errors.

    People of one `cluster` count together in the standard error. NaN ends with fewer than two.

    >>> print(mean_interval(np.array([1.0, 2.0, 3.0])))
    2.000 [0.868, 3.132]
    """
    if not len(scores):
        return Interval(float("nan"), float("nan"), float("nan"))
    value = float(scores.mean())
    reach = z * standard_error(scores, cluster)
    return Interval(value, value - reach, value + reach)


def standard_error(scores: np.ndarray, cluster: np.ndarray | None = None) -> float:
    """Standard error of the mean of scores float64[n]; clusters as in `mean_interval`.

    >>> round(standard_error(np.array([1.0, 2.0, 3.0])), 4)
    0.5774
    """
    left = scores - scores.mean()
    if cluster is not None:
        codes = np.unique(cluster, return_inverse=True)[1]
        left = np.bincount(codes, weights=left)
    groups = len(left)
    if groups < 2:
        return float("nan")
    return float(np.sqrt((left**2).sum() * groups / (groups - 1)) / len(scores))
