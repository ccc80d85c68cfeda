"""Gamma-Gamma: the value of a person's next transaction.

The value of a transaction is Gamma(p, nu) with nu of Gamma(q, gamma) among people, independent of
how many transactions there are. A person's mean value is pulled towards the mean of all people; the
more transactions it rests on, the less. P. S. Fader and B. G. S. Hardie (2013), The gamma-gamma
model of monetary value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln, psi

from churnlab.btyd.fitting import FEWEST, ROUGH, Objective, Outcome, dot, maximise, spread
from churnlab.btyd.histories import as_weights
from churnlab.errors import FrameError, HistoryError

_STARTS = ((2.0, 2.0, 1.0), (6.0, 3.0, 0.5), (1.0, 1.5, 2.0))
_LEAST = (np.exp(-9.0), 1.05, np.exp(-9.0))


@dataclass(frozen=True)
class GammaGamma(Outcome):
    """Gamma-Gamma. `gamma` is in the unit of the money.

    `q` is kept at 1.05 or more, because at 1 and below the mean value does not exist.

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
        """The model of maximum likelihood.

        `mean_value` is the mean over `repeats` transactions, float64[n]; rows without a positive
        count and value are left out, and a row counts `weights` times. `ridge` pulls the
        parameters, with money in units of its mean, towards 1. HistoryError with fewer than two
        people left.

        >>> model = GammaGamma.fit([1, 3, 8, 2], [20.0, 35.0, 12.0, 50.0], ridge=0.01)
        >>> model.people, model.converged
        (4.0, True)
        """
        x, z = _columns(repeats, mean_value)
        w = as_weights(weights, len(x))
        kept = (x > 0) & (z > 0) & (w > 0)
        if kept.sum() < FEWEST:
            raise HistoryError.from_no_repeats(int(kept.sum()))
        x = x[kept]
        z = z[kept]
        w = w[kept]
        people = float(w.sum())
        unit = dot(z, w) / people
        at = np.lexsort((x, z))[spread(len(x), ROUGH)]
        rough = _objective(x[at], z[at] / unit, w[at] / w[at].sum())
        full = _objective(x, z / unit, w / people)
        found = maximise(rough, full, _STARTS, ridge, least=_LEAST)
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
        """Log-likelihood of each person's mean value, float64[n].

        NaN without a positive count and value.

        >>> GammaGamma(p=6.25, q=3.74, gamma=15.44).log_density([2, 0], [22.35, np.nan]).round(3)
        array([-3.551,    nan])
        """
        x, z = _columns(repeats, mean_value)
        known = (x > 0) & (z > 0)
        out = np.full(len(x), np.nan)
        out[known] = _log_density(x[known], z[known], self.p, self.q, self.gamma)
        return out

    def expected_value(self, repeats: object, mean_value: object) -> np.ndarray:
        """Expected value of the next transaction, float64[n]: p (gamma + x z) / (p x + q - 1).

        It is the mean over all people, p gamma / (q - 1), where the count or the value is 0,
        negative or missing.

        >>> GammaGamma(p=6.25, q=3.74, gamma=15.44).expected_value(2, 22.35).round(2)
        array([24.66])
        """
        x, z = _columns(repeats, mean_value)
        known = (x > 0) & (z > 0)
        count = np.where(known, x, 0.0)
        total = np.where(known, x * z, 0.0)
        return self.p * (self.gamma + total) / (self.p * count + self.q - 1)


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
    """Parameters to the mean log-likelihood and its gradient.

    The part that depends on counts alone is computed once for each count.
    """
    counts, place = np.unique(x, return_inverse=True)
    often = np.bincount(place, w)
    total = x * z
    logs = dot(w * x, np.log(total))
    fixed = dot(w, np.log(z))

    def value(params: np.ndarray) -> tuple[float, np.ndarray]:
        """The log-likelihood and its slope by each parameter."""
        p, q, gamma = (float(v) for v in params)
        n = p * x + q
        joint = psi(p * counts + q)
        pooled = np.log(gamma + total)
        mean = dot(often, _counted(counts, p, q, gamma)) + p * logs - fixed - dot(w * n, pooled)
        slope = [
            dot(often * counts, joint - psi(p * counts)) + logs - dot(w * x, pooled),
            dot(often, joint) - psi(q) + np.log(gamma) - dot(w, pooled),
            q / gamma - dot(w, n / (gamma + total)),
        ]
        return mean, np.array(slope)

    return value
