"""Pareto/NBD: transactions at a steady rate until, at any time, the person leaves.

A person transacts as a Poisson process with rate lambda, Gamma(r, alpha) among people, and leaves
for good after an exponential time with rate mu, Gamma(s, beta) among people. Given that a person
has not left by now, the rates are Gamma(r + x, alpha + T) and Gamma(s, beta + T): a new person of
that kind.

D. C. Schmittlein, D. G. Morrison and R. Colombo (1987), Counting your customers: who are they and
what will they do next?, Management Science 33(1). P. S. Fader and B. G. S. Hardie (2005), A note on
deriving the Pareto/NBD model and related expressions. The integral over the time of leaving is done
by quadrature in place of their hypergeometric functions, which lose all digits for long histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import exprel, gammaln, psi

from churnlab.btyd.fitting import Objective, dot
from churnlab.btyd.histories import History, by_pair
from churnlab.btyd.lifetimes import Lifetimes

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_NODES = (_NODES + 1) / 2
_WEIGHTS = _WEIGHTS / 2
_NEGLIGIBLE = 36.0
_ROWS = 4096


@dataclass(frozen=True)
class ParetoNBD(Lifetimes):
    """Pareto/NBD. `alpha` and `beta` are in the unit of time of the histories.

    >>> model = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669)
    >>> model.expected(2, 30.43, 38.86, 39).round(3), model.alive(2, 30.43, 38.86).round(3)
    (array([1.455]), array([0.869]))
    >>> model.none([0, 2], [0, 30.43], 38.86, 39).round(3)
    array([0.931, 0.408])
    """

    r: float
    alpha: float
    s: float
    beta: float
    _starts: ClassVar[tuple[tuple[float, ...], ...]] = (
        (0.5, 0.6, 1.0),
        (1.0, 1.0, 2.0),
        (2.0, 0.3, 0.5),
    )
    _timed: ClassVar[tuple[bool, ...]] = (False, True, False, True)

    def _to_come(self, x: np.ndarray, T: np.ndarray, horizons: Sequence[float]) -> np.ndarray:
        """Expected transactions of a person who has not left, float64[horizons, n].

        Fader and Hardie 2005, equation 41.
        """
        rate = (self.r + x) * (self.beta + T) / (self.alpha + T)
        grown = [np.log1p(h / (self.beta + T)) for h in horizons]
        return np.array([rate * g * exprel((1 - self.s) * g) for g in grown])

    def _any(self, x: np.ndarray, T: np.ndarray, horizon: float) -> np.ndarray:
        """Probability of a transaction of a person who has not left, float64[n].

        That is 1 minus the probability of silence to the end of the horizon or until leaving: the
        likelihood of a new person of age `horizon` who did not come back.
        """

        def quiet(x: np.ndarray, T: np.ndarray) -> np.ndarray:
            """The probability of silence to the end of the horizon, of distinct histories."""
            r = self.r + x
            alpha = self.alpha + T
            beta = self.beta + T
            stays = -r * np.log1p(horizon / alpha) - self.s * np.log1p(horizon / beta)
            leaves = gone(r, alpha, self.s, beta, np.zeros(len(x)), np.full(len(x), horizon))
            return np.exp(stays) + np.exp(
                leaves.log_mass + np.log(self.s) + r * np.log(alpha) + self.s * np.log(beta)
            )

        return 1 - by_pair(quiet, x, T)

    @classmethod
    def _objective(cls, history: History) -> Objective:
        return _objective(history)

    def _density(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        both = np.logaddexp(*self._two_ways(x, t, T))
        return both + _counted(x, self.r, self.alpha, self.s, self.beta)

    def _two_ways(
        self, x: np.ndarray, t: np.ndarray, T: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log of the likelihood of staying and of leaving, float64[n] each."""
        several = [
            gone(self.r + x[i:j], self.alpha, self.s, self.beta, t[i:j], T[i:j]).log_mass
            for i, j in _ranges(len(x))
        ]
        stays = _stays(x, T, self.r, self.alpha, self.s, self.beta)
        return stays, np.log(self.s) + np.concatenate(several)

    def _alive(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        stays, leaves = self._two_ways(x, t, T)
        return np.exp(stays - np.logaddexp(stays, leaves))


class Gone(NamedTuple):
    """An integral over the time u of leaving, and what its gradient needs.

    `log_mass` float64[n] is the logarithm of the integral. Float64[n, nodes] each: `share`, the
    part of the integral at each node, and `near` and `far`, log(alpha + u) and log(beta + u) there.
    """

    log_mass: np.ndarray
    share: np.ndarray
    near: np.ndarray
    far: np.ndarray


def gone(
    n: np.ndarray,
    alpha: np.ndarray | float,
    s: float,
    beta: np.ndarray | float,
    since: np.ndarray,
    until: np.ndarray,
) -> Gone:
    """The integral of (alpha + u)^-n (beta + u)^-(s + 1) over u in `[since, until]`.

    Gauss-Legendre on v = log(m + u), where m is the smaller of alpha and beta. There the integrand
    is log-concave, and the range is cut where it is negligible. The logarithm is -inf for an empty
    range.

    >>> whole = gone(np.array([0.0]), 1.0, 0.0, 1.0, np.array([0.0]), np.array([np.e - 1]))
    >>> whole.log_mass.round(9) + 0
    array([0.])
    """
    least = np.minimum(alpha, beta)
    near = np.asarray(alpha - least)[..., None]
    far = np.asarray(beta - least)[..., None]
    fall = n * (least + since) / (alpha + since) + (s + 1) * (least + since) / (beta + since) - 1
    span = np.log1p((until - since) / (least + since))
    span = np.where(fall * span > _NEGLIGIBLE, _NEGLIGIBLE / np.where(fall > 0, fall, 1), span)
    u = np.log(least + since)[:, None] + span[:, None] * _NODES
    grown = np.exp(u)
    near = np.log(near + grown)
    far = np.log(far + grown)
    value = u - n[:, None] * near - (s + 1) * far
    most = value.max(axis=1)
    share = np.exp(value - most[:, None]) * _WEIGHTS
    mass = share.sum(axis=1)
    with np.errstate(divide="ignore"):
        return Gone(np.log(mass * span) + most, share / mass[:, None], near, far)


def _ranges(rows: int) -> list[tuple[int, int]]:
    """Ranges of some thousand rows."""
    return [(i, min(i + _ROWS, rows)) for i in range(0, rows, _ROWS)]


def _stays(
    x: np.ndarray, T: np.ndarray, r: float, alpha: float, s: float, beta: float
) -> np.ndarray:
    return -(r + x) * np.log(alpha + T) - s * np.log(beta + T)


def _counted(x: np.ndarray, r: float, alpha: float, s: float, beta: float) -> np.ndarray:
    """The part of the log-likelihood that depends on the counts alone."""
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)


def _objective(h: History) -> Objective:
    """Parameters to the mean log-likelihood and its gradient, some thousand histories at a time."""
    counts, place = np.unique(h.repeats, return_inverse=True)
    often = np.bincount(place, h.weights)
    ranges = _ranges(len(h.age))

    def value(params: np.ndarray) -> tuple[float, np.ndarray]:
        """The log-likelihood and its slope by each parameter."""
        r, alpha, s, beta = (float(v) for v in params)
        both = 0.0
        by_r = dot(often, psi(r + counts) - psi(r)) + np.log(alpha)
        slope = np.array([by_r, r / alpha, np.log(beta), s / beta])
        for i, j in ranges:
            mean, more = _some(h.repeats[i:j], h.last[i:j], h.age[i:j], h.weights[i:j], params)
            both = both + mean
            slope = slope + more
        return both + dot(often, _counted(counts, r, alpha, s, beta)), slope

    return value


def _some(
    x: np.ndarray, t: np.ndarray, T: np.ndarray, weights: np.ndarray, params: np.ndarray
) -> tuple[float, np.ndarray]:
    """The share of some histories in the mean log-likelihood, without counts, and its gradient.

    That is the weighted logarithm of (alpha + T)^-(r + x) (beta + T)^-s + s times the integral.
    """
    r, alpha, s, beta = (float(v) for v in params)
    n = r + x
    leaves = gone(n, alpha, s, beta, t, T)
    stays = _stays(x, T, r, alpha, s, beta)
    total = np.logaddexp(stays, np.log(s) + leaves.log_mass)
    alive = np.exp(stays - total)
    there = weights * alive
    left = weights * (1 - alive)
    share = leaves.share * left[:, None]
    slope = [
        -dot(there, np.log(alpha + T)) - (share * leaves.near).sum(),
        -dot(there, n / (alpha + T)) - dot(n[:, None], share * np.exp(-leaves.near)),
        -dot(there, np.log(beta + T)) + left.sum() / s - (share * leaves.far).sum(),
        -s * dot(there, 1 / (beta + T)) - (s + 1) * (share * np.exp(-leaves.far)).sum(),
    ]
    return dot(weights, total), np.array(slope)
