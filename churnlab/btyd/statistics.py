"""The histories that the models read, from the feature columns of a Dataset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from churnlab.errors import ConfigError, FrameError

if TYPE_CHECKING:
    import pandas as pd

_ACTIVE = "cadence__active_days__all"
_TENURE = "lifecycle__tenure_days__all"
_SINCE = "cadence__since_last_days__all"
_ORDERS = "spend__orders_sum__all"
_FIRST = "spend__since_first_days__all"
_LAST = "spend__since_last_days__all"
_MONEY = "spend__amount_sum__all"
COLUMNS = {"acts": (_ACTIVE, _TENURE, _SINCE), "orders": (_ORDERS, _FIRST, _LAST, _MONEY)}


@dataclass(frozen=True, eq=False)
class Statistics:
    """Histories before each row's own t, float64[n] each; NaN for a person without one.

    | field | meaning |
    |---|---|
    | `repeats` | transactions after the first |
    | `last` | days from the first to the last transaction |
    | `age` | days from the first transaction to t |
    | `value` | money per transaction, over all `valued` of them; NaN for acts |
    | `valued` | transactions that `value` is the mean of; 0 for acts |
    | `weights` | 1 / rows of that person, so that every person counts once |
    """

    repeats: np.ndarray
    last: np.ndarray
    age: np.ndarray
    value: np.ndarray
    valued: np.ndarray
    weights: np.ndarray


def statistics(X: pd.DataFrame, what: str = "acts") -> Statistics:
    """Histories from the columns of `Dataset.X`.

    `what` is "acts", whose transactions are the active days, or "orders". For orders the
    transactions are the days with an order, each with its money. A log counts orders and not days
    with an order, so the smaller of orders and active days is taken: a person with more orders than
    active days ordered several times on one day. A person who ordered on one day alone has repeated
    nothing. The money of the first transaction counts in `value`.

    Raises FrameError when columns are missing, ConfigError for another `what`.

    >>> import pandas as pd
    >>> X = pd.DataFrame({"cadence__active_days__all": [4.0],
    ...                   "lifecycle__tenure_days__all": [60.0],
    ...                   "cadence__since_last_days__all": [10.0]})
    >>> found = statistics(X)
    >>> found.repeats, found.last, found.age
    (array([3.]), array([50.]), array([60.]))
    """
    if what not in COLUMNS:
        raise ConfigError.from_unknown("kind of transaction", what, COLUMNS)
    missing = lacking(X, what)
    if missing:
        raise FrameError.from_missing_columns("X", missing, getattr(X, "columns", ()))
    count, first, since, *money = (X[name].to_numpy(np.float64) for name in COLUMNS[what])
    if what == "orders" and _ACTIVE in X:
        count = np.fmin(count, X[_ACTIVE].to_numpy(np.float64))
    age = np.where(count > 0, first, np.nan)
    last = np.maximum(age - since, 0)
    count = np.where(last > 0, np.maximum(count, 2), np.minimum(count, 1))
    repeats = np.where(np.isfinite(last), count - 1, np.nan)
    if money:
        value, valued = _value(count, money[0])
    else:
        value, valued = np.full(len(X), np.nan), np.zeros(len(X))
    return Statistics(repeats, last, age, value, valued, _weights(X))


def lacking(X: pd.DataFrame, what: str) -> list[str]:
    """The columns of these histories that X does not have.

    >>> import pandas as pd
    >>> lacking(pd.DataFrame({"spend__orders_sum__all": []}), "orders")[0]
    'spend__since_first_days__all'
    """
    given: Iterable[str] = getattr(X, "columns", ())
    return [name for name in COLUMNS[what] if name not in given]


def _value(count: np.ndarray, money: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Money per transaction, and the number of transactions; NaN and 0 where there is no money."""
    known = (count > 0) & (money > 0)
    return np.where(known, money / np.where(known, count, 1), np.nan), np.where(known, count, 0.0)


def _weights(X: pd.DataFrame) -> np.ndarray:
    """1 / rows of each row's person, float64[n]."""
    if "user_id" not in (X.index.names or ()):
        return np.ones(len(X))
    person = X.index.get_level_values("user_id")
    _, place, rows = np.unique(person.factorize()[0], return_inverse=True, return_counts=True)
    return 1 / rows[place]
