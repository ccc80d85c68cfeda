"""Scores of the held-out rows and what is missing there, with which nights are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.evaluation.contenders import predict
from churnlab.model_registry.run_facts import ReferenceFacts

DECILES = np.arange(1, 10) / 10
MULTIPLES = 2.0 ** np.arange(-2, 5)  # of the odds of the mean, between two bins


def reference_of(model: Any, test: Dataset) -> ReferenceFacts | None:
    """What the churn model that scores says of the held-out rows; None without such a model.

    It is the model of the nights, which may have learnt those rows by now: the scores of another
    model differ more from its own than those of one night from those of the next.

    >>> from churnlab.demo.example import judged_example
    >>> judged = judged_example()
    >>> sum(reference_of(judged.models["churned"], judged.test).shares)
    1.0
    """
    if model is None:
        return None
    scores = predict(model, test.X)
    edges = edges_of(scores)
    names = getattr(model, "feature_names_in_", test.X.columns)
    X = test.X[list(names)]
    missing = by_signal(X.isna().mean())
    shares = tuple(shares_of(scores, edges).tolist())
    return ReferenceFacts(tuple(edges.tolist()), shares, missing, feature_edges(X))


def edges_of(scores: np.ndarray) -> np.ndarray:
    """The edges between bins of scores, rising: the odds of the mean, doubled and halved.

    Bins of equal counts would cut the many small scores of a churn model finely, where a change
    from 0.007 to 0.009 means nothing.

    >>> edges_of(np.array([0.0, 0.2])).round(2).tolist()
    [0.03, 0.05, 0.1, 0.18, 0.31, 0.47, 0.64]
    """
    mean = float(np.clip(scores.mean(), 1e-6, 1 - 1e-6))
    odds = MULTIPLES * mean / (1 - mean)
    return np.asarray(odds / (1 + odds))


def shares_of(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The share of the scores in each of the len(edges) + 1 bins; a score on an edge is above it.

    >>> shares_of(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.25]))
    array([0.5, 0.5])
    """
    found = np.bincount(np.searchsorted(edges, scores, side="right"), minlength=len(edges) + 1)
    return found / max(len(scores), 1)


def feature_edges(X: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """The distinct deciles of each numeric column.

    Columns without a value are left out, and those that are the same for all people of a snapshot,
    such as the days observed: they move every night.

    >>> feature_edges(pd.DataFrame({"push__a__7d": [0.0, 0.0, 0.0, 0.0], "order__a__all": np.nan}))
    {'push__a__7d': (0.0,)}
    """
    numbers = X.select_dtypes("number")
    if "snapshot" in X.index.names:
        most = numbers.groupby(level="snapshot").nunique().max()
        numbers = numbers[most.index[most > 1]]
    found = numbers.quantile(DECILES).dropna(axis=1)
    return {str(name): tuple(np.unique(found[name]).tolist()) for name in found}


def by_signal(shares: pd.Series) -> dict[str, float]:
    """The mean of each signal over shares by feature.

    >>> by_signal(pd.Series({"push__a__7d": 0.5, "push__b__7d": 0.0, "order__a__all": 1.0}))
    {'order': 1.0, 'push': 0.25}
    """
    signals = [str(name).partition("__")[0] for name in shares.index]
    return {str(k): float(v) for k, v in shares.groupby(signals).mean().items()}
