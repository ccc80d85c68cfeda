"""Metrics as plain functions of truth and prediction.

Every metric takes `y` and `p`, float64[n], and optional weights `w` float64[n] (how often a row
counts; a resample of people is a set of weights). Ties in `p` count by halves or by expectation,
never by row order. The decorator `metric` enters a function into the table of metrics.

scikit-learn has some of these. They stand here because values are kept to the bit, because weights
and ties are treated alike in all, and because a bootstrap calls each of them hundreds of times on
rows that are sorted already; the tests compare them with scikit-learn's.
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from churnlab.evaluation.calibration import EDGE
from churnlab.evaluation.calibration import calibration_slope as calibration_slope
from churnlab.evaluation.calibration import calibration_table as calibration_table
from churnlab.evaluation.calibration import expected_calibration_error as expected_calibration_error
from churnlab.evaluation.intervals import Interval as Interval
from churnlab.evaluation.intervals import bootstrap as bootstrap
from churnlab.evaluation.intervals import interval as interval
from churnlab.evaluation.intervals import paired as paired
from churnlab.evaluation.intervals import resampled as resampled
from churnlab.evaluation.intervals import resamples as resamples
from churnlab.evaluation.metric_table import Metric as Metric
from churnlab.evaluation.metric_table import metric as metric
from churnlab.language.sentence import sentence


def _weights(y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
    return np.ones(len(y)) if w is None else np.asarray(w, np.float64)


def by_score(p: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
    """Columns float64[n] summed over equal predictions, highest prediction first.

    Tied rows enter together.

    >>> by_score(np.array([0.2, 0.9, 0.2]), np.array([1.0, 2.0, 3.0]))
    [array([2., 4.])]
    """
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
    return [np.add.reduceat(c[order], starts) for c in columns]


@metric(
    "auc",
    target="churned",
    better="higher",
    label=sentence("AUC"),
    says=sentence(
        "the chance that a churner is ranked above a person who stayed; 0.5 is blind, 1 is best"
    ),
    shown=("table", "headline", "card", "terminal", "warning_time", "strata"),
)
def auc(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """The chance that a churner is ranked above a stayer; 0.5 is blind, 1 is best.

    Ties count half. NaN for one class. J. Hanley and B. McNeil (1982), The meaning and use of the
    area under a ROC curve.

    >>> auc(np.array([0, 0, 1.0]), np.array([0.1, 0.5, 0.5]))
    0.75
    """
    y, w = np.asarray(y, np.float64), _weights(y, w)
    hits, misses = by_score(np.asarray(p, np.float64), w * y, w * (1 - y))
    pairs = hits.sum() * misses.sum()
    return float((misses * (hits.cumsum() - hits / 2)).sum() / pairs) if pairs else float("nan")


@metric(
    "average_precision",
    target="churned",
    better="higher",
    label=sentence("average precision"),
    says=sentence("precision averaged over recall; the base rate is blind, 1 is best"),
    shown=("table", "card"),
)
def average_precision(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Precision averaged over recall, in (0, 1]; the base rate is blind, 1 is best.

    Tied rows enter together. NaN without churners.

    >>> round(average_precision(np.array([0, 1.0, 1]), np.array([0.5, 0.4, 0.9])), 3)
    0.833
    """
    y, w = np.asarray(y, np.float64), _weights(y, w)
    hits, size = by_score(np.asarray(p, np.float64), w * y, w)
    total = hits.sum()
    if not total:
        return float("nan")
    return float((hits / total * hits.cumsum() / np.maximum(size.cumsum(), 1e-12)).sum())


def _top(y: np.ndarray, p: np.ndarray, w: np.ndarray, top: float) -> float:
    """The expected sum of y in the `top` share of rows by prediction; border ties count in part."""
    hits, size = by_score(np.asarray(p, np.float64), w * np.asarray(y, np.float64), w)
    before = size.cumsum() - size
    inside = np.clip((top * size.sum() - before) / np.maximum(size, 1e-12), 0, 1)
    return float((inside * hits).sum())


@metric(
    "lift_at_10pct",
    target="churned",
    better="higher",
    label=sentence("lift, riskiest tenth"),
    says=sentence(
        "how many times more churners the riskiest tenth holds than a random tenth; 1 is blind, "
        "higher is better"
    ),
    shown=("table", "card", "terminal", "strata"),
)
def lift(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1) -> float:
    """How many times more churners the `top` share of rows holds than a random share of that size.

    1 is blind, higher is better. NaN without churners.

    >>> lift(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1]), top=0.25)
    4.0
    """
    w = _weights(y, w)
    total = float((w * y).sum())
    return _top(y, p, w, top) / (top * total) if total else float("nan")


@metric(
    "precision_at_10pct",
    target="churned",
    better="higher",
    label=sentence("precision, riskiest tenth"),
    says=sentence(
        "the share of the riskiest tenth that churned; the base rate is blind, 1 is best"
    ),
    shown=("table", "warning_time"),
)
def precision_at(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1
) -> float:
    """The share of churners in the `top` share of rows; higher is better.

    >>> precision_at(np.array([1.0, 0, 0, 0]), np.array([0.9, 0.3, 0.2, 0.1]), top=0.5)
    0.5
    """
    w = _weights(y, w)
    return _top(y, p, w, top) / (top * float(w.sum()))


@metric(
    "recall_at_10pct",
    target="churned",
    better="higher",
    label=sentence("recall, riskiest tenth"),
    says=sentence("the share of all churners found in the riskiest tenth; 0.1 is blind"),
    shown=("table", "warning_time"),
)
def recall_at(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1) -> float:
    """The share of all churners that the `top` share of rows holds; higher is better.

    NaN without churners.

    >>> recall_at(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.3, 0.2, 0.1]), top=0.5)
    0.5
    """
    w = _weights(y, w)
    total = float((w * y).sum())
    return _top(y, p, w, top) / total if total else float("nan")


@metric(
    "brier",
    target="churned",
    better="lower",
    label=sentence("Brier score"),
    says=sentence("the mean squared difference of probability and outcome; lower is better"),
    shown=("table", "card", "terminal"),
)
def brier(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean squared difference of probability and outcome; lower is better. G. Brier (1950).

    >>> brier(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.25
    """
    return float(np.average((np.asarray(p) - np.asarray(y)) ** 2, weights=_weights(y, w)))


@metric(
    "log_loss",
    target="churned",
    better="lower",
    label=sentence("log loss"),
    says=sentence("the mean negative log likelihood, in nats; lower is better"),
)
def log_loss(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean negative log likelihood, in nats; lower is better.

    Probabilities are kept 1e-6 away from 0 and 1.

    >>> round(log_loss(np.array([0.0, 1.0]), np.array([0.5, 0.5])), 4)
    0.6931
    """
    q, y = np.clip(p, EDGE, 1 - EDGE), np.asarray(y, np.float64)
    return float(np.average(-xlogy(y, q) - xlogy(1 - y, 1 - q), weights=_weights(y, w)))


@metric(
    "accuracy",
    target="churned",
    better="higher",
    label=sentence("accuracy"),
    says=sentence(
        "the share of right answers where a risk of 50% or more counts as leaving; "
        '"nobody leaves" is often right as well'
    ),
    shown=("warning_time",),
)
def accuracy(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5
) -> float:
    """The share of rows for which "leaves if p >= cutoff" is right; higher is better.

    Where few leave, "nobody leaves" is right for most rows too: show both.

    >>> accuracy(np.array([1.0, 0, 0, 0]), np.zeros(4))
    0.75
    """
    return float(np.average((np.asarray(p) >= cutoff) == np.asarray(y), weights=_weights(y, w)))


@metric(
    "precision",
    target="churned",
    better="higher",
    label=sentence("precision, risk 50% or more"),
    says=sentence("the share that churned of those at a risk of 50% or more; higher is better"),
    shown=("warning_time",),
)
def precision(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5
) -> float:
    """The share of churners among the rows with p >= cutoff; NaN without such rows.

    >>> precision(np.array([1.0, 0, 1]), np.array([0.9, 0.6, 0.2]))
    0.5
    """
    w = _weights(y, w) * (np.asarray(p) >= cutoff)
    return float((w * y).sum() / w.sum()) if w.sum() else float("nan")


@metric(
    "recall",
    target="churned",
    better="higher",
    label=sentence("recall, risk 50% or more"),
    says=sentence("the share of all churners found at a risk of 50% or more; higher is better"),
    shown=("warning_time",),
)
def recall(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5) -> float:
    """The share of all churners that the rows with p >= cutoff hold; NaN without churners.

    >>> recall(np.array([1.0, 0, 1]), np.array([0.9, 0.6, 0.2]))
    0.5
    """
    w = _weights(y, w)
    total = float((w * y).sum())
    return float((w * y * (np.asarray(p) >= cutoff)).sum()) / total if total else float("nan")


def _gini(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    money, size = by_score(p, w * y, w)
    total, share = money.sum(), size / size.sum()
    if not total:
        return float("nan")
    return float(((money.cumsum() - money / 2) * share).sum() / total - 0.5)


@metric(
    "normalised_gini",
    target="ltv",
    better="higher",
    label=sentence("normalised Gini"),
    says=sentence("how well people are ordered by value; 0 is blind, 1 is a perfect order"),
    shown=("table", "headline", "card", "terminal", "strata"),
)
def normalised_gini(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """How well predictions order people by value; 1 is best, 0 is blind.

    The Gini coefficient of the truth in predicted order over that in its own order. NaN where all
    values are equal.

    >>> normalised_gini(np.array([0, 1.0, 5]), np.array([0.1, 0.2, 0.9]))
    1.0
    """
    y, w = np.asarray(y, np.float64), _weights(y, w)
    own = _gini(y, y, w)
    return _gini(y, np.asarray(p, np.float64), w) / own if own else float("nan")


def _midranks(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    _, inverse = np.unique(v, return_inverse=True)
    size = np.bincount(inverse, weights=w)
    return (size.cumsum() - size / 2)[inverse]


@metric(
    "spearman",
    target="ltv",
    better="higher",
    label=sentence("Spearman correlation"),
    says=sentence(
        "the correlation of the ranks of predicted and actual value; 0 is blind, 1 is best"
    ),
    shown=("table", "card"),
)
def spearman(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Rank correlation in [-1, 1], mid-ranks for ties; higher is better.

    NaN when either is constant.

    >>> round(spearman(np.array([0, 1.0, 5]), np.array([0.1, 0.2, 0.9])), 6)
    1.0
    """
    w = _weights(y, w)
    a, b = (_midranks(np.asarray(v, np.float64), w) for v in (y, p))
    a, b = a - np.average(a, weights=w), b - np.average(b, weights=w)
    scale = np.sqrt((w * a**2).sum() * (w * b**2).sum())
    return float((w * a * b).sum() / scale) if scale else float("nan")


@metric(
    "total_bias",
    target="ltv",
    better="one",
    label=sentence("total bias"),
    says=sentence("the predicted total over the actual total; 1 is right"),
    shown=("table", "card", "terminal", "strata"),
)
def total_bias(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Predicted total over true total; 1 is best. NaN when the truth sums to zero.

    >>> total_bias(np.array([4.0, 6]), np.array([5.0, 6]))
    1.1
    """
    w = _weights(y, w)
    total = float((w * y).sum())
    return float((w * p).sum()) / total if total else float("nan")


@metric(
    "mae",
    target="ltv",
    better="lower",
    label=sentence("mean absolute error"),
    says=sentence(
        "in money; lower is better; predicting zero does well in it where most people spend nothing"
    ),
    shown=("table", "card", "terminal"),
)
def mae(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean absolute error, in money; lower is better.

    Predicting zero does well in it where most people spend nothing.

    >>> mae(np.array([4.0, 6]), np.array([5.0, 6]))
    0.5
    """
    return float(np.average(np.abs(np.asarray(p) - np.asarray(y)), weights=_weights(y, w)))


@metric(
    "rmse",
    target="ltv",
    better="lower",
    label=sentence("root mean squared error"),
    says=sentence("in money; lower is better; a few large errors weigh most"),
    shown=("table", "card"),
)
def rmse(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Root mean squared error, in money; lower is better.

    >>> rmse(np.array([4.0, 6]), np.array([5.0, 5]))
    1.0
    """
    return float(np.sqrt(np.average((np.asarray(p) - np.asarray(y)) ** 2, weights=_weights(y, w))))
