"""The common part of the models of transactions: fitting, and the questions that they answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, Self

import numpy as np

from churnlab.btyd.fitting import Objective, Outcome, dot, maximise
from churnlab.btyd.histories import History, by_row, checked_horizon


@dataclass(frozen=True)
class Lifetimes(Outcome, ABC):
    """A model of how long people stay and how often they transact, with four positive parameters.

    The arguments of all methods are the histories: `repeats` transactions after the first, the time
    of the `last` one and the present `age`, both from the first on, in any unit, float64[n] or a
    number. A result is NaN where a number of the history is NaN. FrameError for impossible
    histories.

    A subclass says which parameters are times (`_timed`) and where to start the search (`_starts`:
    the first, third and fourth parameter; the second is the first over the rate of all people).
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
        """The model of maximum likelihood.

        Rows with a missing number are left out; a row counts `weights` times. `ridge` pulls the
        parameters, in units of the mean age, towards 1. FrameError for impossible histories,
        HistoryError where nobody came back.

        >>> from churnlab.btyd import MBGNBD
        >>> model = MBGNBD.fit([0, 1, 2, 5], [0, 8, 20, 30], [38, 30, 25, 38])
        >>> model.people, model.converged
        (4.0, False)
        """
        history = History.of(repeats, last, age, weights)
        starts = [(r, r / history.rate, *others) for r, *others in cls._starts]
        found = maximise(cls._objective(history.thin()), cls._objective(history), starts, ridge)
        units = [history.unit if timed else 1 for timed in cls._timed]
        in_units = dot(history.weights, history.repeats) * np.log(history.unit)
        return cls(
            *(float(v) for v in found.params * units),
            log_likelihood=float((found.mean - in_units) * history.people),
            people=history.people,
            converged=found.converged,
            note=found.note,
        )

    def log_density(self, repeats: object, last: object, age: object) -> np.ndarray:
        """Log-likelihood of each history, float64[n].

        >>> from churnlab.btyd import BGNBD
        >>> BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).log_density(2, 30.43, 38.86).round(3)
        array([-9.459])
        """
        return by_row(lambda *h: [self._density(*h)], repeats, last, age, 1)[0]

    def alive(self, repeats: object, last: object, age: object) -> np.ndarray:
        """Probability that the person has not left for good by now, float64[n].

        >>> from churnlab.btyd import BGNBD
        >>> BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).alive([0, 2], [0, 30.43], 38.86).round(3)
        array([1.   , 0.727])
        """
        return self.outlook(repeats, last, age, ())[0]

    def expected(self, repeats: object, last: object, age: object, horizon: float) -> np.ndarray:
        """Expected transactions in `(age, age + horizon]`, float64[n].

        >>> from churnlab.btyd import BGNBD
        >>> BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).expected(2, 30.43, 38.86, 39).round(3)
        array([1.226])
        """
        horizon = checked_horizon(horizon)

        def value(x: np.ndarray, t: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
            """Expected transactions in the horizon, of some rows."""
            return [self._alive(x, t, T) * self._to_come(x, T, [horizon])[0]]

        return by_row(value, repeats, last, age, 1)[0]

    def none(self, repeats: object, last: object, age: object, horizon: float) -> np.ndarray:
        """Probability of no transaction in `(age, age + horizon]`, which is churn, float64[n].

        >>> from churnlab.btyd import BGNBD
        >>> BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426).none(2, 30.43, 38.86, 39).round(3)
        array([0.445])
        """
        horizon = checked_horizon(horizon)

        def value(x: np.ndarray, t: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
            """The probability of no transaction in the horizon, of some rows."""
            return [1 - self._alive(x, t, T) * self._any(x, T, horizon)]

        return by_row(value, repeats, last, age, 1)[0]

    def outlook(
        self, repeats: object, last: object, age: object, horizons: Sequence[float]
    ) -> np.ndarray:
        """`alive`, then `expected` and `none` for each horizon, float64[1 + 2 horizons, n].

        Faster than one call after the other.

        >>> from churnlab.btyd import BGNBD
        >>> model = BGNBD(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> model.outlook(2, 30.43, 38.86, [39]).round(3).T
        array([[0.727, 1.226, 0.445]])
        """
        horizons = [checked_horizon(h) for h in horizons]

        def value(x: np.ndarray, t: np.ndarray, T: np.ndarray) -> list[np.ndarray]:
            """All columns of the outlook, of some rows."""
            alive = self._alive(x, t, T)
            found = self._to_come(x, T, horizons) if horizons else ()
            later = [
                (alive * come, 1 - alive * self._any(x, T, h))
                for h, come in zip(horizons, found, strict=True)
            ]
            return [alive, *chain.from_iterable(later)]

        return by_row(value, repeats, last, age, 1 + 2 * len(horizons))

    @classmethod
    @abstractmethod
    def _objective(cls, history: History) -> Objective:
        """Parameters to the mean log-likelihood of a person and its gradient."""

    @abstractmethod
    def _density(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Log-likelihood of each history, float64[n]."""

    @abstractmethod
    def _alive(self, x: np.ndarray, t: np.ndarray, T: np.ndarray) -> np.ndarray:
        """Probability that the person has not left, float64[n]."""

    @abstractmethod
    def _to_come(self, x: np.ndarray, T: np.ndarray, horizons: Sequence[float]) -> np.ndarray:
        """Expected transactions of a person who has not left, float64[horizons, n]."""

    @abstractmethod
    def _any(self, x: np.ndarray, T: np.ndarray, horizon: float) -> np.ndarray:
        """Probability of a transaction of a person who has not left, float64[n]."""
