"""How many clusters there are: the largest number that resampling and a reference both bear out.

A split in k is taken where it holds under resampling and where people lie closer together than in a
crowd of the same kind without clusters. Without the first a long crowd falls into halves anywhere;
without the second its halves are found again and again, because it is long.

Under resampling: the prediction strength of R. Tibshirani and G. Walther (2005), Cluster validation
by prediction strength, Journal of Computational and Graphical Statistics 14(3), wanted at 0.8.
Against a crowd: the cluster index of Y. Liu and others (2008), Statistical significance of
clustering for high-dimension, low-sample size data, JASA 103(483), with a reference that has the
signals' own rank correlations and, for each signal, the closest distribution with one peak (J. and
P. Hartigan, 1985, The dip test of unimodality, Annals of Statistics 13(1)), fitted by isotonic
regression. The numbers of clusters are tested together (S. Holm, 1979).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.cluster import KMeans
from sklearn.isotonic import isotonic_regression

from churnlab.evaluation.corrected import holm
from churnlab.schema.blas import ONE_BLAS_THREAD

STRENGTH = 0.8
LEVEL = 0.05
MOST = 6
FEWEST = 50
_HALVES = 10
_CROWDS = 40
_STARTS = 4
_LARGE = 2000  # people of a sample by which the number of clusters is found
_BINS = 40


@dataclass(frozen=True)
class Chosen:
    """The number of clusters, the cluster of each row and the centres; and why.

    `table` has a row for each number of clusters that was tried:

    | column | meaning |
    |---|---|
    | `k` | clusters |
    | `strength` | prediction strength, 0 to 1 |
    | `index` | sum of squares within clusters over that around the mean: lower is tighter |
    | `expected` | the mean index of crowds without clusters |
    | `p` | chance of an index as low in such a crowd, corrected for the numbers tried |
    | `holds` | whether the strength and the chance both bear it out |
    """

    k: int
    labels: np.ndarray
    centres: np.ndarray
    table: pd.DataFrame


@ONE_BLAS_THREAD
def choose(signals: np.ndarray, most: int = MOST, seed: int = 0) -> Chosen:
    """The largest number of clusters from 2 to `most` that is borne out; 1 where none is.

    `signals` float64[n, p] without missing values, each of mean 0 and deviation 1. With fewer than
    50 rows nothing is tried. Of more than 2,000 rows a sample decides on the number. Clusters are
    in the order of their size, the largest first, numbered from 0.

    >>> rng = np.random.default_rng(1)
    >>> apart = np.r_[rng.normal(-3, 1, (60, 2)), rng.normal(3, 1, (60, 2))] / 3.2
    >>> choose(apart, most=3).k, choose(rng.normal(size=(120, 2)), most=3).k
    (2, 1)
    """
    rng = np.random.default_rng(seed)
    if len(signals) < FEWEST or not signals.shape[1]:
        return _one(signals, tried(signals, (), rng))
    sample = signals
    if len(signals) > _LARGE:
        sample = signals[rng.choice(len(signals), _LARGE, replace=False)]
    table = tried(sample, range(2, most + 1), rng)
    held = table.loc[table["holds"], "k"]
    if held.empty:
        return _one(signals, table)
    k = int(held.max())
    fitted = _means(signals, k, rng, 2 * _STARTS)
    order = np.argsort(-np.bincount(fitted.labels_, minlength=k), kind="stable")
    place = np.empty(k, np.int64)
    place[order] = np.arange(k)
    return Chosen(k, place[fitted.labels_], fitted.cluster_centers_[order], table)


def _one(signals: np.ndarray, table: pd.DataFrame) -> Chosen:
    """One cluster that holds everybody."""
    centre = signals.mean(axis=0, keepdims=True) if len(signals) else signals[:0]
    return Chosen(1, np.zeros(len(signals), np.int64), centre, table)


def tried(
    signals: np.ndarray, numbers: tuple[int, ...] | range, rng: np.random.Generator
) -> pd.DataFrame:
    """The table of `Chosen` for some numbers of clusters.

    >>> tried(np.zeros((0, 2)), (), np.random.default_rng(0)).columns.tolist()
    ['k', 'strength', 'index', 'expected', 'p', 'holds']
    """
    crowds = list(crowd(signals, _CROWDS, rng)) if len(numbers) else []
    rows = []
    for k in numbers:
        index = cluster_index(signals, k, rng, 2 * _STARTS)
        chance = np.array([cluster_index(each, k, rng, _STARTS) for each in crowds])
        expected, spread = chance.mean(), max(chance.std(ddof=1), 1e-12)
        p = norm.cdf((index - expected) / spread)
        rows.append((k, strength(signals, k, rng), index, expected, p))
    table = pd.DataFrame(rows, columns=["k", "strength", "index", "expected", "p"])
    table["p"] = holm(table["p"].to_numpy(np.float64))
    return table.assign(holds=(table["strength"] >= STRENGTH) & (table["p"] <= LEVEL))


def strength(signals: np.ndarray, k: int, rng: np.random.Generator) -> float:
    """Prediction strength of a split in k: the mean over 10 random halvings.

    One half is split by itself and by the centres of the other half. Of each cluster of the first
    split the share of its pairs is taken that are together in the second, and the least of these
    counts; a cluster of one person counts as 0.

    >>> apart = np.r_[np.zeros((20, 1)), np.ones((20, 1))]
    >>> strength(apart, 2, np.random.default_rng(0))
    1.0
    """
    found = []
    for _ in range(_HALVES):
        order = rng.permutation(len(signals))
        half = len(signals) // 2
        one, other = signals[order[:half]], signals[order[half:]]
        by_other = _means(one, k, rng, _STARTS).predict(other)
        own = _means(other, k, rng, _STARTS).labels_
        found.append(min(together(by_other[own == j]) for j in range(k)))
    return float(np.mean(found))


def together(labels: np.ndarray) -> float:
    """The share of pairs with equal labels, int64[n]; 0 for fewer than two.

    >>> together(np.array([1, 1, 0])), together(np.array([1]))
    (0.3333333333333333, 0.0)
    """
    n = len(labels)
    if n < 2:
        return 0.0
    counts = np.bincount(labels).astype(np.float64)
    return float((counts * (counts - 1)).sum() / (n * (n - 1)))


def cluster_index(
    signals: np.ndarray, k: int, rng: np.random.Generator, starts: int = _STARTS
) -> float:
    """Sum of squares within k clusters over that around the mean, 0 to 1; lower is tighter.

    >>> apart = np.r_[np.zeros((20, 1)), np.ones((20, 1))]
    >>> cluster_index(apart, 2, np.random.default_rng(0))
    0.0
    """
    around = float(((signals - signals.mean(axis=0)) ** 2).sum())
    return float(_means(signals, k, rng, starts).inertia_) / max(around, 1e-12)


def crowd(signals: np.ndarray, draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Crowds without clusters of the same kind, float64[n, p] each.

    Their signals have the same rank correlations, tied as a Gaussian copula ties them, and each the
    distribution of `one_peak`. Mean 0 and deviation 1.

    >>> made = crowd(np.repeat([[-1.0], [1.0]], 50, axis=0), 1, np.random.default_rng(0))[0]
    >>> bool(np.mean(np.abs(made) < 0.5) > 0.1)
    True
    """
    n, p = signals.shape
    scores = norm.ppf((np.apply_along_axis(rankdata, 0, signals) - 0.5) / n)
    tied = np.atleast_2d(np.corrcoef(scores.T)) + 1e-6 * np.eye(p)
    root = np.linalg.cholesky(tied)
    margins = [one_peak(signals[:, j]) for j in range(p)]
    return [_crowd(root, margins, n, rng) for _ in range(draws)]


def _crowd(
    root: np.ndarray,
    margins: list[tuple[np.ndarray, np.ndarray]],
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    share = norm.cdf(rng.standard_normal((n, len(margins))) @ root.T)
    columns = [np.interp(share[:, j], below, at) for j, (at, below) in enumerate(margins)]
    drawn = np.column_stack(columns)
    return np.asarray((drawn - drawn.mean(axis=0)) / np.maximum(drawn.std(axis=0), 1e-12))


def one_peak(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The density with one peak that is closest to that of values, as a distribution function.

    Its places and its shares below them, float64[41] each. Of the histogram with 40 bins, a rising
    and a falling regression meet where both together are closest to it.

    >>> places, below = one_peak(np.array([0.0, 0, 0, 1, 1, 1]))
    >>> bool((np.diff(below) >= 0).all()), round(float(below[-1]), 9)
    (True, 1.0)
    """
    counts, places = np.histogram(values, bins=_BINS)
    given = counts.astype(np.float64)
    rising = [isotonic_regression(given[:k]) for k in range(1, _BINS + 1)]
    falling = [isotonic_regression(given[k:], increasing=False) for k in range(1, _BINS)]
    shapes = [np.r_[up, down] for up, down in zip(rising, [*falling, given[:0]], strict=True)]
    best = min(shapes, key=lambda shape: float(((shape - given) ** 2).sum()))
    return places, np.r_[0.0, np.cumsum(best) / best.sum()]


def _means(signals: np.ndarray, k: int, rng: np.random.Generator, starts: int) -> KMeans:
    return KMeans(k, n_init=starts, random_state=int(rng.integers(2**31))).fit(signals)
