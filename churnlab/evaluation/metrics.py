"""Metrics as plain functions of truth and prediction, and their intervals from resampling people.

Every metric takes `y` and `p`, float64[n], and optional weights `w` float64[n] (how often a row counts; a resample of people is
a set of weights). Ties in `p` count by halves or by expectation, never by row order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, xlogy

Metric = Callable[..., float]
_EDGE = 1e-6


def _weights(y: np.ndarray, w: np.ndarray | None) -> np.ndarray:
    return np.ones(len(y)) if w is None else np.asarray(w, np.float64)


def by_score(p: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
    """Columns float64[n] summed over equal predictions, highest prediction first: ties enter together.

    >>> by_score(np.array([0.2, 0.9, 0.2]), np.array([1.0, 2.0, 3.0]))
    [array([2., 4.])]
    """
    order = np.argsort(-p, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
    return [np.add.reduceat(c[order], starts) for c in columns]


def auc(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """The chance that a churner is ranked above a stayer; 0.5 is blind, 1 is best; ties count half. NaN for one class.

    J. Hanley and B. McNeil (1982), The meaning and use of the area under a ROC curve.

    >>> auc(np.array([0, 0, 1.0]), np.array([0.1, 0.5, 0.5]))
    0.75
    """
    y, w = np.asarray(y, np.float64), _weights(y, w)
    hits, misses = by_score(np.asarray(p, np.float64), w * y, w * (1 - y))
    pairs = hits.sum() * misses.sum()
    return float((misses * (hits.cumsum() - hits / 2)).sum() / pairs) if pairs else float("nan")


def average_precision(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Precision averaged over recall, in (0, 1]; the base rate is blind. Tied rows enter together."""
    y, w = np.asarray(y, np.float64), _weights(y, w)
    hits, size = by_score(np.asarray(p, np.float64), w * y, w)
    total = hits.sum()
    return (
        float((hits / total * hits.cumsum() / np.maximum(size.cumsum(), 1e-12)).sum())
        if total
        else float("nan")
    )


def brier(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean squared difference of probability and outcome; lower is better. G. Brier (1950).

    >>> brier(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    0.25
    """
    return float(np.average((np.asarray(p) - np.asarray(y)) ** 2, weights=_weights(y, w)))


def log_loss(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean negative log likelihood, nats; lower is better; probabilities are kept 1e-6 away from 0 and 1."""
    q, y = np.clip(p, _EDGE, 1 - _EDGE), np.asarray(y, np.float64)
    return float(np.average(-xlogy(y, q) - xlogy(1 - y, 1 - q), weights=_weights(y, w)))


def _top(y: np.ndarray, p: np.ndarray, w: np.ndarray, top: float) -> float:
    """The expected sum of y among the `top` share of rows by prediction; a tie across the border counts in part."""
    hits, size = by_score(np.asarray(p, np.float64), w * np.asarray(y, np.float64), w)
    before = size.cumsum() - size
    inside = np.clip((top * size.sum() - before) / np.maximum(size, 1e-12), 0, 1)
    return float((inside * hits).sum())


def lift(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1) -> float:
    """How many times more churners the `top` share holds than a random one; 1 is blind, higher is better."""
    w = _weights(y, w)
    total = float((w * y).sum())
    return _top(y, p, w, top) / (top * total) if total else float("nan")


def precision_at(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1
) -> float:
    """The share of churners in the `top` share of rows."""
    w = _weights(y, w)
    return _top(y, p, w, top) / (top * float(w.sum()))


def recall_at(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, top: float = 0.1) -> float:
    """The share of all churners that the `top` share of rows holds."""
    w = _weights(y, w)
    total = float((w * y).sum())
    return _top(y, p, w, top) / total if total else float("nan")


def accuracy(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5
) -> float:
    """The share of rows that "leaves if p >= cutoff" has right; where few leave, "nobody leaves" has most right too: show both.

    >>> accuracy(np.array([1.0, 0, 0, 0]), np.zeros(4))
    0.75
    """
    return float(np.average((np.asarray(p) >= cutoff) == np.asarray(y), weights=_weights(y, w)))


def precision(
    y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5
) -> float:
    """The share of churners among the rows with p >= cutoff; NaN where there is none."""
    w = _weights(y, w) * (np.asarray(p) >= cutoff)
    return float((w * y).sum() / w.sum()) if w.sum() else float("nan")


def recall(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None, cutoff: float = 0.5) -> float:
    """The share of all churners that the rows with p >= cutoff hold; NaN without churners."""
    w = _weights(y, w)
    total = float((w * y).sum())
    return float((w * y * (np.asarray(p) >= cutoff)).sum()) / total if total else float("nan")


def _bins(p: np.ndarray, bins: int) -> np.ndarray:
    return (
        np.minimum(pd.Series(p).rank(method="first").to_numpy() - 1, len(p) - 1).astype(int)
        * bins
        // max(len(p), 1)
    )


def calibration_table(y: np.ndarray, p: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Rows of equal count by prediction: rows, predicted (mean), observed (share or mean)."""
    frame = pd.DataFrame({"bin": _bins(p, bins), "y": np.asarray(y, np.float64), "p": p})
    return (
        frame.groupby("bin")
        .agg(rows=("y", "size"), predicted=("p", "mean"), observed=("y", "mean"))
        .reset_index(drop=True)
    )


def expected_calibration_error(y: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Mean absolute difference of predicted and observed over equal-count bins; 0 is best. Naeini and others (2015)."""
    table = calibration_table(y, p, bins)
    return float(np.average(np.abs(table["predicted"] - table["observed"]), weights=table["rows"]))


def calibration_slope(y: np.ndarray, p: np.ndarray) -> float:
    """The slope of outcome on predicted log-odds; 1 is best, below 1 is too sure of itself. D. Cox (1958). NaN for one class."""
    y = np.asarray(y, np.float64)
    if y.min() == y.max():
        return float("nan")
    x = np.column_stack([logit(np.clip(p, _EDGE, 1 - _EDGE)), np.ones(len(y))])
    beta = np.array([1.0, 0.0])
    for _ in range(50):  # Newton's method on a convex loss
        q = expit(x @ beta)
        step = np.linalg.lstsq((x * (q * (1 - q))[:, None]).T @ x, x.T @ (y - q), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[0])


def _gini(y: np.ndarray, p: np.ndarray, w: np.ndarray) -> float:
    money, size = by_score(p, w * y, w)
    total, share = money.sum(), size / size.sum()
    return (
        float(((money.cumsum() - money / 2) * share).sum() / total - 0.5) if total else float("nan")
    )


def normalised_gini(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """How well predictions order people by value: the Gini of the truth in predicted order over that in its own; 1 is best, 0 blind."""
    y, w = np.asarray(y, np.float64), _weights(y, w)
    own = _gini(y, y, w)
    return _gini(y, np.asarray(p, np.float64), w) / own if own else float("nan")


def mae(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Mean absolute error, in money; lower is better; the zero model does well in it where most spend nothing."""
    return float(np.average(np.abs(np.asarray(p) - np.asarray(y)), weights=_weights(y, w)))


def rmse(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Root mean squared error, in money; lower is better."""
    return float(np.sqrt(np.average((np.asarray(p) - np.asarray(y)) ** 2, weights=_weights(y, w))))


def _midranks(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    _, inverse = np.unique(v, return_inverse=True)
    size = np.bincount(inverse, weights=w)
    return (size.cumsum() - size / 2)[inverse]


def spearman(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Rank correlation, mid-ranks for ties, in [-1, 1]; NaN when either is constant."""
    w = _weights(y, w)
    a, b = (_midranks(np.asarray(v, np.float64), w) for v in (y, p))
    a, b = a - np.average(a, weights=w), b - np.average(b, weights=w)
    scale = np.sqrt((w * a**2).sum() * (w * b**2).sum())
    return float((w * a * b).sum() / scale) if scale else float("nan")


def total_bias(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> float:
    """Predicted total over true total; 1 is best. NaN when the truth sums to zero."""
    w = _weights(y, w)
    total = float((w * y).sum())
    return float((w * p).sum()) / total if total else float("nan")


@dataclass(frozen=True)
class Interval:
    """A value with the ends of its 95% interval; a dash when it is not known.

    >>> str(Interval(0.7812, 0.7703, 0.7941))
    '0.781 [0.770, 0.794]'
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "–"
        form = ".3f" if abs(self.value) < 100 else ",.1f"
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"


def resampled(users: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Row weights float64[n] of `draws` resamples of persons with replacement, one after another."""
    codes, people = pd.factorize(np.asarray(users))
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people)).astype(
            np.float64
        )[codes]


def resamples(users: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """The same at once, float64[draws, n]."""
    return np.array(list(resampled(users, draws, seed))).reshape(draws, len(users))


def interval(value: float, drawn: np.ndarray) -> Interval:
    """The value between the 2.5th and 97.5th percentile of what was drawn; NaN where nothing could be computed."""
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (np.nan, np.nan)
    return Interval(value, float(low), float(high))


def bootstrap(
    metric: Metric, y: np.ndarray, p: np.ndarray, users: np.ndarray, draws: int = 200, seed: int = 0
) -> Interval:
    """A metric with its 95% interval from resampling persons.

    >>> y, p = np.array([0, 1.0, 0, 1]), np.array([0.1, 0.8, 0.3, 0.9])
    >>> round(bootstrap(brier, y, p, np.arange(4)).value, 4)
    0.0375
    """
    y, p = np.asarray(y, np.float64), np.asarray(p, np.float64)
    return interval(
        metric(y, p), np.array([metric(y, p, w) for w in resampled(users, draws, seed)])
    )


def paired(
    metric: Metric,
    y: np.ndarray,
    p: np.ndarray,
    q: np.ndarray,
    users: np.ndarray,
    draws: int = 200,
    seed: int = 0,
) -> Interval:
    """The difference metric(p) - metric(q) with its 95% interval, both on the same resamples of persons."""
    drawn = [metric(y, p, w) - metric(y, q, w) for w in resampled(users, draws, seed)]
    return interval(metric(y, p) - metric(y, q), np.array(drawn))
