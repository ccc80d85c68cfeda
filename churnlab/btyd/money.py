"""Gamma-Gamma: what a transaction of a person is worth.

A transaction's value is Gamma(p, nu) with nu of Gamma(q, gamma) among people, independent of how many there are: a person's mean value is pulled
to everybody's, the less the more transactions it rests on. P. S. Fader and B. G. S. Hardie (2013), The gamma-gamma model of monetary value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln, psi

from churnlab.btyd.fitting import FEWEST, ROUGH, Objective, Outcome, dot, maximise, spread
from churnlab.errors import FrameError, HistoryError

_STARTS = ((2.0, 2.0, 1.0), (6.0, 3.0, 0.5), (1.0, 1.5, 2.0))


@dataclass(frozen=True)
class GammaGamma(Outcome):
    """Gamma-Gamma. `gamma` is in the unit of the money; `q` is held above 1, below which a mean value does not exist.

    >>> model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    >>> model.expected_value([2, 1, 0], [22.35, 11.77, np.nan]).round(2)
    array([24.66, 18.92, 35.22])
    """

    p: float
    q: float
    gamma: float

    @classmethod
    def fit(
        cls, repeats: object, mean_value: object, weights: object = None, *, ridge: float = 0.0
    ) -> Self:
        """Maximum likelihood. `mean_value` is the mean over `repeats` transactions, float64[n]; rows without a positive count and value are left
        out. `ridge` pulls the parameters, with money in units of its mean, towards 1. HistoryError with fewer than two people left.
        """
        x, z = _columns(repeats, mean_value)
        w = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
        if len(w) != len(x):
            raise FrameError.from_wrong_length("weights", len(w), len(x))
        kept = (x > 0) & (z > 0) & (w > 0)
        if kept.sum() < FEWEST:
            raise HistoryError.from_no_repeats(int(kept.sum()))
        x, z, w = x[kept], z[kept], w[kept]
        people, unit = float(w.sum()), dot(z, w) / float(w.sum())
        at = np.lexsort((x, z))[spread(len(x), ROUGH)]
        rough, full = (
            _objective(x[at], z[at] / unit, w[at] / w[at].sum()),
            _objective(x, z / unit, w / people),
        )
        found = maximise(rough, full, _STARTS, ridge, least=(np.exp(-9.0), 1.05, np.exp(-9.0)))
        p, q, gamma = (float(v) for v in found.params * [1, 1, unit])
        return cls(
            p,
            q,
            gamma,
            log_likelihood=(found.mean - float(np.log(unit))) * people,
            people=people,
            converged=found.converged,
            note=found.note,
        )

    def log_density(self, repeats: object, mean_value: object) -> np.ndarray:
        """Log-likelihood of each person's mean value, float64[n]; NaN without a positive count and value."""
        x, z = _columns(repeats, mean_value)
        known = (x > 0) & (z > 0)
        out = np.full(len(x), np.nan)
        out[known] = _log_density(x[known], z[known], self.p, self.q, self.gamma)
        return out

    def expected_value(self, repeats: object, mean_value: object) -> np.ndarray:
        """Expected value of a transaction to come, float64[n]: p (gamma + x z) / (p x + q - 1); everybody's mean p gamma / (q - 1) where the count
        or the value is 0, negative or missing.
        """
        x, z = _columns(repeats, mean_value)
        known = (x > 0) & (z > 0)
        x, total = np.where(known, x, 0.0), np.where(known, x * z, 0.0)
        return self.p * (self.gamma + total) / (self.p * x + self.q - 1)


def _columns(repeats: object, mean_value: object) -> tuple[np.ndarray, np.ndarray]:
    x, z = (np.atleast_1d(np.asarray(v, np.float64)) for v in (repeats, mean_value))
    if len(x) != len(z):
        raise FrameError.from_wrong_length("mean_value", len(z), len(x))
    return x, z


def _counted(x: np.ndarray, p: float, q: float, gamma: float) -> np.ndarray:
    """The part of the log-likelihood that depends on the counts alone."""
    n = p * x
    return gammaln(n + q) - gammaln(n) - gammaln(q) + q * np.log(gamma)


def _log_density(x: np.ndarray, z: np.ndarray, p: float, q: float, gamma: float) -> np.ndarray:
    n = p * x
    return (
        _counted(x, p, q, gamma)
        + (n - 1) * np.log(z)
        + n * np.log(x)
        - (n + q) * np.log(gamma + x * z)
    )


def _objective(x: np.ndarray, z: np.ndarray, w: np.ndarray) -> Objective:
    """Parameters to the mean log-likelihood and its gradient; what depends on counts alone is computed once a count."""
    counts, place = np.unique(x, return_inverse=True)
    often, total = np.bincount(place, w), x * z
    logs, fixed = dot(w * x, np.log(total)), dot(w, np.log(z))

    def value(params: np.ndarray) -> tuple[float, np.ndarray]:
        p, q, gamma = (float(v) for v in params)
        n, joint, pooled = p * x + q, psi(p * counts + q), np.log(gamma + total)
        mean = dot(often, _counted(counts, p, q, gamma)) + p * logs - fixed - dot(w * n, pooled)
        slope = [
            dot(often * counts, joint - psi(p * counts)) + logs - dot(w * x, pooled),
            dot(often, joint) - psi(q) + np.log(gamma) - dot(w, pooled),
            q / gamma - dot(w, n / (gamma + total)),
        ]
        return mean, np.array(slope)

    return value
