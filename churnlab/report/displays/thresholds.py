"""ThresholdsDisplay: precision, recall, people and money against the cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.evaluation.thresholds import threshold_table
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import percent, share_scales
from churnlab.report.displays.display import Display, by_name, checked, predicted_by
from churnlab.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    VIOLET,
    Axes,
    fonts,
    name_axes,
    said,
)

_LINES = (
    ("precision", BLUE, sentence("share of those contacted who leave (precision)")),
    ("recall", ORANGE, sentence("share of leavers contacted (recall)")),
    ("share", GREEN, sentence("share of people contacted")),
)


@dataclass(eq=False, repr=False)
class ThresholdsDisplay(Display):
    """What a cut means: contact everybody whose risk is at or above it.

    `table` is that of `evaluation.thresholds.threshold_table`: cut, people, share, precision,
    recall, profit. Money is drawn where a value was given, on an axis of its own; `best` is the
    cut that would have paid most.

    >>> y, p = [1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1]
    >>> display = ThresholdsDisplay.from_predictions(y, p, value=200, incentive=10, contact=1)
    >>> display.best[["cut", "people"]].tolist()
    [0.4, 3.0]
    """

    table: pd.DataFrame
    height: float = 4.6

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        value: np.ndarray | float | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
        **costs: Any,
    ) -> Self:
        """The cuts of a fitted classifier; further arguments as in `from_predictions`."""
        (p,) = predicted_by(estimator, X, None).values()
        return cls.from_predictions(y, p, value=value, ax=ax, language=language, **costs)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        value: np.ndarray | float | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
        **costs: Any,
    ) -> Self:
        """The cuts of probabilities, float[n].

        With `value`, the worth of a person who stays (one amount, or float[n]), money is shown.
        `costs` are gamma, incentive and contact, as in `profit.contact_profit`.
        """
        said_by = by_name(y_pred, None)
        truth = checked(y_true, said_by)
        (p,) = said_by.values()
        return cls(threshold_table(truth, p, value, **costs)).plot(ax, language=language)

    @property
    def best(self) -> pd.Series | None:
        """The row that paid most by the outcomes; None without money."""
        money = self.table["profit"]
        return None if money.isna().all() else self.table.loc[money.idxmax()]

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a line for each share, and for money on the right."""
        for column, colour, words in _LINES:
            named = said(words, language)
            axes.plot(
                self.table["cut"], self.table[column], color=colour, linewidth=1.8, label=named
            )
        top = float(self.table["cut"].max()) * 1.02
        share_scales(axes, top, "x")
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("cut: contact whose risk is at least this"))
        if self.best is not None:
            self._draw_money(axes, language)
        self.legend(axes)

    def _draw_money(self, axes: Axes, language: str) -> None:
        """Draw money on an axis of its own, and mark the cut that paid most."""
        money = axes.twinx()
        money.spines[["top", "left", "bottom"]].set_visible(False)
        money.spines["right"].set_color(GREY)
        money.tick_params(colors=INK, labelsize=9, color=GREY, labelfontfamily=fonts())
        money.yaxis.set_major_formatter("{x:,.0f}")
        money.axhline(0, color=GREY, linewidth=0.8)
        table, best = self.table, self.best
        words = said(sentence("money it brings (right)"), language)
        money.plot(table["cut"], table["profit"], color=VIOLET, linestyle="--", linewidth=1.8)
        axes.plot([], [], color=VIOLET, linestyle="--", linewidth=1.8, label=words)
        assert best is not None
        money.plot(best["cut"], best["profit"], "o", color=VIOLET, markersize=6)
        money.set_ylim(*_room(table["profit"]))


def _room(profit: pd.Series) -> tuple[float, float]:
    """Limits that keep the best cut in sight where contacting everybody costs very much."""
    best = max(float(profit.max()), 1.0)
    return max(float(profit.min()), -best) * 1.05, best * 1.15
