"""Evaluation: a model beside the dumb things, with intervals, per cut and per segment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from churnlab import metrics, profit
from churnlab.dataset import Dataset
from churnlab.errors import ChurnlabError, FrameError, HistoryError
from churnlab.estimators import baselines

CHURN: dict[str, metrics.Metric] = {
    "auc": metrics.auc, "average_precision": metrics.average_precision, "lift_at_10pct": metrics.lift,
    "precision_at_10pct": metrics.precision_at, "recall_at_10pct": metrics.recall_at, "brier": metrics.brier, "log_loss": metrics.log_loss,
    "empc": profit.empc}
VALUE: dict[str, metrics.Metric] = {
    "normalised_gini": metrics.normalised_gini, "spearman": metrics.spearman, "total_bias": metrics.total_bias,
    "mae": metrics.mae, "rmse": metrics.rmse}
MODEL, FEWEST_ROWS, FEW_PEOPLE, HEAVY, NEW_DAYS = "churnlab", 30, 200, 0.2, 60
_TENURE = "lifecycle__tenure_days__all"


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
    def of(cls, predictions: Mapping[str, np.ndarray], y: pd.Series, *, target: str, segments: pd.DataFrame | None = None,
           draws: int = 200, seed: int = 0, warnings: tuple[str, ...] = ()) -> Evaluation:
        """From predictions by contender (`churnlab` is the model) and labels indexed by (user_id, snapshot).

        `segments` has the index of y and one column a grouping. Raises HistoryError without rows or with one class only,
        FrameError for predictions of another length or that are not finite.
        """
        truth, users = y.to_numpy(np.float64), y.index.get_level_values("user_id").to_numpy()
        _check(predictions, truth, target)
        judge = Judge.of(target, draws, seed)
        mine = np.asarray(predictions[MODEL], np.float64)
        days = pd.DataFrame({"day": y.index.get_level_values("snapshot").strftime("%Y-%m-%d")}, index=y.index)
        return cls(target, len(truth), len(pd.unique(users)), float(truth.mean()), judge.table(predictions, truth, users),
                   judge.by_group(days, truth, mine, users), judge.by_group(segments, truth, mine, users),
                   metrics.calibration_table(truth, mine), _extra(target, truth, mine), (*warnings, *doubts(target, truth, users)))

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
        frames = {name: records(getattr(self, name)) for name in ("table", "per_cut", "per_segment", "calibration")}
        return {"target": self.target, "rows": self.rows, "people": self.people, "mean": self.mean,
                "extra": {k: _plain(v) for k, v in self.extra.items()}, "warnings": list(self.warnings), **frames}

    @classmethod
    def from_dict(cls, about: Mapping[str, Any]) -> Evaluation:
        """The inverse of to_dict."""
        frames = {n: pd.DataFrame(about[n]).replace({None: np.nan}) for n in ("table", "per_cut", "per_segment", "calibration")}
        extra = {k: float("nan") if v is None else v for k, v in about["extra"].items()}
        return cls(about["target"], about["rows"], about["people"], about["mean"], extra=extra,
                   warnings=tuple(about.get("warnings", ())), **frames)

    def _repr_html_(self) -> str:
        unsure = "".join(f"<p>unsure: {escape(text)}</p>" for text in self.warnings)
        return self.table.to_html(index=False, float_format="%.3f", escape=True, na_rep="–") + unsure


def predict(model: Any, X: pd.DataFrame) -> np.ndarray:
    """A churn probability or an amount, float64[n], whichever the estimator gives; a model of ours takes its columns by name."""
    X = model.select(X) if hasattr(model, "select") else X
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(X)[:, 1])
    return np.asarray(model.predict(X))


def fit_baselines(X: pd.DataFrame, y: pd.Series, target: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The dumb things of a target, fitted; one that cannot be is left out, and a sentence says why."""
    kinds: Mapping[str, type] = baselines.CHURN if target == "churned" else baselines.VALUE
    fitted, left_out = {}, []
    for name, kind in kinds.items():
        try:
            fitted[name] = kind().fit(X, y)
        except ChurnlabError as error:
            left_out.append(f"{name.replace('_', ' ')} is not beside it: {error}")
    return fitted, tuple(left_out)


def segments(X: pd.DataFrame) -> pd.DataFrame:
    """Groups to judge apart: newcomers and others, and categories of at most twelve values."""
    tenure = X[_TENURE] if _TENURE in X else pd.Series(np.nan, index=X.index)
    age = np.where(tenure.isna(), "not known", np.where(tenure < NEW_DAYS, f"under {NEW_DAYS} days ago", "earlier"))
    out = pd.DataFrame({"first seen": age}, index=X.index)
    for column in X.columns:
        if isinstance(X[column].dtype, pd.CategoricalDtype) and len(X[column].cat.categories) <= 12:
            out[column.removeprefix("profile__").removesuffix("__static").replace("_", " ")] = X[column]
    return out


def doubts(target: str, y: np.ndarray, users: np.ndarray) -> tuple[str, ...]:
    """What is unsure in figures from these rows, a sentence each; `y` float64[n], `users` [n].

    >>> doubts("ltv", np.array([900.0, *[3.0] * 300]), np.arange(301))
    ('one person is 50% of all value: totals, RMSE and the order of the top hang on that person',)
    """
    people = len(pd.unique(users))
    said = [f"judged on {people:,} people only: a few more or less move every figure"] if people < FEW_PEOPLE else []
    if target == "churned":
        least, what = min((int(y.sum()), "churned"), (int((1 - y).sum()), "stayed"))
        return (*said, *([f"only {least:,} of {len(y):,} rows {what}: the figures are unsure"] if least < FEWEST_ROWS else []))
    total = float(y.sum())
    most = float(pd.Series(y).groupby(pd.factorize(users)[0]).sum().max())
    if total <= 0:
        said.append("nobody spent anything: whether the order is right cannot be told")
    elif most > HEAVY * total:
        said.append(f"one person is {most / total:.0%} of all value: totals, RMSE and the order of the top hang on that person")
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

    def table(self, predictions: Mapping[str, np.ndarray], y: np.ndarray, users: np.ndarray) -> pd.DataFrame:
        """Every contender under every metric, float64[n] each, with paired differences to the model on the same resamples of people."""
        sides = {name: _descending(y, np.asarray(p, np.float64)) for name, p in predictions.items()}
        values = {name: self._all(truth, p) for name, (_, truth, p) in sides.items()}
        drawn = np.empty((self.draws, len(sides), len(self.kinds)))
        for i, w in enumerate(metrics.resampled(users, self.draws, self.seed)):
            drawn[i] = [self._all(truth, p, w[order]) for order, truth, p in sides.values()]
        mine, place = drawn[:, list(sides).index(MODEL)], {name: i for i, name in enumerate(sides)}
        rows = [(name, kind, *_three(metrics.interval(values[name][k], drawn[:, place[name], k])),
                 *_three(metrics.interval(values[MODEL][k] - values[name][k], mine[:, k] - drawn[:, place[name], k])))
                for k, kind in enumerate(self.kinds) for name in sides]
        return pd.DataFrame(rows, columns=["contender", "metric", "value", "low", "high", "difference", "difference_low", "difference_high"])

    def _all(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> list[float]:
        return [metric(y, p, w) for metric in self.kinds.values()]

    def missing(self, y: np.ndarray) -> str:
        """Why figures of these rows are missing; nothing where they are not."""
        if len(y) < FEWEST_ROWS:
            return f"{len(y):,} rows, fewer than {FEWEST_ROWS}"
        if self.target == "churned" and y.min() == y.max():
            return f"{self.target} is {y[0]:.0f} in all {len(y):,} rows"
        return "nobody spent anything" if self.target != "churned" and not y.any() else ""

    def by_group(self, groups: pd.DataFrame | None, y: np.ndarray, p: np.ndarray, users: np.ndarray) -> pd.DataFrame:
        """The main metric by the values of every column: group, value, rows, people, observed, predicted, metric, low, high, note."""
        kind = next(iter(self.kinds))
        rows = [(column, value, int(inside.sum()), len(pd.unique(users[inside])), y[inside].mean(), p[inside].mean(),
                 *_three(self._figure(kind, y[inside], p[inside], users[inside])), self.missing(y[inside]))
                for column, value, inside in each_group(groups)]
        return pd.DataFrame(rows, columns=["group", "value", "rows", "people", "observed", "predicted", kind, "low", "high", "note"])

    def _figure(self, kind: str, y: np.ndarray, p: np.ndarray, users: np.ndarray) -> metrics.Interval:
        if self.missing(y):
            return metrics.Interval(math.nan, math.nan, math.nan)
        return metrics.bootstrap(self.kinds[kind], y, p, users, min(self.draws, 100), self.seed)


def each_group(groups: pd.DataFrame | None) -> Iterator[tuple[str, str, np.ndarray]]:
    """Column, value and which rows have it, bool[n]; a missing value is "not known"."""
    for column in groups.columns if groups is not None else ():
        values = groups[column].astype(object).where(groups[column].notna(), "not known").astype(str).to_numpy()  # type: ignore[index]
        for value in sorted(set(values)):
            yield column, value, values == value


def _descending(y: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by falling prediction, so that each resample is sorted already: order, y, p."""
    order = np.argsort(-p, kind="stable")
    return order, y[order], p[order]


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


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, JSON-ready: what is not known is null."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in frame.to_dict("records")]
