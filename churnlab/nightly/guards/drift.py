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
REACH = 0.1  # of the way from the first edge to the last
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


def moved(now: Counts, then: Counts, edges: Edges, limit: float) -> dict[str, float]:
    """The index of each feature that moved between two nights, largest first.

    The index is the PSI over the bins that somebody is in. Under chance it is (1/n + 1/m) times a
    chi-squared with one degree of freedom less than bins: Yurdakul and Naranjo, Statistical
    properties of the population stability index, Journal of Risk Model Validation 14(4) (2020). A
    feature moved where that is beyond chance by Holm's procedure over all features, the index is
    above `limit`, and people moved by REACH of the way between its `edges` or more on average: a
    value that many share may cross some edges close to each other on a quiet night. The same people
    are there on both nights, so that chance moves less than this allows for.

    >>> same, edges = {"push__a__7d": np.array([500, 500, 0])}, {"push__a__7d": (1.0,)}
    >>> gone = {"push__a__7d": np.array([900, 100, 0])}
    >>> moved(same, same, edges, 0.1), moved(gone, same, edges, 0.1)
    ({}, {'push__a__7d': 0.88})
    """
    names = [name for name in now if name in then and name in edges]
    found = [(*_psi_and_chance(now[n], then[n]), reach(now[n], then[n], edges[n])) for n in names]
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


def reach(now: np.ndarray, then: np.ndarray, edges: tuple[float, ...]) -> float:
    """How far people moved on average, as a share of the way from the first edge to the last.

    It is the least way that leads from one night's counts to the other's (the earth mover's
    distance), with people in the middle of their bin, at its one edge in the first and the last,
    and the change of the share that is missing, the last count, added to it. With one edge it is
    the share of the people that crossed it.

    >>> first, last = np.array([10, 0, 0, 0]), np.array([0, 0, 10, 0])
    >>> reach(last, first, (1.0, 2.0)), reach(first, first, (1.0, 2.0))
    (1.0, 0.0)
    >>> reach(last, np.array([0, 10, 0, 0]), (1.0, 2.0))
    0.5
    """
    missing = [counts[-1] / max(counts.sum(), 1) for counts in (now, then)]
    known = [counts[:-1] / max(counts[:-1].sum(), 1) for counts in (now, then)]
    between = np.array(edges, np.float64)
    places = np.concatenate([between[:1], (between[:-1] + between[1:]) / 2, between[-1:]])
    steps = np.diff(places) / (between[-1] - between[0]) if len(between) > 1 else np.ones(1)
    gone = np.cumsum(known[0] - known[1])[: len(steps)]
    return float(np.abs(gone) @ steps + abs(missing[0] - missing[1]))


def feature_guard(
    now: Counts, then: Counts, edges: Edges, as_of: str, limit: float
) -> Iterator[Guard]:
    """The guard that warns of features that moved since the list of `as_of`; never blocks.

    None where the nights share no feature.
    """
    shared = now.keys() & then.keys()
    if not shared:
        return
    found = moved(now, then, edges, limit)
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
