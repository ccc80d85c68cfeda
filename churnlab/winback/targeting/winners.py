"""The value of a policy on the very people who chose it: what choosing adds is taken off again.

Where effects decide by their own estimates who is treated, the estimates of those that are chosen
are too high on average. The value is corrected for that, and its interval is one for policies that
were chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, logsumexp, ndtri_exp

from churnlab.evaluation.intervals import Interval
from churnlab.winback.targeting.cells import CellEffects

NOISE = 0.1
DRAWS = 200
_MISSED = 0.05
_BEYOND = _MISSED / 10  # the chance that the outer bounds of the interval miss
_FAR, _POINTS, _HALVINGS = 8.0, 81, 40
_WITHIN = 1 - 1e-9


@dataclass(frozen=True, eq=False)
class Winner:
    """A policy that was chosen by its estimated effects.

    effects: of each treatment in each cell, float64[cells, k]. share: of all people in each cell,
    float64[cells]. chosen: the treatment of each cell, int64[cells], 0 for none. decide: what the
    same rule would choose for estimates that are higher by float64[d, cells, k], int64[d, cells].
    """

    effects: CellEffects
    share: np.ndarray
    chosen: np.ndarray
    decide: Callable[[np.ndarray], np.ndarray]

    def value(self, gain: float, error: float, seed: int = 0) -> Interval:
        """What the policy brings a person, with its 95% interval; 0 where nobody is treated.

        gain: the mean score of what the policy gives, which is too high; error: its standard error.
        The value is the gain less the optimism. The interval is `interval`, wider where that does
        not hold the value: where an effect is proved by next to nothing.
        """
        if not self.chosen.any():
            return Interval(0.0, 0.0, 0.0)
        low, high = self.interval(gain, error)
        value = gain - self.optimism(seed)
        return Interval(value, min(low, value), max(high, value))

    def optimism(self, seed: int = 0) -> float:
        """How much too high the gain is on average over experiments, as far as one can tell.

        It is the covariance of the noise with what is chosen (B. Efron, 2004, The estimation of
        prediction error: covariance penalties and cross-validation, JASA 99), found by adding more
        noise, a tenth of its variance, in 200 draws, as N. Oliveira, J. Lei and R. Tibshirani
        (2021, Unbiased risk estimation in the normal means problem via coupled bootstrap
        techniques, arXiv 2111.09447): unbiased for a rule with a tenth more noise. Experiments that
        treat nobody have no optimism to take off, so the others bear it, too: it is divided by the
        share of draws that treat anybody.
        """
        root, rng = _root(self.effects.covariance), np.random.default_rng(seed)
        half = np.einsum("cij,dcj->dci", root, rng.standard_normal((DRAWS // 2, *root.shape[:2])))
        noise = np.concatenate([half, -half])
        chosen = self.decide(np.sqrt(NOISE) * noise)
        mine = np.take_along_axis(noise, np.maximum(chosen - 1, 0)[:, :, None], axis=2)[:, :, 0]
        brought = np.where(chosen > 0, mine, 0.0) @ self.share
        treating = chosen.any(axis=1).mean()
        return float(brought.mean() / np.sqrt(NOISE) / treating) if treating else 0.0

    def interval(self, gain: float, error: float) -> tuple[float, float]:
        """The 95% interval of the value, right among the experiments that choose this policy.

        The gain is normal, but only as far as the rule still chooses this policy: along the line in
        which the estimates move with the gain (J. Lee, D. Sun, Y. Sun and J. Taylor, 2016, Exact
        post-selection inference, with application to the lasso, Annals of Statistics 44). The ends
        are the values under which the gain found would be too high, or too low, 2.5% of the time.
        The gain also counts as within the bounds that hold for all policies at once with 99.5%, so
        that the interval is never endless (I. Andrews, T. Kitagawa and A. McCloskey, 2024,
        Inference on winners, Quarterly Journal of Economics 139: the hybrid interval).
        """
        if not error > 0:
            return gain, gain
        weight = np.zeros(self.effects.value.shape)
        treated = np.flatnonzero(self.chosen)
        weight[treated, self.chosen[treated] - 1] = self.share[treated]
        toward = np.einsum("cij,cj->ci", np.nan_to_num(self.effects.covariance), weight) / error
        pieces = _pieces(
            lambda t: (self.decide(t[:, None, None] * toward) == self.chosen).all(axis=1)
        )
        most = self._outer()
        tail = (_MISSED - _BEYOND) / (1 - _BEYOND) / 2
        ends = [_centre(pieces, q, most) for q in (1 - tail, tail)]
        return gain + error * ends[0], gain + error * ends[1]

    def _outer(self) -> float:
        """Standard errors within which all policies' values lie with 99.5%, by Bonferroni."""
        cells, arms = self.effects.value.shape
        return -float(ndtri_exp(np.log(_BEYOND / 2) - cells * np.log1p(arms)))


def _root(covariance: np.ndarray) -> np.ndarray:
    """A square root of each covariance matrix, float64[cells, k, k]; unknown ones count as 0."""
    values, axes = np.linalg.eigh(np.nan_to_num(covariance))
    return np.asarray(axes * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _pieces(same: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Where on a line around 0 the same is chosen, float64[m, 2]: pieces from low to high.

    same: bool[d] for points float64[d]. The ends of pieces are found by halving.
    """
    grid = np.linspace(-_FAR, _FAR, _POINTS)
    inside = same(grid)
    at = np.flatnonzero(inside[:-1] != inside[1:])
    low, high, begin = grid[at], grid[at + 1], inside[at]
    for _ in range(_HALVINGS if len(at) else 0):
        middle = (low + high) / 2
        up = same(middle) == begin
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    first, last = [-np.inf] if inside[0] else [], [np.inf] if inside[-1] else []
    return np.r_[first, (low + high) / 2, last].reshape(-1, 2)


def _centre(pieces: np.ndarray, below: float, most: float) -> float:
    """The mean of a normal variable within pieces that is below 0 with a chance of `below`.

    Its standard deviation is 1, and it is within `most` of its mean, too, so that such a mean is
    always found, less than `most` away from 0.
    """

    def left(mean: float) -> float:
        ends = np.clip(pieces - mean, -most, most)
        under = logsumexp(_log_mass(np.minimum(ends, -mean)))
        return float(np.exp(under - logsumexp(_log_mass(ends)))) - below

    return float(brentq(left, -most * _WITHIN, most * _WITHIN, xtol=1e-9))


def _log_mass(ends: np.ndarray) -> np.ndarray:
    """The log of the mass of a standard normal variable in intervals float64[m, 2]."""
    flipped = ends[:, 0] > 0
    low, high = (np.where(flipped, -ends[:, 1 - i], ends[:, i]) for i in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        upper, lower = log_ndtr(high), log_ndtr(low)
        found = upper + np.log1p(-np.exp(lower - upper))
    return np.where(high > low, found, -np.inf)
