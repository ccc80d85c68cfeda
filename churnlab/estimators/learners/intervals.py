"""Prediction intervals of an amount, from the errors of out-of-fold predictions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from churnlab.estimators.learners.weights import quantiles

_KEPT_RATIOS = 1000
_ROWS_A_BIN = 200
_MOST_BINS = 10


@dataclass(frozen=True)
class ConformalInterval:
    """Conformal quantiles of actual / (predicted + `floor`), by bins of the prediction.

    The ratios come from out-of-fold predictions (CV+: R. Barber, E. Candes, A. Ramdas and
    R. Tibshirani, 2021, Predictive inference with the jackknife+). Bins make the coverage hold for
    small and for large customers (Mondrian: V. Vovk, 2012, Conditional validity of inductive
    conformal predictors). Both ends are quantiles with the (n + 1) correction (Y. Romano,
    E. Patterson and E. Candes, 2019, Conformalized quantile regression).

    The coverage holds on average over people, for rows drawn like those of the fit. A season that
    the fit did not see breaks it.

    floor: amount added to a prediction, in its unit. edges: rising limits between the bins.
    ratios: sorted ratios of each bin, at most 1,000. counts: rows of each bin.
    """

    floor: float
    edges: list[float]
    ratios: list[list[float]]
    counts: list[int]

    @classmethod
    def fit(cls, y: np.ndarray, unseen: np.ndarray, weight: np.ndarray | None = None) -> Self:
        """The interval learnt from amounts y and out-of-fold predictions, float64[n] each.

        Both have the same unit. Rows with a NaN prediction are left out. weight: how often a row
        counts, float64[n]; a weight of 2 is a row twice.

        >>> interval = ConformalInterval.fit(np.arange(1.0, 100.0), np.full(99, 50.0))
        >>> low, high = interval.bounds(np.array([50.0]), 0.9)
        >>> [round(float(v), 6) for v in (low[0], high[0])]
        [5.0, 95.0]
        """
        known = np.isfinite(unseen)
        w = np.ones(int(known.sum())) if weight is None else weight[known]
        y, unseen = y[known], unseen[known]
        floor = 0.05 * float(np.average(y, weights=w)) or 1.0
        bins = int(np.clip(w.sum() // _ROWS_A_BIN, 1, _MOST_BINS))
        order = np.argsort(unseen, kind="stable")
        counts = None if weight is None else w[order]
        edges = np.unique(quantiles(unseen[order], np.arange(1, bins) / bins, counts))
        place = np.searchsorted(edges, unseen, side="right")
        ratio = y / (unseen + floor)
        kept = [_thinned(ratio[place == b], w[place == b]) for b in range(len(edges) + 1)]
        return cls(floor, edges.tolist(), [r.tolist() for r, _ in kept], [n for _, n in kept])

    def state(self) -> dict[str, Any]:
        """The fields as plain JSON values; the class called with them gives the interval back."""
        return asdict(self)

    def bounds(self, predicted: np.ndarray, coverage: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower (at least 0) and upper ends, float64[n] each, for predictions float64[n].

        `coverage` is between 0 and 1. The upper end is infinite in a bin with too few rows for so
        high a coverage.
        """
        place = np.searchsorted(self.edges, predicted, side="right")
        ends = np.array(
            [
                _quantiles(np.array(kept), count, coverage)
                for kept, count in zip(self.ratios, self.counts, strict=True)
            ]
        )
        size = np.maximum(predicted, 0) + self.floor
        return ends[place, 0] * size, ends[place, 1] * size


def _thinned(ratios: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, int]:
    """At most 1,000 of the sorted ratios, at even ranks, with the first and the last; their number.

    A ratio is there `w` times.
    """
    order = np.argsort(ratios, kind="stable")
    count = int(np.round(w.sum()))
    ranks = np.linspace(0, count - 1, min(count, _KEPT_RATIOS)).round()
    places = np.searchsorted(np.cumsum(w[order]), ranks, side="right")
    return ratios[order][np.minimum(places, len(ratios) - 1)], count


def _quantiles(kept: np.ndarray, count: int, coverage: float) -> tuple[float, float]:
    """Both conformal quantiles of `count` sorted ratios, of which `kept` are known.

    Where a ratio was not kept, the next kept one outwards is taken.
    """
    ranks = np.linspace(0, count - 1, len(kept)).round().astype(int) + 1
    tail = (1 - coverage) / 2
    lower = np.searchsorted(ranks, np.floor(tail * (count + 1) + 1e-9), side="right") - 1
    upper = np.searchsorted(ranks, np.ceil((1 - tail) * (count + 1) - 1e-9), side="left")
    return (
        float(kept[lower]) if lower >= 0 else 0.0,
        float(kept[upper]) if upper < len(kept) else np.inf,
    )


def capped_by_churn(ltv: np.ndarray, churn: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Expected amounts that agree with churn probabilities, float64[n]: at most (1 - churn) * most.

    ltv, churn, most: float64[n]; `most` is an amount that the person hardly ever exceeds.

    Where the churn window covers the window of the amount, a person who churns spends nothing. The
    expected amount is then (1 - churn) times what a person who stays spends, which is at most
    `most` (or `ltv`, where that is more). The cap changes nothing until churn is near 1, where it
    takes the amount to 0. Do not use it where the churn window ends before the window of the
    amount, or where churn is not about buying.

    >>> most = np.array([50.0, 50.0, 50.0])
    >>> capped_by_churn(np.full(3, 10.0), np.array([0.5, 0.9, 1.0]), most).round(6).tolist()
    [10.0, 5.0, 0.0]
    """
    return np.asarray(np.minimum(ltv, (1 - np.clip(churn, 0, 1)) * np.maximum(most, ltv)))
