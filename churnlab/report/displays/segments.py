"""SegmentsDisplay: how well a model works for different people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.evaluation.evaluation import Evaluation
from churnlab.evaluation.judge import Judge
from churnlab.evaluation.metric_table import headline
from churnlab.evaluation.segments import in_words, segments
from churnlab.evaluation.tables import heading
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines
from churnlab.report.displays.display import Display, by_name, checked, predicted_by
from churnlab.report.drawing import BLUE, GREY, INK, Axes, fonts, name_axes, said

_ROW = 0.42  # inches
_MOST = 30


@dataclass(eq=False, repr=False)
class SegmentsDisplay(Display):
    """The headline metric of each group of people, with its 95% interval, beside all people.

    `table` is that of `Evaluation.per_segment`; `metric` its metric, `everybody` the figure of all.
    Groups without a figure are named with the reason.

    >>> index = pd.MultiIndex.from_product([range(60), pd.to_datetime(["2026-03-01"])])
    >>> y = pd.Series(np.tile([0.0, 0, 1], 20), index.set_names(["user_id", "snapshot"]))
    >>> groups = pd.DataFrame({"channel": np.repeat(["ads", "shop"], 30)}, y.index)
    >>> SegmentsDisplay.from_predictions(y, y * 0.8, groups).table["auc"].tolist()
    [1.0, 1.0]
    """

    table: pd.DataFrame
    metric: str
    everybody: float

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each group."""
        return 1.1 + _ROW * max(len(self.table), 2)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: pd.DataFrame,
        y: pd.Series,
        groups: pd.DataFrame | None = None,
        *,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The groups of a fitted estimator; without `groups` those of `segments(X)`."""
        (predicted,) = predicted_by(estimator, X, None).values()
        made = segments(X) if groups is None else groups
        return cls.from_predictions(y, predicted, made, ax=ax, language=language)

    @classmethod
    def from_predictions(
        cls,
        y_true: pd.Series,
        y_pred: Any,
        groups: pd.DataFrame,
        *,
        target: str = "churned",
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The groups of predictions, float[n]: one column of `groups` for each grouping.

        `y_true` is indexed by user_id and snapshot, so that people are resampled whole. `target` is
        `churned` or `ltv`.
        """
        said_by = by_name(y_pred, None)
        truth = checked(y_true, said_by, target == "churned")
        (p,) = said_by.values()
        users = y_true.index.get_level_values("user_id").to_numpy()
        table = Judge.of(target).by_group(groups, truth, p, users)
        main = headline(target)
        everybody = main.function(truth, p, None)
        return cls(table, main.name, everybody).plot(ax, language=language)

    @classmethod
    def from_evaluation(
        cls, evaluation: Evaluation, *, ax: Axes | None = None, language: str = ENGLISH
    ) -> Self:
        """The groups of an evaluation, such as `judged.evaluations["churned"]`."""
        main = headline(evaluation.target).name
        everybody = evaluation.interval(main).value
        return cls(evaluation.per_segment, main, everybody).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point and an interval for each group."""
        shown = self.table.head(_MOST)
        place = np.arange(len(shown))
        value = shown[self.metric].to_numpy(float)
        ends = np.abs(shown[["low", "high"]].to_numpy(float).T - value)
        axes.errorbar(value, place, xerr=ends, fmt="o", color=BLUE, ecolor=GREY, capsize=3)
        axes.axvline(self.everybody, color=INK, linestyle="--", linewidth=1)
        everybody = said(sentence("everybody"), language)
        axes.annotate(
            everybody,
            (self.everybody, 1.0),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=INK,
            fontfamily=fonts(),
        )
        for i, row in enumerate(shown.itertuples()):
            if row.note:
                self._say_why(axes, i, said(row.note, language))
        axes.set_yticks(place, [_label(row, language) for row in shown.itertuples()])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        name_axes(axes, language, heading(self.metric))

    def _say_why(self, axes: Axes, place: int, why: str) -> None:
        axes.annotate(
            why,
            (0.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8,
            color=GREY,
            fontfamily=fonts(),
        )


def _label(row: Any, language: str) -> str:
    """A grouping and a group with the number of people."""
    words = sentence(
        "{grouping}: {group} ({people:,})",
        grouping=in_words(row.group),
        group=in_words(str(row.value)),
        people=int(row.people),
    )
    return in_lines(said(words, language))
