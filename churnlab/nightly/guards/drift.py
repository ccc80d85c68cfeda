"""Guard of single features: which of them moved between two nights, by more than chance and size.

Features of a night are counted in bins whose edges the training chose, and compared with the counts
of the last list by the same models. With hundreds of features some move every night: a feature
counts as moved only where its index is large, and is beyond chance after a correction for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from churnlab.evaluation.corrected import holm
from churnlab.language.sentence import sentence
from churnlab.nightly.guards.guard import WARN, Guard
from churnlab.nightly.guards.scores import psi

CHANCE = 0.05
REACH = 0.1  # of the way from the first bin to the last
BINS = 11  # ten between deciles, and one of what is missing
Edges: TypeAlias = Mapping[str, tuple[float, ...]]
Counts: TypeAlias = Mapping[str, np.ndarray]


def binned(X: pd.DataFrame, edges: Edges) -> np.ndarray:
    """How many rows of X are in each bin of each feature of `edges`, [features, BINS].

    A value on an edge is above it; the last bin counts what is missing.

    >>> X = pd.DataFrame({"push__a__7d": [0.0, 2.0, np.nan]})
    >>> binned(X, {"push__a__7d": (1.0,)})[0].tolist()
    [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    """
    found = np.zeros((len(edges), BINS), np.int64)
    for row, (name, between) in enumerate(edges.items()):
        values = X[name].to_numpy(np.float64)
        bins = np.searchsorted(between, values, side="right")
        bins[np.isnan(values)] = BINS - 1
        found[row] = np.bincount(bins, minlength=BINS)
    return found


def moved(now: Counts, then: Counts, limit: float) -> dict[str, float]:
    """The index of each feature that moved between two nights, largest first.

    The index is the PSI over the bins that somebody is in. Under chance it is (1/n + 1/m) times a
    chi-squared with one degree of freedom less than bins: Yurdakul and Naranjo, Statistical
    properties of the population stability index, Journal of Risk Model Validation 14(4) (2020). A
    feature moved where that is beyond chance by Holm's procedure over all features, the index is
    above `limit`, and people moved by REACH of the bins or more on average: a value that many share
    may cross one edge on a quiet night. The same people are there on both nights, so that chance
    moves less than this allows for.

    >>> same = {"push__a__7d": np.array([500, 500, 0])}
    >>> moved(same, same, 0.1), moved({"push__a__7d": np.array([900, 100, 0])}, same, 0.1)
    ({}, {'push__a__7d': 0.88})
    """
    names = [name for name in now if name in then]
    found = [(*_psi_and_chance(now[n], then[n]), reach(now[n], then[n])) for n in names]
    table = pd.DataFrame(found, index=names, columns=["psi", "chance", "reach"])
    beyond = holm(table["chance"].to_numpy(np.float64)) <= CHANCE
    far = beyond & (table["psi"] > limit) & (table["reach"] >= REACH)
    large = table.loc[far, "psi"].sort_values(ascending=False)
    return {str(name): round(float(index), 2) for name, index in large.items()}


def _psi_and_chance(now: np.ndarray, then: np.ndarray) -> tuple[float, float]:
    """The index of two counts, and how probable one as large is under chance."""
    some = (now + then) > 0
    if some.sum() < 2 or not now.sum() or not then.sum():
        return 0.0, 1.0
    index = psi(now[some], then[some])
    spread = 1 / now.sum() + 1 / then.sum()
    return index, float(chdtrc(some.sum() - 1, index / spread))


def reach(now: np.ndarray, then: np.ndarray) -> float:
    """How far people moved on average, as a share of the way from the first bin to the last.

    It is the least way that leads from one night's counts to the other's (the earth mover's
    distance), and the change of the share that is missing, the last bin, added to it.

    >>> reach(np.array([0, 10, 0, 0]), np.array([10, 0, 0, 0])), reach(np.ones(3), np.ones(3))
    (1.0, 0.0)
    """
    missing = [counts[-1] / max(counts.sum(), 1) for counts in (now, then)]
    known = [counts[:-1] / max(counts[:-1].sum(), 1) for counts in (now, then)]
    used = np.flatnonzero(known[0] + known[1])
    steps = max(int(used[-1]), 1) if len(used) else 1
    way = np.abs(np.cumsum(known[0] - known[1])[:-1]).sum() / steps
    return float(way + abs(missing[0] - missing[1]))


def feature_guard(now: Counts, then: Counts, as_of: str, limit: float) -> Iterator[Guard]:
    """The guard that warns of features that moved since the list of `as_of`; never blocks.

    None where the nights share no feature.
    """
    shared = now.keys() & then.keys()
    if not shared:
        return
    found = moved(now, then, limit)
    if not found:
        says = sentence("none of {count} features moved since {day}", count=len(shared), day=as_of)
    else:
        says = sentence(
            "{moved} of {count} features moved since {day} by a PSI above {limit:.2f}, most of all "
            "{name} with {psi:.2f}",
            moved=len(found),
            count=len(shared),
            day=as_of,
            limit=limit,
            name=next(iter(found)),
            psi=next(iter(found.values())),
        )
    yield Guard("features_moved", WARN, float(len(found)), 0.0, not found, says)


def to_bytes(counts: Counts) -> bytes:
    """Counts by feature as the file beside a list has them."""
    return (json.dumps({name: row.tolist() for name, row in counts.items()}) + "\n").encode()


def from_bytes(data: bytes) -> dict[str, np.ndarray]:
    """The inverse of `to_bytes`.

    >>> from_bytes(to_bytes({"push__a__7d": np.array([1, 2])}))
    {'push__a__7d': array([1, 2])}
    """
    return {name: np.array(row) for name, row in json.loads(data).items()}
