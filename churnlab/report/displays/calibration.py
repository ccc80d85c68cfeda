"""CalibrationDisplay and DecilesDisplay: what was predicted against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from churnlab.evaluation.calibration import calibration_table
from churnlab.evaluation.contenders import label
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report import plots
from churnlab.report.axes import share_scales
from churnlab.report.displays.display import Display, by_name, checked, predicted_by
from churnlab.report.drawing import COLOURS, GREY, Axes, legend, name_axes, said


@dataclass(eq=False, repr=False)
class CalibrationDisplay(Display):
    """Predicted against observed churn, by groups of equal count, for each contender.

    `tables` are those of `metrics.calibration_table` by contender. Both scales are square roots,
    because most people have a small risk, and the area of a point is its share of the rows.

    >>> display = CalibrationDisplay.from_predictions([0, 0, 1, 0], [0.1, 0.2, 0.7, 0.2], bins=2)
    >>> display.tables["churnlab"]["rows"].tolist()
    [3, 1]
    """

    tables: Mapping[str, pd.DataFrame]
    height: float = 4.2

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        bins: int = 10,
        name: str | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The calibration of a fitted classifier, or of several, given as a mapping by name."""
        predicted = predicted_by(estimator, X, name)
        return cls.from_predictions(y, predicted, bins=bins, ax=ax, language=language)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        bins: int = 10,
        name: str | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The calibration of probabilities: float[n], or several as a mapping by name."""
        predicted = by_name(y_pred, name)
        truth = checked(y_true, predicted)
        tables = {key: calibration_table(truth, p, bins) for key, p in predicted.items()}
        return cls(tables).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the points of each contender, and the line where predictions are right."""
        largest = max(t[["predicted", "observed"]].max().max() for t in self.tables.values())
        top = max(float(largest), 0.05) * 1.1
        right = said(sentence("predicted is right"), language)
        axes.plot([0, top], [0, top], color=GREY, linewidth=1, linestyle="--", label=right)
        for i, (name, table) in enumerate(self.tables.items()):
            colour = COLOURS[i % len(COLOURS)]
            plots.calibration_points(axes, table, said(label(name), language), colour)
        share_scales(axes, top)
        left = sentence("share that churned")
        name_axes(axes, language, sentence("predicted churn probability"), left)
        legend(axes, "upper left")


@dataclass(eq=False, repr=False)
class DecilesDisplay(Display):
    """Predicted and actual value, or churn, by tenths of what was predicted.

    `table` is that of `metrics.calibration_table`.

    >>> display = DecilesDisplay.from_predictions([0.0, 8.0, 40.0], [1.0, 9.0, 30.0], bins=3)
    >>> display.table["observed"].tolist()
    [0.0, 8.0, 40.0]
    """

    table: pd.DataFrame

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        bins: int = 10,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The tenths of a fitted regressor, or of a classifier's probabilities."""
        (predicted,) = predicted_by(estimator, X, None).values()
        return cls.from_predictions(y, predicted, bins=bins, ax=ax, language=language)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        bins: int = 10,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The tenths of predictions, float[n]: amounts or probabilities."""
        predicted = by_name(y_pred, "predicted")
        truth = checked(y_true, predicted, binary=False)
        table = calibration_table(truth, predicted["predicted"], bins)
        return cls(table).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw two bars for each tenth."""
        plots.deciles(self.table, language, axes)
