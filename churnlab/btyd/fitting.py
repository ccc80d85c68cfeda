"""What the models share: histories checked, grouped and put in one unit of time, and maximum likelihood on log parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from scipy.optimize import minimize

from churnlab.errors import ConfigError, FrameError, HistoryError

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
BOUND = 9.0
EDGE = 6.0
TINY = 1e-3
ROUGH = 2000
FEWEST = 2
_NEAR = 0.01


class Fitted(NamedTuple):
    """Parameters, their log-likelihood a person, whether the optimum lies inside the range, and what to know about it."""

    params: np.ndarray
    mean: float
    converged: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is known of a fit beside its parameters: the log-likelihood of all people together, how many they are, whether the search came to an
    optimum inside the range, and what to know about it."""

    log_likelihood: float = float("nan")
    people: float = float("nan")
    converged: bool = True
    note: str = ""


@dataclass(frozen=True, eq=False)
class History:
    """Different histories and how often each occurs, float64[n] each: `repeats` transactions after the first, the `last` of them and the
    present `age`, both counted from the first transaction in units of `unit`, and `weights` that sum to 1. `people` is their sum before.

    >>> h = History.of([0, 2, 0], [0, 5, 0], [8, 8, 8])
    >>> h.repeats, h.weights.round(2), h.unit
    (array([0., 2.]), array([0.67, 0.33]), 8.0)
    """

    repeats: np.ndarray
    last: np.ndarray
    age: np.ndarray
    weights: np.ndarray
    unit: float
    people: float

    @classmethod
    def of(cls, repeats: object, last: object, age: object, weights: object = None) -> History:
        """Groups equal histories; rows with a missing value or no weight are left out.

        FrameError for histories that cannot be, HistoryError when nobody came back or fewer than two people are left.
        """
        x, t, T = checked(repeats, last, age)
        w = np.ones(len(x)) if weights is None else np.asarray(weights, np.float64)
        if len(w) != len(x):
            raise FrameError.from_wrong_length("weights", len(w), len(x))
        kept = np.isfinite(x + t + T) & (w > 0)
        groups, total = _grouped(np.array([x[kept], t[kept], T[kept]]), w[kept])
        if kept.sum() < FEWEST or not groups[0].any() or not groups[2].any():
            raise HistoryError.from_no_repeats(int(kept.sum()))
        people = float(total.sum())
        unit = dot(groups[2], total) / people
        return cls(groups[0], groups[1] / unit, groups[2] / unit, total / people, unit, people)

    @property
    def rate(self) -> float:
        """Repeat transactions in a unit of time, of everybody together."""
        return dot(self.weights, self.repeats) / dot(self.weights, self.age)

    def thin(self) -> History:
        """At most 2,000 of the groups, evenly spread: enough to find where to start."""
        at = spread(len(self.age), ROUGH)
        w = self.weights[at]
        return replace(
            self,
            repeats=self.repeats[at],
            last=self.last[at],
            age=self.age[at],
            weights=w / w.sum(),
        )


def dot(one: np.ndarray, other: np.ndarray) -> float:
    """The sum of the products, by numpy's own summing: the same bits with any number of threads, and none of them started.

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


def checked(
    repeats: object, last: object, age: object
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three numbers of each history, float64[n]; `last` is 0 where nothing was repeated. FrameError for histories that cannot be.

    >>> checked([0, 1], [0, 3], 5)[2]
    array([5., 5.])
    """
    columns = [np.atleast_1d(np.asarray(v, np.float64)) for v in (repeats, last, age)]
    length = next((len(c) for c in columns if len(c) != 1), 1)
    for name, column in zip(("repeats", "last", "age"), columns, strict=True):
        if len(column) not in (1, length):
            raise FrameError.from_wrong_length(name, len(column), length)
    x, t, T = (np.broadcast_to(c, length) for c in columns)
    t = np.where(x == 0, 0.0, t)
    wrong = (x < 0) | (t < 0) | (T < 0) | (t > T * (1 + 1e-12)) | np.isinf(x + t + T)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise FrameError.from_bad_history(
            int(wrong.sum()), (float(x[at]), float(t[at]), float(T[at]))
        )
    return x, np.minimum(t, T), T


def ahead(horizon: float) -> float:
    """The horizon, in the unit of the histories; ConfigError unless it is a finite number, at least 0.

    >>> ahead(30)
    30.0
    """
    if not 0 <= horizon < np.inf:
        raise ConfigError.from_range("horizon", horizon, "a finite time, at least 0")
    return float(horizon)


def by_row(
    value: Callable[[np.ndarray, np.ndarray, np.ndarray], Sequence[np.ndarray]],
    repeats: object,
    last: object,
    age: object,
    values: int,
) -> np.ndarray:
    """The `values` of each history, float64[values, n]; NaN where one of its numbers is missing."""
    x, t, T = checked(repeats, last, age)
    known = np.isfinite(x + t + T)
    out = np.full((values, len(x)), np.nan)
    if known.any():
        for row, found in zip(out, value(x[known], t[known], T[known]), strict=True):
            row[known] = found
    return out


def by_pair(
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    one: np.ndarray,
    other: np.ndarray,
    rows: int = 4096,
) -> np.ndarray:
    """`value` float64[…, n] computed once for each different pair, some thousand at a time."""
    order = np.lexsort((other, one))
    a, b = one[order], other[order]
    new = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)]
    a, b = a[new], b[new]
    found = np.concatenate(
        [value(a[k : k + rows], b[k : k + rows]) for k in range(0, len(a), rows)], axis=-1
    )
    out = np.empty((*found.shape[:-1], len(one)))
    out[..., order] = found[..., np.cumsum(new) - 1]
    return out


def maximise(
    rough: Objective,
    full: Objective,
    starts: Iterable[Iterable[float]],
    ridge: float = 0.0,
    least: Iterable[float] | None = None,
) -> Fitted:
    """The parameters (all positive) of the largest mean log-likelihood less `ridge` times the sum of their squared logarithms.

    An objective takes parameters to the mean log-likelihood and its gradient. All starts run on the `rough` one, of fewer people; the best goes
    on with the `full` one, between exp(-9), or `least`, and exp(9). Where it comes out at the least or outside exp(-6) to exp(6) the likelihood
    is flat or has no optimum: it is sought again with a ridge of at least 0.001 and said so.

    >>> def parabola(v):
    ...     return float(-(v[0] - 2) ** 2), -2 * (v - 2)
    >>> maximise(parabola, parabola, [[1.0]]).params.round(3)
    array([2.])
    """
    origins = [np.log(np.asarray(s, np.float64)) for s in starts]
    low = (
        np.full(len(origins[0]), -BOUND) if least is None else np.log(np.asarray(least, np.float64))
    )
    best = _search(full, [_search(rough, origins, ridge, low, steps=60, close=1e-7).x], ridge, low)
    edge = bool(((np.abs(best.x) > EDGE) | (best.x < low + _NEAR)).any())
    note = "" if best.success else f"the search stopped early: {best.message}"
    if edge:
        ridge = max(ridge, TINY)
        note = f"the likelihood is flat or highest at the end of the range; held by a ridge of {ridge:g}"
        best = _search(
            full, [_search(rough, origins, ridge, low, steps=60, close=1e-7).x], ridge, low
        )
    params = np.exp(best.x)
    return Fitted(params, full(params)[0], bool(best.success) and not edge, note)


def _search(
    objective: Objective,
    origins: list[np.ndarray],
    ridge: float,
    low: np.ndarray,
    steps: int = 300,
    close: float = 1e-12,
) -> Any:
    """The best of all searches; a search ends after `steps` or when a step gains less than `close` of the value."""

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        params = np.exp(theta)
        value, slope = objective(params)
        return ridge * float(theta @ theta) - value, 2 * ridge * theta - slope * params

    found = [
        minimize(
            loss,
            np.clip(o, low, BOUND),
            jac=True,
            method="L-BFGS-B",
            bounds=[(b, BOUND) for b in low],
            options={"maxiter": steps, "ftol": close, "gtol": 1e-7},
        )
        for o in origins
    ]
    return min(found, key=lambda f: float(f.fun))


def _grouped(columns: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different columns of a matrix, float64[k, m], and the sum of the weights of each, float64[m]."""
    order = np.lexsort(columns[::-1])
    ordered = columns[:, order]
    new = (
        np.flatnonzero(np.r_[True, (np.diff(ordered, axis=1) != 0).any(axis=0)])
        if len(order)
        else np.empty(0, int)
    )
    total = np.add.reduceat(weights[order], new) if len(order) else np.empty(0)
    return ordered[:, new], total


@dataclass(frozen=True)
class Lifetimes(Outcome):
    """A model of how long people stay and how often they transact: four positive parameters, of which those of `_timed` are times.

    A subclass gives `_starts` (the first, third and fourth parameter; the second is the first over the rate of everybody), `_objective`, `_density`,
    `_alive`, and of who is there `_to_come` and `_any`.
    """

    _starts: ClassVar[tuple[tuple[float, ...], ...]] = ()
    _timed: ClassVar[tuple[bool, ...]] = ()

    @classmethod
    def fit(
        cls,
        repeats: object,
        last: object,
        age: object,
        weights: object = None,
        *,
        ridge: float = 0.0,
    ) -> Self:
        """Maximum likelihood. `repeats` transactions after the first, the time of the `last` and the present `age`, both from the first one on, in
        any unit, float64[n]; rows with a missing number are left out. `ridge` pulls the parameters, in units of the mean age, towards 1.

        FrameError for histories that cannot be, HistoryError where nobody came back.
        """
        history = History.of(repeats, last, age, weights)
        starts = [(r, r / history.rate, *others) for r, *others in cls._starts]
        found = maximise(cls._objective(history.thin()), cls._objective(history), starts, ridge)
        params = (
            float(v) for v in found.params * [history.unit if timed else 1 for timed in cls._timed]
        )
        total = (
            found.mean - dot(history.weights, history.repeats) * np.log(history.unit)
        ) * history.people
        return cls(
            *params,
            log_likelihood=float(total),
            people=history.people,
            converged=found.converged,
            note=found.note,
        )

    def log_density(self, repeats: object, last: object, age: object) -> np.ndarray:
        """Log-likelihood of each history, float64[n]; NaN where a number is missing."""
        return by_row(lambda *h: [self._density(*h)], repeats, last, age, 1)[0]

    def alive(self, repeats: object, last: object, age: object) -> np.ndarray:
        """P(not gone for good by now), float64[n], NaN where a number is missing."""
        return self.outlook(repeats, last, age, ())[0]

    def expected(self, repeats: object, last: object, age: object, horizon: float) -> np.ndarray:
        """Expected transactions in `(T, T + horizon]`, float64[n], NaN where a number is missing."""
        horizon = ahead(horizon)
        return by_row(
            lambda x, t, T: self._alive(x, t, T) * self._to_come(x, T, [horizon]),
            repeats,
            last,
            age,
            1,
        )[0]

    def none(self, repeats: object, last: object, age: object, horizon: float) -> np.ndarray:
        """P(no transaction in `(T, T + horizon]`), the churn probability, float64[n], NaN where a number is missing."""
        horizon = ahead(horizon)
        return by_row(
            lambda x, t, T: [1 - self._alive(x, t, T) * self._any(x, T, horizon)],
            repeats,
            last,
            age,
            1,
        )[0]

    def outlook(
        self, repeats: object, last: object, age: object, horizons: Sequence[float]
    ) -> np.ndarray:
        """What `alive` says, and for each horizon what `expected` and `none` say, float64[1 + 2k, n]: sooner than one after another."""
        horizons = [ahead(h) for h in horizons]

        def value(x: np.ndarray, t: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
            alive, found = self._alive(x, t, T), self._to_come(x, T, horizons) if horizons else ()
            later = [
                (alive * come, 1 - alive * self._any(x, T, h))
                for h, come in zip(horizons, found, strict=True)
            ]
            return [alive, *chain.from_iterable(later)]

        return by_row(value, repeats, last, age, 1 + 2 * len(horizons))

    @classmethod
    def _objective(cls, history: History) -> Objective:
        raise TypeError(f"{cls.__name__} has no likelihood")

    def _density(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} has no likelihood")

    def _alive(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say who is alive")

    def _to_come(self, x: np.ndarray, T: np.ndarray, horizons: Sequence[float]) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say what is to come")

    def _any(self, x: np.ndarray, T: np.ndarray, horizon: float) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say whether anything is to come")
