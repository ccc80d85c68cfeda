"""Contact: how many leavers are reached by contacting a share of people, riskiest first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from churnlab.evaluation.metrics import by_score


def reached(y: np.ndarray, p: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The share of all leavers among the `shares` of people at highest risk, float64[k].

    `y` float64[n] is 1 for a person who left, `p` float64[n] any score that rises with risk;
    `shares` are between 0 and 1. People of equal score are taken in part, as `metrics.recall_at`
    does. NaN without leavers.

    >>> y, p = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.3, 0.2, 0.1])
    >>> reached(y, p, [0.25, 0.5, 1]).tolist()
    [0.5, 0.5, 1.0]
    """
    y = np.asarray(y, np.float64)
    hits, size = by_score(np.asarray(p, np.float64), y, np.ones(len(y)))
    people, found = np.r_[0, size.cumsum()], np.r_[0, hits.cumsum()]
    if not found[-1]:
        return np.full(len(shares), np.nan)
    return np.interp(np.asarray(shares) * len(y), people, found) / found[-1]


def among_top(p: np.ndarray, value: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The median of `value` among the `shares` of people with the highest `p`, float64[k].

    At least one person is taken; of equal people the earlier.

    >>> among_top(np.array([0.9, 0.3, 0.2]), np.array([5.0, 7.0, 100.0]), [0.3, 0.67])
    array([5., 6.])
    """
    ranked = np.asarray(value, np.float64)[np.argsort(-np.asarray(p), kind="stable")]
    count = [max(1, round(share * len(ranked))) for share in shares]
    return np.array([np.median(ranked[:n]) for n in count])
