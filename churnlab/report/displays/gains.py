"""GainsDisplay: how many of the leavers are among the riskiest people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from churnlab.language.catalogues import ENGLISH
from churnlab.report import plots
from churnlab.report.displays.display import Display, by_name, checked, predicted_by
from churnlab.report.drawing import Axes


@dataclass(eq=False, repr=False)
class GainsDisplay(Display):
    """Share of all leavers found among a share of people, highest risk first.

    `churned` float64[n] are the labels, `predictions` float64[n] by contender.

    >>> y, p = [0, 0, 1, 0, 1], [0.1, 0.3, 0.4, 0.2, 0.9]
    >>> display = GainsDisplay.from_predictions(y, p)
    >>> display.found(0.4)
    {'churnlab': 1.0}
    """

    churned: np.ndarray
    predictions: Mapping[str, np.ndarray]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The gains of a fitted classifier, or of several, given as a mapping by name."""
        said = predicted_by(estimator, X, name)
        return cls.from_predictions(y, said, ax=ax, language=language)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        name: str | None = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The gains of predictions: float[n], or several as a mapping by name.

        `Judged.predictions["churned"]` is one. Any score that rises with the risk will do.
        """
        said = by_name(y_pred, name)
        return cls(checked(y_true, said), said).plot(ax, language=language)

    def found(self, share: float) -> dict[str, float]:
        """The share of leavers found among a share of people, by contender."""
        return {
            name: float(np.interp(share, *plots.gains_curve(self.churned, p)))
            for name, p in self.predictions.items()
        }

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a curve for each contender, and the line of picking at random."""
        plots.gains(self.churned, self.predictions, language, axes)
