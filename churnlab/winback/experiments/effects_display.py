"""EffectsDisplay: the effects on one outcome, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, in_language, sentence
from churnlab.report.axes import in_lines
from churnlab.report.displays.display import Display
from churnlab.report.drawing import COLOURS, GREY, INK, Axes, drawable, name_axes
from churnlab.winback.experiments.effects import BETTER, WORSE, Effects
from churnlab.winback.experiments.words import group_words, outcome_words

_ROW = 0.36  # inches
_APART = 0.7  # of a line, which the treatments of a group share


@dataclass(eq=False, repr=False)
class EffectsDisplay(Display):
    """The effects of each treatment on one outcome, a row for each group and treatment.

    A filled point is beyond chance after the correction for several, an empty one could be chance.

    >>> EffectsDisplay.from_effects(Effects.example()).rows["effect"].tolist()
    [0.5]
    """

    rows: pd.DataFrame
    outcome: str
    share: bool
    randomised: bool

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each row."""
        return 1.4 + _ROW * max(len(self.rows), 2)

    @classmethod
    def from_effects(
        cls,
        found: Effects,
        outcome: str | None = None,
        *,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The effects on one outcome, the first by default; ConfigError for an unknown one."""
        known = found.frame["outcome"].unique().tolist()
        chosen = known[0] if outcome is None else outcome
        if chosen not in known:
            raise ConfigError.from_unknown("outcome", chosen, known)
        rows = found.frame[found.frame["outcome"] == chosen].reset_index(drop=True)
        made = cls(rows, chosen, chosen in found.shares, found.randomised)
        return made.plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point and an interval for each row."""
        treatments = self.rows["treatment"].unique().tolist()
        lines = self.rows["group" if self._grouped else "treatment"].unique().tolist()
        for i, name in enumerate(treatments):
            rows = self.rows[self.rows["treatment"] == name]
            apart = _APART * (i - (len(treatments) - 1) / 2) / len(treatments)
            places = np.arange(len(rows)) + apart if self._grouped else np.array([float(i)])
            self._draw(axes, rows, places, COLOURS[i % len(COLOURS)])
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_yticks(np.arange(len(lines)), [self._label(line, language) for line in lines])
        axes.set_ylim(len(lines) - 0.5, -0.5)
        name_axes(axes, language, self._axis())
        if len(treatments) > 1 and self._grouped:
            self.legend(axes, min(len(treatments), 3))

    def _draw(self, axes: Axes, rows: pd.DataFrame, places: np.ndarray, colour: str) -> None:
        """The rows of one treatment."""
        scale, name = 100 if self.share else 1, drawable(rows["treatment"].iloc[0])
        value = rows["effect"].to_numpy(float) * scale
        ends = np.abs(rows[["low", "high"]].to_numpy(float).T * scale - value)
        axes.errorbar(value, places, xerr=ends, fmt="none", ecolor=GREY, capsize=3)
        sure = rows["verdict"].isin([BETTER, WORSE]).to_numpy()
        fill = [colour if each else "white" for each in sure]
        axes.scatter(value, places, s=42, c=fill, edgecolors=colour, zorder=3)
        axes.scatter([], [], s=42, c=colour, edgecolors=colour, label=name)

    @property
    def _grouped(self) -> bool:
        return bool((self.rows["group"] != "").any())

    def _label(self, line: str, language: str) -> str:
        words: Words = group_words(line) if self._grouped else line
        return in_lines(drawable(in_language(words, language)))

    def _axis(self) -> Words:
        name = outcome_words(self.outcome)
        if not self.randomised and self.share:
            return sentence(
                "observational difference in {outcome}, in points of 100 people", outcome=name
            )
        if not self.randomised:
            return sentence("observational difference in {outcome}", outcome=name)
        if self.share:
            return sentence("effect on {outcome}, in points of 100 people", outcome=name)
        return sentence("effect on {outcome} a person", outcome=name)
