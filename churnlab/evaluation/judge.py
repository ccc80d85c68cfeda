"""Judge: figures of contenders with intervals from resampling people, and their doubts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from churnlab.evaluation import metrics as metrics  # importing it enters its metrics in the table
from churnlab.evaluation import profit as profit  # likewise
from churnlab.evaluation.contenders import MODEL
from churnlab.evaluation.intervals import Interval, bootstrap, interval, resampled
from churnlab.evaluation.metric_table import Metric, Place, metrics_of
from churnlab.evaluation.segments import each_group
from churnlab.language.sentence import Words, sentence
from churnlab.schema.progress import bar, counted

FEWEST_ROWS = 30
FEW_PEOPLE = 200
FEW_LEARNT = 200
HEAVY = 0.2
GROUP_DRAWS = 100
FIGURES = ["value", "low", "high", "difference", "difference_low", "difference_high"]


def doubts(target: str, y: np.ndarray, users: np.ndarray) -> tuple[Words, ...]:
    """A sentence for each reason why figures of these rows are unsure.

    `y` float64[n] holds the labels, `users` [n] the person of each row.

    >>> print(*doubts("ltv", np.array([900.0, *[3.0] * 300]), np.arange(301)))
    one person is 50% of all value: totals, RMSE and the order of the top depend on that person
    """
    people = len(pd.unique(users))
    few = sentence(
        "judged on {people:,} people only: a few more or less move every figure", people=people
    )
    about_labels = _few_of_a_class(y) if target == "churned" else _uneven_value(y, users)
    return (*([few] if people < FEW_PEOPLE else []), *about_labels)


def _few_of_a_class(y: np.ndarray) -> list[Words]:
    churned, stayed = int(y.sum()), int((1 - y).sum())
    if min(churned, stayed) >= FEWEST_ROWS:
        return []
    if churned <= stayed:
        return [
            sentence(
                "only {few:,} of {rows:,} rows churned: the figures are unsure",
                few=churned,
                rows=len(y),
            )
        ]
    return [
        sentence(
            "only {few:,} of {rows:,} rows stayed: the figures are unsure", few=stayed, rows=len(y)
        )
    ]


def _uneven_value(y: np.ndarray, users: np.ndarray) -> list[Words]:
    total = float(y.sum())
    if total <= 0:
        return [sentence("nobody spent anything: the order of people cannot be judged")]
    share = float(pd.Series(y).groupby(pd.factorize(users)[0]).sum().max()) / total
    if share <= HEAVY:
        return []
    return [
        sentence(
            "one person is {share:.0%} of all value: totals, RMSE and the order of the top "
            "depend on that person",
            share=share,
        )
    ]


def few_learnt(rows: int) -> list[Words]:
    """A warning where a model learnt from few rows."""
    return [sentence("learnt from {rows:,} rows only", rows=rows)] if rows < FEW_LEARNT else []


@dataclass(frozen=True)
class Judge:
    """The metrics of a target, and how people are resampled for their intervals."""

    target: str
    metrics: tuple[Metric, ...]
    draws: int
    seed: int

    @classmethod
    def of(cls, target: str, draws: int = 200, seed: int = 0, place: Place = "table") -> Judge:
        """A judge by the metrics of a target that are shown at a place."""
        return cls(target, metrics_of(target, place), draws, seed)

    def table(
        self, predictions: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray
    ) -> pd.DataFrame:
        """Every contender under every metric, with differences to the model.

        `predictions` float64[n] by contender, `y` float64[n], `users` [n]. Columns: contender,
        metric, value, low, high, difference, difference_low, difference_high; a difference is the
        model minus the contender, on the same resamples of people.
        """
        sides = {name: _descending(y, np.asarray(p, np.float64)) for name, p in predictions.items()}
        values = {name: self._all(truth, p) for name, (_, truth, p) in sides.items()}
        drawn = np.empty((self.draws, len(sides), len(self.metrics)))
        with bar("resampling people", self.draws) as step:
            for i, w in enumerate(resampled(users, self.draws, self.seed)):
                drawn[i] = [self._all(truth, p, w[order]) for order, truth, p in sides.values()]
                step(1)
        mine = drawn[:, list(sides).index(MODEL)]
        rows = []
        for k, metric in enumerate(self.metrics):
            for place, name in enumerate(sides):
                own = interval(values[name][k], drawn[:, place, k])
                ahead = values[MODEL][k] - values[name][k]
                gap = interval(ahead, mine[:, k] - drawn[:, place, k])
                rows.append((name, metric.name, *astuple(own), *astuple(gap)))
        return pd.DataFrame(rows, columns=["contender", "metric", *FIGURES])

    def _all(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> list[float]:
        return [metric.function(y, p, w) for metric in self.metrics]

    def missing(self, y: np.ndarray) -> Words:
        """Why figures of rows with the labels `y` float64[n] are missing; "" where they are not."""
        if len(y) < FEWEST_ROWS:
            return sentence("{rows:row|rows}, fewer than {fewest}", rows=len(y), fewest=FEWEST_ROWS)
        if self.target == "churned" and y.min() == y.max():
            return sentence(
                "{target} is {value:.0f} in all {rows:,} rows",
                target=self.target,
                value=float(y[0]),
                rows=len(y),
            )
        if self.target != "churned" and not y.any():
            return sentence("nobody spent anything")
        return ""

    def by_group(
        self, groups: pd.DataFrame | None, y: np.ndarray, p: np.ndarray, users: np.ndarray
    ) -> pd.DataFrame:
        """The headline metric for each group of each grouping, a column of `groups`.

        Columns: group, value, rows, people, observed, predicted, the metric, low, high, note.
        """
        main = metrics_of(self.target, "headline")[0]
        rows = []
        found = list(each_group(groups))
        with bar("resampling groups of people", len(found)) as step:
            for column, value, inside in counted(found, step, lambda _: 1):
                truth, said, who = y[inside], p[inside], users[inside]
                about = (int(inside.sum()), len(pd.unique(who)), truth.mean(), said.mean())
                figure = astuple(self._figure(main, truth, said, who))
                rows.append((column, value, *about, *figure, self.missing(truth)))
        counts = ["rows", "people", "observed", "predicted"]
        names = ["group", "value", *counts, main.name, "low", "high", "note"]
        return pd.DataFrame(rows, columns=names)

    def _figure(self, metric: Metric, y: np.ndarray, p: np.ndarray, users: np.ndarray) -> Interval:
        if self.missing(y):
            return Interval(math.nan, math.nan, math.nan)
        draws = min(self.draws, GROUP_DRAWS)
        return bootstrap(metric.function, y, p, users, draws, self.seed)


def _descending(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order, y and p of rows by falling prediction, so that each resample is sorted already."""
    order = np.argsort(-p, kind="stable")
    return order, y[order], p[order]
