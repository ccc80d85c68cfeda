"""The table of all metrics: name, target, direction, label, and where each is shown.

A metric enters the table where its function is defined, by the decorator `metric`. Evaluation,
Backtest, WarningTime, the model card and the command line read the table, so that a new metric is
one function in one file.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words

Better = Literal["higher", "lower", "one"]
Place = Literal["table", "headline", "card", "terminal", "warning_time", "strata"]
Score = Callable[..., float]
_Function = TypeVar("_Function", bound=Score)


@dataclass(frozen=True)
class Metric:
    """A metric of a target's predictions.

    `name` is used in tables, JSON and MLflow; people read `label`, and `says` explains in one
    sentence how to read a value. `better` names the better values: "higher", "lower", or "one" for
    values nearer to 1. `shown` holds the places:

    | place          | what is shown there                                                 |
    |----------------|---------------------------------------------------------------------|
    | `table`        | `Evaluation.table`, Backtest, their JSON, the figures of an MLflow run |
    | `headline`     | the one metric of cuts, groups and summaries                        |
    | `card`         | a row of the card's tables                                          |
    | `terminal`     | a column of the table on the command line                           |
    | `warning_time` | WarningTime                                                         |
    | `strata`       | the figures by how lately people were seen (`evaluation.strata`)    |

    >>> headline("churned").name, find("ltv", "total_bias").better
    ('auc', 'one')
    """

    name: str
    target: str
    better: Better
    label: Words
    function: Score
    says: Words
    shown: frozenset[Place]

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher value is always better.

        >>> find("churned", "auc").higher_is_better, find("churned", "brier").higher_is_better
        (True, False)
        """
        return self.better == "higher"

    def merit(self, values: pd.Series) -> pd.Series:
        """Numbers that rise as the values get better; a missing value stays missing.

        >>> find("ltv", "total_bias").merit(pd.Series([0.5, 1.1, 2.0])).round(1).tolist()
        [-0.5, -0.1, -1.0]
        """
        if self.better == "one":
            return -np.abs(values - 1)
        return values if self.better == "higher" else -values

    def best(self, values: pd.Series) -> Hashable:
        """The index label of the best value; the first of equals. Missing values are left out.

        >>> find("churned", "brier").best(pd.Series({"a": 0.2, "b": 0.1}))
        'b'
        """
        return self.merit(values).idxmax()


METRICS: dict[tuple[str, str], Metric] = {}


def metric(
    name: str,
    *,
    target: str,
    better: Better,
    label: Words,
    says: Words,
    shown: Iterable[Place] = ("table",),
) -> Callable[[_Function], _Function]:
    """A decorator that enters a function of `y`, `p` and weights `w` into the table of metrics.

    The function itself stays as it is. The fields are those of `Metric`.

    >>> @metric("worst", target="ltv", better="lower", label="worst error", says="in money",
    ...         shown=())
    ... def worst(y, p, w=None):
    ...     return float(np.abs(y - p).max())
    >>> worst(np.array([4.0, 6]), np.array([5.0, 9])), find("ltv", "worst").higher_is_better
    (3.0, False)
    >>> del METRICS["ltv", "worst"]
    """

    def enter(function: _Function) -> _Function:
        """Add the function to the table; returns it."""
        METRICS[target, name] = Metric(
            name, target, better, label, function, says, frozenset(shown)
        )
        return function

    return enter


def metrics_of(target: str, place: Place) -> tuple[Metric, ...]:
    """The metrics of a target that are shown at a place, in the order of the table.

    Every target but `churned` is an amount and has the metrics of `ltv`.

    >>> [m.name for m in metrics_of("ltv", "terminal")]
    ['normalised_gini', 'total_bias', 'mae']
    """
    kind = _kind(target)
    return tuple(m for m in METRICS.values() if m.target == kind and place in m.shown)


def headline(target: str) -> Metric:
    """The one metric of a target that cuts, groups and summaries show.

    >>> headline("ltv").name
    'normalised_gini'
    """
    return metrics_of(target, "headline")[0]


def find(target: str, name: str) -> Metric:
    """The metric of a target with this name; KeyError where there is none.

    >>> str(find("churned", "lift_at_10pct").label)
    'lift, riskiest tenth'
    """
    return METRICS[_kind(target), name]


def _kind(target: str) -> str:
    """The target whose metrics a target has."""
    return "churned" if target == "churned" else "ltv"
