"""BG/NBD and MBG/NBD: transactions at a steady rate until, after one of them, the person leaves.

A person transacts as a Poisson process with rate lambda, Gamma(r, alpha) among people. After a
transaction the person leaves for good with probability p, Beta(a, b) among people. In BG/NBD nobody
leaves after the first transaction, in MBG/NBD people may. Given that a person has not left by now,
the rate is Gamma(r + x, alpha + T) and p is Beta(a, b + k) after k chances to leave: a new person
of the same kind. So every question about the future is answered for a new person, times P(alive).

P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way: an
alternative to the Pareto/NBD model, Marketing Science 24(2). E. P. Batislam, M. Denizel and A.
Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
International Journal of Research in Marketing 24(3). U. Wagner and D. Hoppe (2008), Erratum on the
MBG/NBD model, IJRM 25(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import expit, gammaln, psi

from churnlab.btyd.fitting import Objective, dot
from churnlab.btyd.histories import History, by_pair
from churnlab.btyd.lifetimes import Lifetimes

_NEGLIGIBLE = 45.0
_TAIL = 16.0
_STEP = 0.5
_WHOLE = 16


@dataclass(frozen=True)
class BetaGeometric(Lifetimes):
    """The common part of BG/NBD and MBG/NBD; `alpha` is in the unit of time of the histories.

    `first` is 1 where people may leave after the first transaction, else 0.
    """

    r: float
    alpha: float
    a: float
    b: float
    first: ClassVar[int] = 0
    _starts: ClassVar[tuple[tuple[float, ...], ...]] = (
        (0.5, 0.7, 2.5),
        (1.0, 1.0, 1.0),
        (2.0, 0.3, 6.0),
    )
    _timed: ClassVar[tuple[bool, ...]] = (False, True, False, False)

    def _to_come(self, x: np.ndarray, T: np.ndarray, horizons: Sequence[float]) -> np.ndarray:
        """Expected transactions of a person who has not left, float64[horizons, n].

        The mean over p of (1 - E exp(-lambda p horizon)) / p: equation 10 of Fader, Hardie and Lee
        (for MBG/NBD that of Batislam and others) without its hypergeometric function, which loses
        all digits for long histories and near a = 1.
        """

        def future(x: np.ndarray, T: np.ndarray) -> np.ndarray:
            """Expected transactions in each horizon, float64[horizons, n]."""
            several = [
                until_gone(self.r + x, h / (self.alpha + T), self.a, self.b + x + self.first)
                for h in horizons
            ]
            return np.array(several)

        return by_pair(future, x, T)

    def _any(self, x: np.ndarray, T: np.ndarray, horizon: float) -> np.ndarray:
        """Probability of a transaction of a person who has not left: 1 - E exp(-lambda horizon).

        Such a person leaves only at a transaction, so leaving plays no part.
        """
        return -np.expm1(-(self.r + x) * np.log1p(horizon / (self.alpha + T)))

    @classmethod
    def _objective(cls, history: History) -> Objective:
        return _objective(history, cls.first)

    def _density(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        both, _ = _two_ways(x, t, T, self.first, self.r, self.alpha, self.a, self.b)
        return both + _counted(x, x + self.first, self.r, self.alpha, self.a, self.b)

    def _alive(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        return _two_ways(x, t, T, self.first, self.r, self.alpha, self.a, self.b)[1]


@dataclass(frozen=True)
class BGNBD(BetaGeometric):
    """BG/NBD. A person who never came back is alive: nobody leaves before the first repeat.

    >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> model.expected(2, 30.43, 38.86, 39).round(3)
    array([1.226])
    >>> model.alive([0, 2], [0, 30.43], 38.86).round(3)
    array([1.   , 0.727])
    """


@dataclass(frozen=True)
class MBGNBD(BetaGeometric):
    """MBG/NBD. A person may leave after the first transaction, so P(alive) is below 1 for everyone.

    >>> model = MBGNBD(r=0.525, alpha=6.183, a=0.891, b=1.614)
    >>> model.alive([0, 2], [0, 30.43], 38.86).round(3)
    array([0.39 , 0.706])
    """

    first: ClassVar[int] = 1


def until_gone(shape: np.ndarray, reach: np.ndarray, a: float, b: np.ndarray) -> np.ndarray:
    """E[(1 - (1 + p reach)^-shape) / p] for p of Beta(a, b), float64[n].

    These are the transactions to come of a person who has not left. The trapezoidal rule on log(p /
    (1 - p)) converges exponentially; its two endless tails are summed as geometric series. L. N.
    Trefethen and J. A. C. Weideman (2014), The exponentially convergent trapezoidal rule, SIAM
    Review 56(3).

    >>> until_gone(np.array([2.0]), np.array([1e-6]), 1.0, np.array([3.0])).round(9)
    array([2.e-06])
    """
    middle = np.log(a / b)
    most = np.maximum(np.maximum(shape, a + b), 1)
    step = np.minimum(_STEP, 0.8 * np.sqrt(1 / a + 1 / b))
    left = np.minimum(
        np.maximum(middle, 0) + _far(a), middle + _TAIL + np.log(most * np.maximum(reach, 1))
    )
    right = np.minimum(np.maximum(-middle, 0) + _far(b), -middle + _TAIL + np.log(most))
    ends = np.column_stack(
        [_WHOLE * np.ceil(np.maximum(side / step, 0) / _WHOLE) for side in (left, right)]
    )
    out = np.empty(len(ends))
    # Rows of one length are summed together, so that the result of a row does not depend on others.
    for low, high in np.unique(ends, axis=0):
        rows = np.flatnonzero((ends[:, 0] == low) & (ends[:, 1] == high))
        out[rows] = _summed(
            shape[rows], reach[rows], a, b[rows], middle[rows], step[rows], low, high
        )
    return out


def _summed(
    shape: np.ndarray,
    reach: np.ndarray,
    a: float,
    b: np.ndarray,
    middle: np.ndarray,
    step: np.ndarray,
    low: float,
    high: float,
) -> np.ndarray:
    """The sums of `until_gone` from `low` steps below the middle to `high` steps above it."""
    w = middle[:, None] + step[:, None] * np.arange(-low, high + 1)
    weight = a * w - (a + b)[:, None] * np.logaddexp(0, w)
    weight = np.exp(weight - weight.max(axis=1, keepdims=True))
    weight[:, 0] /= -np.expm1(-a * step)
    weight[:, -1] /= -np.expm1(-b * step)
    p = expit(w)
    gone = -np.expm1(-shape[:, None] * np.log1p(p * reach[:, None])) / p
    return (weight * gone).sum(axis=1) / weight.sum(axis=1)


def _far(power: np.ndarray | float) -> np.ndarray:
    """The distance from the middle at which a density that falls with this power is negligible."""
    return np.asarray(_NEGLIGIBLE / power + np.sqrt(200 / power))


def _two_ways(
    x: np.ndarray,
    t: np.ndarray,
    T: np.ndarray,
    first: int,
    r: float,
    alpha: float,
    a: float,
    b: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Log of the likelihood over both ways, staying and leaving, and the share of staying.

    The sum is (alpha + T)^-(r + x) + a / (b + k - 1) (alpha + t)^-(r + x), k chances to leave.
    """
    k = x + first
    there = -(r + x) * np.log(alpha + T)
    chance = np.log(a) - np.log(np.where(k > 0, b + k - 1, 1))
    gone = np.where(k > 0, chance - (r + x) * np.log(alpha + t), -np.inf)
    return np.logaddexp(there, gone), expit(there - gone)


def _counted(
    x: np.ndarray, k: np.ndarray, r: float, alpha: float, a: float, b: float
) -> np.ndarray:
    """The part of the log-likelihood that depends on the counts alone."""
    return (
        gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        - gammaln(b)
        + gammaln(b + k)
        - gammaln(a + b + k)
    )


def _objective(h: History, first: int) -> Objective:
    """Parameters to the mean log-likelihood and its gradient.

    The part that depends on counts alone is computed once for each count.
    """
    counts, place = np.unique(h.repeats, return_inverse=True)
    often = np.bincount(place, h.weights)
    k = counts + first

    def value(params: np.ndarray) -> tuple[float, np.ndarray]:
        """The log-likelihood and its slope by each parameter."""
        r, alpha, a, b = (float(v) for v in params)
        both, alive = _two_ways(h.repeats, h.last, h.age, first, r, alpha, a, b)
        there = h.weights * alive
        gone = h.weights * (1 - alive)
        n = r + h.repeats
        near = alpha + h.last
        far = alpha + h.age
        after = psi(a + b) - psi(a + b + k)
        by_r = dot(often, psi(r + counts) - psi(r)) + np.log(alpha)
        by_r = by_r - dot(there, np.log(far)) - dot(gone, np.log(near))
        by_alpha = r / alpha - dot(there, n / far) - dot(gone, n / near)
        by_a = dot(often, after) + gone.sum() / a
        chances = np.maximum(b + h.repeats + first - 1, b)
        by_b = dot(often, after + psi(b + k) - psi(b)) - dot(gone, 1 / chances)
        mean = dot(h.weights, both) + dot(often, _counted(counts, k, r, alpha, a, b))
        return mean, np.array([by_r, by_alpha, by_a, by_b])

    return value
