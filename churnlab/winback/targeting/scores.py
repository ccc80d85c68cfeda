"""Doubly robust scores: what each treatment did to each person, as far as one person can tell.

J. Robins, A. Rotnitzky and L. P. Zhao (1994), Estimation of regression coefficients when some
regressors are not always observed, JASA 89. Their mean is the effect whatever the outcome models
say, where the chances of the arms are those of the experiment; good models make them vary less.
"""

from __future__ import annotations

import numpy as np

_LEAST_TO_FIT = 10  # people of a group and arm, for a line


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


def fitted(
    expected: np.ndarray, y: np.ndarray, w: np.ndarray, group: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Expected outcomes fitted to groups of people, float64[n, k + 1].

    In each group and arm the line y = a + b * expected of the people of other folds, with b from 0
    to 1. So the mean score of a group is, with many people, no less sure than a plain difference of
    means, however bad the models are (W. Lin, 2013, Agnostic notes on regression adjustments to
    experimental data, Annals of Applied Statistics 7). With fewer than 10 people of a group and arm
    in the other folds the models are left as they are. group, fold: int64[n].

    >>> y, w = np.tile([0.0, 1.0], 20), np.zeros(40, int)
    >>> fitted(np.full((40, 1), 0.9), y, w, w, np.arange(40) // 20)[0].tolist()
    [0.5]
    """
    arms, found = expected.shape[1], np.array(expected, np.float64)
    place, own = group * arms + w, expected[np.arange(len(y)), w]
    places = (int(group.max(initial=0)) + 1) * arms
    for one in np.unique(fold):
        slope, begin, known = _lines(own, y, place, places, fold != one)
        mine = np.flatnonzero(fold == one)
        at = group[mine, None] * arms + np.arange(arms)
        line = begin[at] + slope[at] * expected[mine]
        found[mine] = np.where(known[at], line, expected[mine])
    return found


def _lines(
    x: np.ndarray, y: np.ndarray, place: np.ndarray, places: int, learn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, begin and whether there are people enough, of the line of y over x at each place."""
    x, y, place = x[learn], y[learn], place[learn]
    count = np.bincount(place, minlength=places)
    many = np.maximum(count, 1)
    middle, mean = (np.bincount(place, v, places) / many for v in (x, y))
    apart = x - middle[place]
    spread = np.bincount(place, apart**2, places)
    both = np.bincount(place, apart * (y - mean[place]), places)
    slope = np.clip(np.divide(both, spread, out=np.zeros(places), where=spread > 1e-12), 0, 1)
    return slope, mean - slope * middle, count >= _LEAST_TO_FIT


def standard_error(scores: np.ndarray, cluster: np.ndarray | None = None) -> float:
    """Standard error of the mean of scores float64[n]; NaN for fewer than two.

    People of one `cluster` count together.

    >>> round(standard_error(np.array([1.0, 2.0, 3.0])), 4)
    0.5774
    """
    return float(np.sqrt(mean_covariance(scores[:, None], cluster)[0, 0]))


def mean_covariance(scores: np.ndarray, cluster: np.ndarray | None = None) -> np.ndarray:
    """Covariance of the means of scores float64[n, k], float64[k, k]; clusters as in
    `standard_error`. NaN for fewer than two.

    >>> mean_covariance(np.array([[1.0, 0.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [2.0, 4.0]]
    """
    left = scores - scores.mean(axis=0)
    if cluster is not None:
        codes = np.unique(cluster, return_inverse=True)[1]
        left = np.column_stack([np.bincount(codes, weights=column) for column in left.T])
    groups = len(left)
    if groups < 2:
        return np.full((scores.shape[1], scores.shape[1]), np.nan)
    return np.asarray(left.T @ left) * (groups / (groups - 1)) / len(scores) ** 2
