"""Calibration: whether predicted probabilities and amounts are right on average."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from churnlab.schema.blas import ONE_BLAS_THREAD

EDGE = 1e-6


def calibration_table(y: np.ndarray, p: np.ndarray, bins: int = 10) -> pd.DataFrame:
    """Predicted against observed, by `bins` groups of equal count, lowest predictions first.

    `y` and `p` float64[n]. Columns: rows, predicted (mean of p), observed (mean of y).

    Ties: rows of one predicted value are all in one group, the one that holds the middle of their
    ranks, so the order of rows does not matter. Groups are then unequal, and there are fewer of
    them where a value is so common that it fills several.

    >>> calibration_table(np.array([0, 0, 1.0, 1]), np.array([0.1, 0.3, 0.6, 0.8]), bins=2)
       rows  predicted  observed
    0     2        0.2       0.0
    1     2        0.7       1.0
    >>> calibration_table(np.array([0, 1.0, 0, 1]), np.full(4, 0.5), bins=2)["rows"].tolist()
    [4]
    """
    frame = pd.DataFrame({"bin": _bins(p, bins), "y": np.asarray(y, np.float64), "p": p})
    groups = frame.groupby("bin")
    table = groups.agg(rows=("y", "size"), predicted=("p", "mean"), observed=("y", "mean"))
    return table.reset_index(drop=True)


def _bins(p: np.ndarray, bins: int) -> np.ndarray:
    """Group of each row, int64[n]: that of its mid-rank, in whole numbers."""
    twice = (2 * (pd.Series(p).rank(method="average").to_numpy() - 1)).astype(np.int64)
    return np.asarray(twice * bins // (2 * max(len(p), 1)))


def expected_calibration_error(y: np.ndarray, p: np.ndarray, bins: int = 10) -> float:
    """Mean absolute difference of predicted and observed over bins of equal count; 0 is best.

    Ties in `p` are in one bin, as in `calibration_table`. M. Naeini, G. Cooper and M. Hauskrecht
    (2015), Obtaining well calibrated probabilities using Bayesian binning.

    >>> y, p = np.array([0, 0, 1.0, 1]), np.array([0.1, 0.3, 0.6, 0.8])
    >>> round(expected_calibration_error(y, p, bins=2), 3)
    0.25
    """
    table = calibration_table(y, p, bins)
    return float(np.average(np.abs(table["predicted"] - table["observed"]), weights=table["rows"]))


@ONE_BLAS_THREAD
def calibration_slope(y: np.ndarray, p: np.ndarray) -> float:
    """The slope of a logistic regression of outcome on predicted log-odds; 1 is best.

    Below 1, predictions are too far from the mean. NaN for one class. D. Cox (1958), Two further
    applications of a model for binary regression.

    >>> y = np.array([0, 0, 0, 1, 0, 1, 1, 1.0])
    >>> round(calibration_slope(y, np.repeat([0.25, 0.75], 4)), 3)
    1.0
    """
    y = np.asarray(y, np.float64)
    if y.min() == y.max():
        return float("nan")
    x = np.column_stack([logit(np.clip(p, EDGE, 1 - EDGE)), np.ones(len(y))])
    beta = np.array([1.0, 0.0])
    for _ in range(50):  # Newton's method on a convex loss
        q = expit(x @ beta)
        step = np.linalg.lstsq((x * (q * (1 - q))[:, None]).T @ x, x.T @ (y - q), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[0])
