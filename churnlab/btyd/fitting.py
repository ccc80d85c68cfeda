"""Maximum likelihood on the logarithms of positive parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

# Parameters to the mean log-likelihood of a person and its gradient.
Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
BOUND = 9.0
EDGE = 6.0
TINY = 1e-3
ROUGH = 2000
FEWEST = 2
_NEAR = 0.01


class Fitted(NamedTuple):
    """The result of a search: parameters and the mean log-likelihood of a person.

    `converged`: the optimum lies inside the range. `note` says what to know about it.
    """

    params: np.ndarray
    mean: float
    converged: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a fit beside the parameters.

    `log_likelihood` is that of all `people` together. `converged`: the search found an optimum
    inside the range. `note` says what to know about it, empty when there is nothing.
    """

    log_likelihood: float = float("nan")
    people: float = float("nan")
    converged: bool = True
    note: str = ""


def dot(one: np.ndarray, other: np.ndarray) -> float:
    """The sum of the products, by numpy's own summing.

    It gives the same bits on any number of threads and starts none.

    >>> dot(np.array([1.0, 2]), np.array([3.0, 4]))
    11.0
    """
    return float((one * other).sum())


def spread(rows: int, most: int) -> np.ndarray:
    """At most `most` of `rows` places, evenly spread.

    >>> spread(7, 3)
    array([0, 3, 6])
    """
    return np.unique(np.linspace(0, rows - 1, most).astype(int))


@dataclass(frozen=True)
class _Search:
    """A search on the logarithms of the parameters, between `low` and BOUND."""

    ridge: float
    low: np.ndarray

    def best(self, rough: Objective, full: Objective, starts: list[np.ndarray]) -> Any:
        """Scipy's result for `full`, started where the best of the `rough` searches ended."""
        start = min(
            (self._run(rough, s, steps=60, close=1e-7) for s in starts), key=lambda f: float(f.fun)
        )
        return self._run(full, start.x, steps=300, close=1e-12)

    def _run(self, objective: Objective, start: np.ndarray, steps: int, close: float) -> Any:
        """One search of at most `steps`; it ends when a step gains less than `close` of it all."""

        def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
            """The penalised negative log-likelihood at log parameters, and its slope."""
            params = np.exp(theta)
            value, slope = objective(params)
            penalty = self.ridge * float(theta @ theta)
            return penalty - value, 2 * self.ridge * theta - slope * params

        return minimize(
            loss,
            np.clip(start, self.low, BOUND),
            jac=True,
            method="L-BFGS-B",
            bounds=[(b, BOUND) for b in self.low],
            options={"maxiter": steps, "ftol": close, "gtol": 1e-7},
        )


def maximise(
    rough: Objective,
    full: Objective,
    starts: Iterable[Iterable[float]],
    ridge: float = 0.0,
    least: Iterable[float] | None = None,
) -> Fitted:
    """The positive parameters with the largest mean log-likelihood.

    From the likelihood, `ridge` times the sum of the squared logarithms of the parameters is
    subtracted. All starts run on the `rough` objective, of fewer people; the best goes on with the
    `full` one, between exp(-9), or `least`, and exp(9). Where it ends at the least or outside
    exp(-6) to exp(6), the likelihood is flat or has no optimum: it is searched again with a ridge
    of at least 0.001, and the note says so.

    >>> def parabola(v):
    ...     return float(-(v[0] - 2) ** 2), -2 * (v - 2)
    >>> maximise(parabola, parabola, [[1.0]]).params.round(3)
    array([2.])
    """
    origins = [np.log(np.asarray(s, np.float64)) for s in starts]
    if least is None:
        low = np.full(len(origins[0]), -BOUND)
    else:
        low = np.log(np.asarray(least, np.float64))
    best = _Search(ridge, low).best(rough, full, origins)
    note = "" if best.success else f"the search stopped early: {best.message}"
    edge = bool(((np.abs(best.x) > EDGE) | (best.x < low + _NEAR)).any())
    if edge:
        ridge = max(ridge, TINY)
        note = (
            "the likelihood is flat or highest at the end of the range; "
            f"held by a ridge of {ridge:g}"
        )
        best = _Search(ridge, low).best(rough, full, origins)
    params = np.exp(best.x)
    return Fitted(params, full(params)[0], bool(best.success) and not edge, note)
