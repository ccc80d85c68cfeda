"""How good calibrated probabilities should be, before any outcome is known: an estimate.

Confidence-based performance estimation: a person with the calibrated probability p counts as p of
a churner and as 1 - p of a stayer, and each metric is computed from these expected counts. It is
right where the probabilities are: a change of what makes people leave goes unseen by it.

J. Białek, W. Kuberski, N. Perrakis and A. Bifet (2024), We don't need no labels: estimating
post-deployment model performance under covariate shift without ground truth, arXiv 2401.08348;
the documentation of NannyML, "Performance estimation".
"""

from __future__ import annotations

import math

import numpy as np

from churnlab.evaluation.intervals import Interval, interval

DRAWS = 100
_FEWEST = 2


def expected_auc(p: np.ndarray, draws: int = DRAWS, seed: int = 0) -> Interval:
    """The AUC that is to be expected if the probabilities are right, float from 0 to 1.

    `p` float64[n] are calibrated probabilities. The value is the expected number of pairs of a
    churner above a stayer, ties half, divided by the expected number of pairs of the two; the
    interval holds 95% of the AUCs of outcomes that are drawn `draws` times by the probabilities.
    NaN for fewer than two people and where everybody is sure to stay, or to leave.

    >>> print(expected_auc(np.repeat([0.1, 0.9], 500)))
    0.900 [0.883, 0.920]
    """
    p = np.asarray(p, np.float64)
    values, place = np.unique(p, return_inverse=True)
    if len(p) < _FEWEST:
        return Interval(math.nan, math.nan, math.nan)
    size = np.bincount(place, minlength=len(values)).astype(np.float64)
    within = float((p * (1 - p)).sum())  # nobody makes a pair with themselves
    above, pairs = _pairs(np.bincount(place, p, len(values)), size)
    known = pairs - within
    value = (above - within / 2) / known if known > 0 else math.nan
    rng = np.random.default_rng(seed)
    drawn = np.full(draws, np.nan)
    for i in range(draws):
        left = np.bincount(place[rng.random(len(p)) < p], minlength=len(values))
        above, pairs = _pairs(left.astype(np.float64), size)
        if pairs:
            drawn[i] = above / pairs
    return interval(value, drawn)


def _pairs(left: np.ndarray, size: np.ndarray) -> tuple[float, float]:
    """Pairs of a churner above a stayer, ties half, and all pairs; by rising probability."""
    stayed = size - left
    below = stayed.cumsum() - stayed / 2
    return float((left * below).sum()), float(left.sum() * stayed.sum())


def expected_share(p: np.ndarray) -> float:
    """The share of people that is to be expected to churn; NaN without people.

    Among the people of a tier this is the expected precision of the tier.

    >>> expected_share(np.array([0.2, 0.4]))
    0.30000000000000004
    """
    return float(np.mean(p)) if len(p) else math.nan
