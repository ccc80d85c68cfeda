"""Evaluation: a model beside the dumb things, with intervals, per cut and per segment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from churnlab import metrics
from churnlab.dataset import Dataset
from churnlab.errors import FrameError, HistoryError

CHURN: dict[str, metrics.Metric] = {
    "auc": metrics.auc, "average_precision": metrics.average_precision, "lift_at_10pct": metrics.lift,
    "precision_at_10pct": metrics.precision_at, "recall_at_10pct": metrics.recall_at, "brier": metrics.brier, "log_loss": metrics.log_loss}
VALUE: dict[str, metrics.Metric] = {
    "normalised_gini": metrics.normalised_gini, "spearman": metrics.spearman, "total_bias": metrics.total_bias,
    "mae": metrics.mae, "rmse": metrics.rmse}
MODEL, FEWEST_ROWS = "churnlab", 30


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a model did on later snapshots, beside the dumb things on the same rows.

    `table` has a row for each contender and metric: contender, metric, value, low, high, difference, difference_low,
    difference_high (the model minus the contender, on the same resamples of people; 95%). `per_cut` and `per_segment` have the
    model's main figures by day and by group; `calibration` ten bins of equal count, predicted and observed.
    """

    target: str
    rows: int
    people: int
    mean: float
    table: pd.DataFrame
    per_cut: pd.DataFrame
    per_segment: pd.DataFrame
    calibration: pd.DataFrame
    extra: Mapping[str, float]

    @classmethod
    def of(cls, predictions: Mapping[str, np.ndarray], y: pd.Series, *, target: str, segments: pd.DataFrame | None = None,
           draws: int = 200, seed: int = 0) -> Evaluation:
        """From predictions by contender (`churnlab` is the model) and labels indexed by (user_id, snapshot).

        `segments` has the index of y and one column a grouping. Raises HistoryError without rows or with one class only,
        FrameError for predictions of another length or that are not finite.
        """
        truth, users = y.to_numpy(np.float64), y.index.get_level_values("user_id").to_numpy()
        _check(predictions, truth, target)
        judge = _Judge(CHURN if target == "churned" else VALUE, draws, seed)
        mine = np.asarray(predictions[MODEL], np.float64)
        days = pd.DataFrame({"day": y.index.get_level_values("snapshot").strftime("%Y-%m-%d")}, index=y.index)
        return cls(target, len(truth), len(pd.unique(users)), float(truth.mean()), judge.table(predictions, truth, users),
                   judge.by_group(days, truth, mine, users), judge.by_group(segments, truth, mine, users),
                   metrics.calibration_table(truth, mine), _extra(target, truth, mine))

    @classmethod
    def compare(cls, fitted: Mapping[str, Any], test: Dataset, target: str, **options: Any) -> Evaluation:
        """Predicts `test` with every fitted estimator and judges them by its labels."""
        said = {name: predict(model, test.X) for name, model in fitted.items()}
        return cls.of(said, test.y(target), target=target, **options)

    def interval(self, metric: str, contender: str = MODEL) -> metrics.Interval:
        """One figure of the table."""
        row = self.table[(self.table["contender"] == contender) & (self.table["metric"] == metric)].iloc[0]
        return metrics.Interval(row["value"], row["low"], row["high"])

    def metrics(self) -> dict[str, float]:
        """The model's figures and the dumb things', flat, for tracking."""
        flat = {f"{self.target}_{r.metric}" if r.contender == MODEL else f"{self.target}_{r.metric}_{r.contender}": float(r.value)
                for r in self.table.itertuples() if math.isfinite(r.value)}
        return flat | {f"{self.target}_{k}": v for k, v in self.extra.items() if math.isfinite(v)}

    def summary(self) -> str:
        """One honest sentence."""
        main = "auc" if self.target == "churned" else "normalised_gini"
        others = self.table[(self.table["metric"] == main) & (self.table["contender"] != MODEL)].dropna(subset=["value"])
        words = f"{main.replace('_', ' ')} {self.interval(main)} on {self.rows:,} later snapshots of {self.people:,} people"
        if others.empty:
            return words + "."
        best = others.loc[others["value"].idxmax()]
        return words + f"; the best of the dumb things, {best['contender'].replace('_', ' ')}, reaches {best['value']:.3f}."

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null."""
        frames = {name: _records(getattr(self, name)) for name in ("table", "per_cut", "per_segment", "calibration")}
        return {"target": self.target, "rows": self.rows, "people": self.people, "mean": self.mean,
                "extra": {k: _plain(v) for k, v in self.extra.items()}, **frames}

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> Evaluation:
        """The inverse of to_dict."""
        frames = {n: pd.DataFrame(about[n]).replace({None: np.nan}) for n in ("table", "per_cut", "per_segment", "calibration")}
        extra = {k: float("nan") if v is None else v for k, v in about["extra"].items()}
        return cls(about["target"], about["rows"], about["people"], about["mean"], extra=extra, **frames)

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, float_format="%.3f", escape=True)


def predict(model: Any, X: pd.DataFrame) -> np.ndarray:
    """A churn probability or an amount, float64[n], whichever the estimator gives; a model of ours takes its columns by name."""
    X = model.select(X) if hasattr(model, "select") else X
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X)[:, 1])
    return np.asarray(model.predict(X))


@dataclass(frozen=True)
class _Judge:
    """The metrics to compute and how to resample."""

    kinds: Mapping[str, metrics.Metric]
    draws: int
    seed: int

    def table(self, predictions: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray) -> pd.DataFrame:
        """Every contender under every metric, with paired differences to the model."""
        weights = metrics.resamples(users, self.draws, self.seed)
        rows = []
        for kind, metric in self.kinds.items():
            drawn = {name: self._drawn(metric, y, np.asarray(p, np.float64), weights) for name, p in predictions.items()}
            mine = drawn[MODEL]
            for name, (value, draws) in drawn.items():
                difference = metrics.interval(mine[0] - value, mine[1] - draws)
                rows.append((name, kind, *_three(metrics.interval(value, draws)), *_three(difference)))
        names = ["contender", "metric", "value", "low", "high", "difference", "difference_low", "difference_high"]
        return pd.DataFrame(rows, columns=names)

    @staticmethod
    def _drawn(metric: metrics.Metric, y: np.ndarray, p: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
        return metric(y, p), np.array([metric(y, p, w) for w in weights])

    def by_group(self, groups: pd.DataFrame | None, y: np.ndarray, p: np.ndarray, users: np.ndarray) -> pd.DataFrame:
        """The main metric by the values of every column: group, value, rows, people, observed, predicted, metric, low, high."""
        kind = next(iter(self.kinds))
        rows = []
        for column in groups.columns if groups is not None else ():
            values = groups[column].astype(object).where(groups[column].notna(), "not known").astype(str).to_numpy()  # type: ignore[index]
            for value in sorted(set(values)):
                inside = values == value
                rows.append((column, value, int(inside.sum()), len(pd.unique(users[inside])), y[inside].mean(), p[inside].mean(),
                             *_three(self._figure(kind, y[inside], p[inside], users[inside]))))
        return pd.DataFrame(rows, columns=["group", "value", "rows", "people", "observed", "predicted", kind, "low", "high"])

    def _figure(self, kind: str, y: np.ndarray, p: np.ndarray, users: np.ndarray) -> metrics.Interval:
        if len(y) < FEWEST_ROWS:
            return metrics.Interval(math.nan, math.nan, math.nan)
        return metrics.bootstrap(partial(self.kinds[kind]), y, p, users, min(self.draws, 100), self.seed)


def _three(interval: metrics.Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _check(predictions: Mapping[str, np.ndarray], y: np.ndarray, target: str) -> None:
    if MODEL not in predictions:
        raise FrameError.from_missing_columns("predictions", [MODEL], predictions)
    if not len(y):
        raise HistoryError.from_no_rows("evaluation")
    if target == "churned" and y.min() == y.max():
        raise HistoryError.from_one_class(target, y[0], len(y))
    for name, p in predictions.items():
        if len(p) != len(y) or not np.isfinite(p).all():
            raise FrameError.from_bad_predictions(name, len(p), len(y), int((~np.isfinite(p)).sum()))


def _extra(target: str, y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    if target != "churned":
        return {"predicted_mean": float(p.mean()), "observed_mean": float(y.mean())}
    return {"calibration_slope": metrics.calibration_slope(y, p), "expected_calibration_error": metrics.expected_calibration_error(y, p),
            "predicted_mean": float(p.mean()), "observed_mean": float(y.mean())}


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]
