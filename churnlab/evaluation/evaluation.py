"""Evaluation: a model beside the dumb things, with intervals, per cut and per segment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import FrameError, HistoryError
from churnlab.evaluation import metrics
from churnlab.evaluation.contenders import MODEL, predict
from churnlab.evaluation.judge import Judge, doubts
from churnlab.evaluation.records import plain_value, records


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a model did on later snapshots, beside the dumb things on the same rows.

    `table` has a row for each contender and metric: contender, metric, value, low, high, difference, difference_low,
    difference_high (the model minus the contender, on the same resamples of people; 95%). `per_cut` and `per_segment` have the
    model's main figures by day and by group, with a note where one is missing; `calibration` ten bins of equal count, predicted and
    observed. `warnings` say what is unsure: few people, one class nearly alone, one person who is much of the money.
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
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        predictions: Mapping[str, np.ndarray],
        y: pd.Series,
        *,
        target: str,
        segments: pd.DataFrame | None = None,
        draws: int = 200,
        seed: int = 0,
        warnings: tuple[str, ...] = (),
    ) -> Evaluation:
        """From predictions by contender (`churnlab` is the model) and labels indexed by (user_id, snapshot).

        `segments` has the index of y and one column a grouping. Raises HistoryError without rows or with one class only,
        FrameError for predictions of another length or that are not finite.
        """
        truth, users = y.to_numpy(np.float64), y.index.get_level_values("user_id").to_numpy()
        _check(predictions, truth, target)
        judge = Judge.of(target, draws, seed)
        mine = np.asarray(predictions[MODEL], np.float64)
        days = pd.DataFrame(
            {"day": y.index.get_level_values("snapshot").strftime("%Y-%m-%d")}, index=y.index
        )
        return cls(
            target,
            len(truth),
            len(pd.unique(users)),
            float(truth.mean()),
            judge.table(predictions, truth, users),
            judge.by_group(days, truth, mine, users),
            judge.by_group(segments, truth, mine, users),
            metrics.calibration_table(truth, mine),
            _extra(target, truth, mine),
            (*warnings, *doubts(target, truth, users)),
        )

    @classmethod
    def compare(
        cls, fitted: Mapping[str, Any], test: Dataset, target: str, **options: Any
    ) -> Evaluation:
        """Predicts `test` with every fitted estimator and judges them by its labels."""
        said = {name: predict(model, test.X) for name, model in fitted.items()}
        return cls.of(said, test.y(target), target=target, **options)

    def interval(self, metric: str, contender: str = MODEL) -> metrics.Interval:
        """One figure of the table."""
        row = self.table[
            (self.table["contender"] == contender) & (self.table["metric"] == metric)
        ].iloc[0]
        return metrics.Interval(row["value"], row["low"], row["high"])

    def metrics(self) -> dict[str, float]:
        """The model's figures and the dumb things', flat, for tracking."""
        flat = {
            f"{self.target}_{r.metric}"
            if r.contender == MODEL
            else f"{self.target}_{r.metric}_{r.contender}": float(r.value)
            for r in self.table.itertuples()
            if math.isfinite(r.value)
        }
        return flat | {f"{self.target}_{k}": v for k, v in self.extra.items() if math.isfinite(v)}

    def summary(self) -> str:
        """One honest sentence."""
        main = "auc" if self.target == "churned" else "normalised_gini"
        others = self.table[
            (self.table["metric"] == main) & (self.table["contender"] != MODEL)
        ].dropna(subset=["value"])
        words = f"{main.replace('_', ' ')} {self.interval(main)} on {self.rows:,} later snapshots of {self.people:,} people"
        if others.empty:
            return words + "."
        best = others.loc[others["value"].idxmax()]
        return (
            words
            + f"; the best of the dumb things, {best['contender'].replace('_', ' ')}, reaches {best['value']:.3f}."
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; what is not known is null."""
        frames = {
            name: records(getattr(self, name))
            for name in ("table", "per_cut", "per_segment", "calibration")
        }
        return {
            "target": self.target,
            "rows": self.rows,
            "people": self.people,
            "mean": self.mean,
            "extra": {k: plain_value(v) for k, v in self.extra.items()},
            "warnings": list(self.warnings),
            **frames,
        }

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> Evaluation:
        """The inverse of to_dict."""
        frames = {
            n: pd.DataFrame(about[n]).replace({None: np.nan})
            for n in ("table", "per_cut", "per_segment", "calibration")
        }
        extra = {k: float("nan") if v is None else v for k, v in about["extra"].items()}
        return cls(
            about["target"],
            about["rows"],
            about["people"],
            about["mean"],
            extra=extra,
            warnings=tuple(about.get("warnings", ())),
            **frames,
        )

    def _repr_html_(self) -> str:
        unsure = "".join(f"<p>unsure: {escape(text)}</p>" for text in self.warnings)
        return (
            self.table.to_html(index=False, float_format="%.3f", escape=True, na_rep="–") + unsure
        )


def _check(predictions: Mapping[str, np.ndarray], y: np.ndarray, target: str) -> None:
    if MODEL not in predictions:
        raise FrameError.from_missing_columns("predictions", [MODEL], predictions)
    if not len(y):
        raise HistoryError.from_no_rows("evaluation")
    if target == "churned" and y.min() == y.max():
        raise HistoryError.from_one_class(target, y[0], len(y))
    for name, p in predictions.items():
        if len(p) != len(y) or not np.isfinite(p).all():
            raise FrameError.from_bad_predictions(
                name, len(p), len(y), int((~np.isfinite(p)).sum())
            )


def _extra(target: str, y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    if target != "churned":
        return {"predicted_mean": float(p.mean()), "observed_mean": float(y.mean())}
    return {
        "calibration_slope": metrics.calibration_slope(y, p),
        "expected_calibration_error": metrics.expected_calibration_error(y, p),
        "predicted_mean": float(p.mean()),
        "observed_mean": float(y.mean()),
    }
