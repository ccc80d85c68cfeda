"""The metrics of a target, and how people are resampled for their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.evaluation import metrics, profit
from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.segments import each_group

CHURN: dict[str, metrics.Metric] = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "lift_at_10pct": metrics.lift,
    "precision_at_10pct": metrics.precision_at,
    "recall_at_10pct": metrics.recall_at,
    "brier": metrics.brier,
    "log_loss": metrics.log_loss,
    "empc": profit.empc,
}


VALUE: dict[str, metrics.Metric] = {
    "normalised_gini": metrics.normalised_gini,
    "spearman": metrics.spearman,
    "total_bias": metrics.total_bias,
    "mae": metrics.mae,
    "rmse": metrics.rmse,
}


FEWEST_ROWS = 30
FEW_PEOPLE = 200
HEAVY = 0.2


def doubts(target: str, y: np.ndarray, users: np.ndarray) -> tuple[str, ...]:
    """What is unsure in figures from these rows, a sentence each; `y` float64[n], `users` [n].

    >>> doubts("ltv", np.array([900.0, *[3.0] * 300]), np.arange(301))
    ('one person is 50% of all value: totals, RMSE and the order of the top hang on that person',)
    """
    people = len(pd.unique(users))
    said = (
        [f"judged on {people:,} people only: a few more or less move every figure"]
        if people < FEW_PEOPLE
        else []
    )
    if target == "churned":
        least, what = min((int(y.sum()), "churned"), (int((1 - y).sum()), "stayed"))
        return (
            *said,
            *(
                [f"only {least:,} of {len(y):,} rows {what}: the figures are unsure"]
                if least < FEWEST_ROWS
                else []
            ),
        )
    total = float(y.sum())
    most = float(pd.Series(y).groupby(pd.factorize(users)[0]).sum().max())
    if total <= 0:
        said.append("nobody spent anything: whether the order is right cannot be told")
    elif most > HEAVY * total:
        said.append(
            f"one person is {most / total:.0%} of all value: totals, RMSE and the order of the top hang on that person"
        )
    return tuple(said)


@dataclass(frozen=True)
class Judge:
    """The metrics of a target and how people are resampled for their intervals."""

    target: str
    kinds: Mapping[str, metrics.Metric]
    draws: int
    seed: int

    @classmethod
    def of(cls, target: str, draws: int = 200, seed: int = 0) -> Judge:
        """The metrics of `churned` or of a value."""
        return cls(target, CHURN if target == "churned" else VALUE, draws, seed)

    def table(
        self, predictions: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray
    ) -> pd.DataFrame:
        """Every contender under every metric, float64[n] each, with paired differences to the model on the same resamples of people."""
        sides = {name: _descending(y, np.asarray(p, np.float64)) for name, p in predictions.items()}
        values = {name: self._all(truth, p) for name, (_, truth, p) in sides.items()}
        drawn = np.empty((self.draws, len(sides), len(self.kinds)))
        for i, w in enumerate(metrics.resampled(users, self.draws, self.seed)):
            drawn[i] = [self._all(truth, p, w[order]) for order, truth, p in sides.values()]
        mine, place = drawn[:, list(sides).index(MODEL)], {name: i for i, name in enumerate(sides)}
        rows = [
            (
                name,
                kind,
                *three(metrics.interval(values[name][k], drawn[:, place[name], k])),
                *three(
                    metrics.interval(
                        values[MODEL][k] - values[name][k], mine[:, k] - drawn[:, place[name], k]
                    )
                ),
            )
            for k, kind in enumerate(self.kinds)
            for name in sides
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "contender",
                "metric",
                "value",
                "low",
                "high",
                "difference",
                "difference_low",
                "difference_high",
            ],
        )

    def _all(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> list[float]:
        return [metric(y, p, w) for metric in self.kinds.values()]

    def missing(self, y: np.ndarray) -> str:
        """Why figures of these rows are missing; nothing where they are not."""
        if len(y) < FEWEST_ROWS:
            return f"{len(y):,} rows, fewer than {FEWEST_ROWS}"
        if self.target == "churned" and y.min() == y.max():
            return f"{self.target} is {y[0]:.0f} in all {len(y):,} rows"
        return "nobody spent anything" if self.target != "churned" and not y.any() else ""

    def by_group(
        self, groups: pd.DataFrame | None, y: np.ndarray, p: np.ndarray, users: np.ndarray
    ) -> pd.DataFrame:
        """The main metric by the values of every column: group, value, rows, people, observed, predicted, metric, low, high, note."""
        kind = next(iter(self.kinds))
        rows = [
            (
                column,
                value,
                int(inside.sum()),
                len(pd.unique(users[inside])),
                y[inside].mean(),
                p[inside].mean(),
                *three(self._figure(kind, y[inside], p[inside], users[inside])),
                self.missing(y[inside]),
            )
            for column, value, inside in each_group(groups)
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "group",
                "value",
                "rows",
                "people",
                "observed",
                "predicted",
                kind,
                "low",
                "high",
                "note",
            ],
        )

    def _figure(
        self, kind: str, y: np.ndarray, p: np.ndarray, users: np.ndarray
    ) -> metrics.Interval:
        if self.missing(y):
            return metrics.Interval(math.nan, math.nan, math.nan)
        return metrics.bootstrap(self.kinds[kind], y, p, users, min(self.draws, 100), self.seed)


def _descending(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by falling prediction, so that each resample is sorted already: order, y, p."""
    order = np.argsort(-p, kind="stable")
    return order, y[order], p[order]


def three(interval: metrics.Interval) -> tuple[float, float, float]:
    """Value, lower and upper end of an interval."""
    return interval.value, interval.low, interval.high
