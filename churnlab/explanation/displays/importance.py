"""ImportanceDisplay: which themes and features move the score most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd

from churnlab.explanation.displays.parts import ExplanationDisplay, theme_name
from churnlab.explanation.explanation import Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, label_right
from churnlab.report.drawing import BLUE, Axes, drawable, name_axes, said

_ROW = 0.36  # inches


@dataclass(eq=False, repr=False)
class ImportanceDisplay(ExplanationDisplay):
    """How much each theme, or each feature, moves the score: the mean absolute push.

    `values` has the importance by name, largest first.

    >>> from churnlab.explanation.explanation import example
    >>> ImportanceDisplay.from_explanation(example()).values.round(2).tolist()
    [0.6, 0.25]
    """

    values: pd.Series
    why: Explanation
    by: Literal["theme", "feature"]

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each name."""
        return 0.9 + _ROW * max(len(self.values), 2)

    @classmethod
    def from_explanation(  # type: ignore[override]
        cls,
        why: Explanation,
        *,
        by: Literal["theme", "feature"] = "theme",
        top: int = 12,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The importance of themes, or of the `top` features."""
        pushes = why.themes() if by == "theme" else why.values
        found = pushes.abs().mean().sort_values(ascending=False, kind="stable").head(top)
        return cls(found, why, by).plot(ax, language=language)

    def names(self, language: str = ENGLISH) -> list[str]:
        """The names of themes or features in words."""
        if self.by == "theme":
            return [said(theme_name(str(name)), language) for name in self.values.index]
        words = self.why.importance(language).set_index("name")["what"]
        return [drawable(words[name]) for name in self.values.index]

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar for each name, the largest on top."""
        place = np.arange(len(self.values))
        axes.barh(place, self.values.to_numpy(), color=BLUE, height=0.62)
        axes.set_yticks(place, [in_lines(name) for name in self.names(language)])
        axes.set_ylim(len(place) - 0.4, -0.6)
        name_axes(axes, language, sentence("mean absolute push on the score"))
        label_right(axes)
