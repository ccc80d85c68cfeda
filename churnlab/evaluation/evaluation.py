"""Evaluation: a model beside the baselines, with intervals, by snapshot day and by group."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from churnlab.dataset.dataset import Dataset
from churnlab.errors import FrameError, HistoryError
from churnlab.evaluation.calibration import (
    calibration_slope,
    calibration_table,
    expected_calibration_error,
)
from churnlab.evaluation.contenders import MODEL, label, predict
from churnlab.evaluation.intervals import Interval
from churnlab.evaluation.judge import Judge, doubts
from churnlab.evaluation.metric_table import Metric, Place, headline, metrics_of
from churnlab.evaluation.records import frame_from, json_value, records, words_list
from churnlab.evaluation.strata import (
    RECENT_HALF,
    Silence,
    as_table,
    not_by_silence,
    unknown,
)
from churnlab.evaluation.tables import Table, difference, heading
from churnlab.language.sentence import Sentence, Words, sentence
from churnlab.schema.names import as_column
from churnlab.schema.views import view

FRAMES = ("table", "per_cut", "per_segment", "calibration", "strata")
_TRACKABLE = re.compile(r"[\w.\- :]{1,100}")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a model did on later snapshots, beside the baselines on the same rows.

    `table` has a row for each contender and metric: contender, metric, value, low, high,
    difference, difference_low, difference_high (the model minus the contender, on the same
    resamples of people; 95% intervals). `per_cut` and `per_segment` have the headline metric by
    snapshot day and by group, with a note where a figure is missing. `calibration` has ten bins of
    equal count, predicted and observed. `strata` has the figures by how lately people were seen,
    beside what their own days say alone (`strata.Silence.judged`); it is empty where that is not
    known. `warnings` hold a sentence for each reason why the figures are unsure: few people, one
    class nearly alone, one person who is much of the money.

    >>> index = pd.MultiIndex.from_product(
    ...     [range(40), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
    ... )
    >>> churned = pd.Series(np.tile([1.0, 0, 0, 0], 10), index=index)
    >>> said = {"churnlab": np.tile([0.8, 0.1, 0.2, 0.3], 10), "base_rate": np.full(40, 0.25)}
    >>> print(Evaluation.of(said, churned, target="churned").summary())
    AUC 1.000 [1.000, 1.000] on 40 later snapshots of 40 people; the best baseline, base rate,
    reaches 0.500.
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
    warnings: tuple[Words, ...] = ()
    strata: pd.DataFrame = field(default_factory=unknown)

    @classmethod
    def of(
        cls,
        predictions: Mapping[str, np.ndarray],
        y: pd.Series,
        *,
        target: str,
        segments: pd.DataFrame | None = None,
        silence: Silence | None = None,
        draws: int = 200,
        seed: int = 0,
        warnings: tuple[Words, ...] = (),
    ) -> Evaluation:
        """An evaluation of predictions by labels.

        `predictions` float64[n] by contender; `churnlab` is the model. `y` has the labels, indexed
        by (user_id, snapshot). `segments` has the index of y and one column a grouping. `silence`
        has the days since the last active day of each row. `draws` is the number of resamples of
        people. `warnings` stand before those that are found. Raises HistoryError without rows or
        with one class only, FrameError for predictions of another length or that are not finite.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> found = Evaluation.of({"churnlab": spent.to_numpy() + 1}, spent, target="ltv")
        >>> found.table.set_index("metric")["value"].round(2).to_dict()
        {'normalised_gini': 1.0, 'spearman': 1.0, 'total_bias': 1.13, 'mae': 1.0, 'rmse': 1.0}
        """
        truth, users = y.to_numpy(np.float64), y.index.get_level_values("user_id").to_numpy()
        _check(predictions, truth, target)
        judge = Judge.of(target, draws, seed)
        mine = np.asarray(predictions[MODEL], np.float64)
        days = y.index.get_level_values("snapshot").strftime("%Y-%m-%d")
        return cls(
            target=target,
            rows=len(truth),
            people=len(pd.unique(users)),
            mean=float(truth.mean()),
            table=judge.table(predictions, truth, users),
            per_cut=judge.by_group(pd.DataFrame({"day": days}, y.index), truth, mine, users),
            per_segment=judge.by_group(segments, truth, mine, users),
            calibration=calibration_table(truth, mine),
            extra=_extra(target, truth, mine),
            warnings=(*warnings, *doubts(target, truth, users)),
            strata=silence.judged(predictions, truth, users, judge) if silence else unknown(),
        )

    @classmethod
    def compare(
        cls, fitted: Mapping[str, Any], test: Dataset, target: str, **options: Any
    ) -> Evaluation:
        """An evaluation of fitted estimators by contender, on the rows and labels of `test`.

        `options` are those of `of`. The strata of silence are made of the features of `test`; a
        warning says so where these lack the days since the last active day.

        >>> from churnlab import Churn
        >>> from sklearn.dummy import DummyClassifier
        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> X = pd.DataFrame({"days": [1.0, 2, 3, 4]}, index=index)
        >>> labels = pd.DataFrame({"churned": [0.0, 0, 0, 1]}, index=index)
        >>> test = Dataset(X, labels, pd.DataFrame(), (Churn(30),))
        >>> model = DummyClassifier().fit(X, labels["churned"])
        >>> print(Evaluation.compare({"churnlab": model}, test, "churned").interval("brier"))
        0.188 [0.062, 0.438]
        """
        said = {name: predict(model, test.X) for name, model in fitted.items()}
        return cls.on(said, test, target, **options)

    @classmethod
    def on(
        cls, predictions: Mapping[str, np.ndarray], test: Dataset, target: str, **options: Any
    ) -> Evaluation:
        """An evaluation of predictions by contender for the rows of `test`, as `compare` makes it.

        >>> from churnlab import Churn
        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> labels = pd.DataFrame({"churned": [0.0, 0, 0, 1]}, index=index)
        >>> test = Dataset(pd.DataFrame(index=index), labels, pd.DataFrame(), (Churn(30),))
        >>> said = {"churnlab": np.array([0.1, 0.2, 0.1, 0.6])}
        >>> print(Evaluation.on(said, test, "churned").interval("auc"))
        1.000 [1.000, 1.000]
        """
        silence = options.setdefault("silence", Silence.in_dataset(test, target))
        if silence is None:
            options["warnings"] = (*options.get("warnings", ()), not_by_silence())
        return cls.of(predictions, test.y(target), target=target, **options)

    def interval(self, metric: str, contender: str = MODEL) -> Interval:
        """A metric of a contender with its 95% interval.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> found = Evaluation.of({"churnlab": spent.to_numpy() * 2}, spent, target="ltv")
        >>> print(found.interval("total_bias"))
        2.000 [2.000, 2.000]
        """
        row = self._row(metric, contender)
        return Interval(row["value"], row["low"], row["high"])

    def _row(self, metric: str, contender: str) -> pd.Series:
        of_contender = self.table["contender"] == contender
        return self.table[of_contender & (self.table["metric"] == metric)].iloc[0]

    def metrics(self) -> dict[str, float]:
        """The figures of the model and the baselines, flat, for tracking; missing ones left out.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> said = {"churnlab": spent.to_numpy() + 1, "zero": np.zeros(4)}
        >>> flat = Evaluation.of(said, spent, target="ltv").metrics()
        >>> flat["ltv_mae"], flat["ltv_mae_zero"], flat["ltv_predicted_mean"]
        (1.0, 7.5, 8.5)
        """
        flat = {
            _flat_name(self.target, r.metric, r.contender): float(r.value)
            for r in self.table.itertuples()
            if math.isfinite(r.value)
        }
        flat |= {f"{self.target}_{k}": v for k, v in self.extra.items() if math.isfinite(v)}
        half = self.among_recent()
        return flat | {
            _flat_name(self.target, f"{r.metric}_{RECENT_HALF}", r.contender): float(r.value)
            for r in half.itertuples()
            if math.isfinite(r.value)
        }

    def among_recent(self) -> pd.DataFrame:
        """The rows of `strata` with the headline metric among the half seen most recently."""
        if self.strata.empty:
            return self.strata
        half = self.strata["stratum"] == RECENT_HALF
        return self.strata[half & (self.strata["metric"] == headline(self.target).name)]

    def by_silence(self, *, brief: bool = False) -> Table | None:
        """`strata` for people; None where it is not known how lately people were seen.

        Where it is `brief`, fewer figures are shown, and the headline metric alone has intervals.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(40), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> churned = pd.Series(np.tile([1.0, 0, 0, 0], 10), index=index)
        >>> said = {"churnlab": np.tile([0.8, 0.1, 0.2, 0.3], 10)}
        >>> long_ago = Silence(np.arange(40.0))
        >>> found = Evaluation.of(said, churned, target="churned", silence=long_ago)
        >>> found.by_silence().frame()["note"][0]
        'too few: 8 people'
        """
        return None if self.strata.empty else as_table(self.strata, self.target, brief=brief)

    def summary(self) -> Sentence:
        """The headline metric of the model and of the best baseline, in one sentence.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> print(Evaluation.of({"churnlab": spent.to_numpy()}, spent, target="ltv").summary())
        normalised Gini 1.000 [1.000, 1.000] on 4 later snapshots of 4 people.
        """
        main = headline(self.target)
        known = self.table[self.table["metric"] == main.name].dropna(subset=["value"])
        others = known[known["contender"] != MODEL]
        figure = sentence(
            "{metric} {interval} on {rows:,} later snapshots of {people:,} people",
            metric=main.label,
            interval=self.interval(main.name).words(),
            rows=self.rows,
            people=self.people,
        )
        if others.empty:
            return sentence("{figure}.", figure=figure)
        best = others.loc[main.best(others["value"])]
        return sentence(
            "{figure}; the best baseline, {contender}, reaches {value:.3f}.",
            figure=figure,
            contender=label(best["contender"]),
            value=best["value"],
        )

    def beside(self, place: Place = "terminal", *, differences: bool = False) -> Table:
        """Contenders down and the metrics of a place across, each with its 95% interval.

        With `differences`, a column holds the model minus the contender in the first metric.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> found = Evaluation.of({"churnlab": spent.to_numpy() * 2}, spent, target="ltv")
        >>> found.beside().frame()["total bias"].tolist()
        ['2.000 [2.000, 2.000]']
        """
        metrics = metrics_of(self.target, place)
        contenders = tuple(dict.fromkeys(self.table["contender"]))
        columns = [heading("contender"), *(m.label for m in metrics)]
        rows = [
            [label(name), *(self.interval(m.name, name).words() for m in metrics)]
            for name in contenders
        ]
        if differences:
            first = metrics[0]
            columns.insert(2, sentence("{metric}, churnlab minus it", metric=first.label))
            for name, row in zip(contenders, rows, strict=True):
                row.insert(2, self._ahead(first, name))
        return Table(
            tuple(columns),
            tuple(tuple(row) for row in rows),
            numbers=frozenset(range(1, len(columns))),
            ours=frozenset(i for i, name in enumerate(contenders) if name == MODEL),
        )

    def _ahead(self, metric: Metric, contender: str) -> Words:
        """The model minus a contender; nothing for the model itself."""
        row = self._row(metric.name, contender)
        if contender == MODEL or math.isnan(row["difference"]):
            return ""
        return difference(row["difference"], row["difference_low"], row["difference_high"])

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; a missing value is null, a sentence its text, template and values.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> given = Evaluation.of({"churnlab": spent.to_numpy()}, spent, target="ltv").to_dict()
        >>> given["rows"], given["warnings"][0]["text"]
        (4, 'judged on 4 people only: a few more or less move every figure')
        """
        return {
            "target": self.target,
            "rows": self.rows,
            "people": self.people,
            "mean": self.mean,
            "extra": {k: json_value(v) for k, v in self.extra.items()},
            "warnings": [json_value(words) for words in self.warnings],
            **{name: records(getattr(self, name)) for name in FRAMES},
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Evaluation:
        """The evaluation that `to_dict` was called on.

        >>> index = pd.MultiIndex.from_product(
        ...     [range(4), pd.to_datetime(["2026-01-01"])], names=["user_id", "snapshot"]
        ... )
        >>> spent = pd.Series([0.0, 10, 20, 0], index=index)
        >>> found = Evaluation.of({"churnlab": spent.to_numpy()}, spent, target="ltv")
        >>> str(Evaluation.from_dict(found.to_dict()).summary()) == str(found.summary())
        True
        """
        return cls(
            target=given["target"],
            rows=given["rows"],
            people=given["people"],
            mean=given["mean"],
            extra={k: math.nan if v is None else v for k, v in given["extra"].items()},
            warnings=words_list(given.get("warnings", ())),
            **{name: frame_from(given[name]) for name in FRAMES if name in given},
        )

    def __repr__(self) -> str:
        return f"Evaluation({self.target}: {self.summary()})"

    def _repr_html_(self) -> str:
        return str(view("report.glances:evaluation")(self).html())


def _flat_name(target: str, metric: str, contender: str) -> str:
    """The name of a figure for tracking, with a contender's name where stores of runs take it."""
    if contender == MODEL:
        return f"{target}_{metric}"
    named = contender if _TRACKABLE.fullmatch(contender) else as_column(f"<{contender}>")
    return f"{target}_{metric}_{named}"


def _check(predictions: Mapping[str, np.ndarray], y: np.ndarray, target: str) -> None:
    if MODEL not in predictions:
        raise FrameError.from_missing_columns("predictions", [MODEL], predictions)
    if not len(y):
        raise HistoryError.from_no_rows("evaluation")
    if target == "churned" and y.min() == y.max():
        raise HistoryError.from_one_class(target, y[0], len(y))
    for name, p in predictions.items():
        if len(p) != len(y) or not np.isfinite(p).all():
            bad = int((~np.isfinite(p)).sum())
            raise FrameError.from_bad_predictions(name, len(p), len(y), bad)


def _extra(target: str, y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    means = {"predicted_mean": float(p.mean()), "observed_mean": float(y.mean())}
    if target != "churned":
        return means
    return {
        "calibration_slope": calibration_slope(y, p),
        "expected_calibration_error": expected_calibration_error(y, p),
        **means,
    }
