"""Intervals for an amount, from how far predictions for unseen persons were off."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

_KEEP = 1000
_PER_BIN = 200
_BINS = 10


@dataclass(frozen=True)
class Spread:
    """Conformal quantiles of (actual / (predicted + `floor`)), sorted, among rows of about the same prediction.

    The scores are those of predictions for persons that the model had not seen (CV+: R. Barber, E. Candes, A. Ramdas and R. Tibshirani, 2021,
    Predictive inference with the jackknife+); bins of the prediction make them hold for small and large customers each (Mondrian: V. Vovk, 2012,
    Conditional validity of inductive conformal predictors); both ends are quantiles with the (n + 1) correction, as in
    Y. Romano, E. Patterson and E. Candes, 2019, Conformalized quantile regression. They promise the coverage, on average
    over persons, for rows drawn like those of fit; a season that fit has not seen breaks the promise.
    """

    floor: float
    edges: list[float]
    ratios: list[list[float]]
    counts: list[int]

    @classmethod
    def fit(cls, y: np.ndarray, unseen: np.ndarray) -> Self:
        """From amounts and predictions for unseen persons, float64[n] each, one unit; rows with a NaN prediction are left out.

        >>> spread = Spread.fit(np.arange(1.0, 100.0), np.full(99, 50.0))
        >>> low, high = spread.bounds(np.array([50.0]), 0.9)
        >>> [round(float(v), 6) for v in (low[0], high[0])]
        [5.0, 95.0]
        """
        known = np.isfinite(unseen)
        y, unseen = y[known], unseen[known]
        floor = 0.05 * float(y.mean()) or 1.0
        bins = int(np.clip(len(y) // _PER_BIN, 1, _BINS))
        edges = np.unique(np.quantile(unseen, np.arange(1, bins) / bins))
        place = np.searchsorted(edges, unseen, side="right")
        scores = [np.sort((y / (unseen + floor))[place == b]) for b in range(len(edges) + 1)]
        return cls(
            floor, edges.tolist(), [_thin(s).tolist() for s in scores], [len(s) for s in scores]
        )

    def state(self) -> dict[str, Any]:
        """Plain numbers that `Spread(**state)` takes."""
        return asdict(self)

    def bounds(self, predicted: np.ndarray, coverage: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower (at least 0) and upper ends, float64[n] each; inf where a bin has too few rows for so high a coverage."""
        place = np.searchsorted(self.edges, predicted, side="right")
        ends = np.array(
            [_ends(np.array(r), n, coverage) for r, n in zip(self.ratios, self.counts, strict=True)]
        )
        wide = np.maximum(predicted, 0) + self.floor
        return ends[place, 0] * wide, ends[place, 1] * wide


def _thin(scores: np.ndarray) -> np.ndarray:
    """At most 1,000 of the sorted scores, at even ranks, the first and the last among them."""
    return scores[np.linspace(0, len(scores) - 1, min(len(scores), _KEEP)).round().astype(int)]


def _ends(kept: np.ndarray, count: int, coverage: float) -> tuple[float, float]:
    """Both quantiles of `count` sorted scores of which `kept` are left; the next one outwards where the very one was not kept."""
    ranks = np.linspace(0, count - 1, len(kept)).round().astype(int) + 1
    tail = (1 - coverage) / 2
    lower = np.searchsorted(ranks, np.floor(tail * (count + 1) + 1e-9), side="right") - 1
    upper = np.searchsorted(ranks, np.ceil((1 - tail) * (count + 1) - 1e-9), side="left")
    return float(kept[lower]) if lower >= 0 else 0.0, float(kept[upper]) if upper < len(
        kept
    ) else np.inf


def consistent(ltv: np.ndarray, churn: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Expected amounts that no longer contradict churn probabilities, float64[n]: at most (1 - churn) * most.

    Where the churn window covers the window of the amount, who churns spends nothing, so that the expected amount is (1 - churn) times what who
    stays spends; and that is at most `most`, an amount which the person hardly ever exceeds (the amount itself where that is more). The bound is
    silent until churn is near 1, where it takes the amount to 0. It does not hold, and must not be used, where the label of
    churn ends before the window of the amount does, or where churn is not about buying.

    >>> consistent(np.array([10.0, 10.0, 10.0]), np.array([0.5, 0.9, 1.0]), np.array([50.0, 50.0, 50.0])).round(6).tolist()
    [10.0, 5.0, 0.0]
    """
    return np.asarray(np.minimum(ltv, (1 - np.clip(churn, 0, 1)) * np.maximum(most, ltv)))
