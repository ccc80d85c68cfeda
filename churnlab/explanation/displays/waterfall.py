"""WaterfallDisplay: how one person's risk comes about, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit

from churnlab.errors import ConfigError
from churnlab.explanation.displays.parts import (
    LOWERS,
    PUSH,
    RAISES,
    ExplanationDisplay,
    risk_scale,
    theme_name,
)
from churnlab.explanation.explanation import LOG_ODDS, Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, label_right
from churnlab.report.drawing import GREY, INK, Axes, drawable, fonts, name_axes, said

_ROW = 0.5  # inches
_REST = "rest"


@dataclass(eq=False, repr=False)
class WaterfallDisplay(ExplanationDisplay):
    """From the usual risk to the risk of one person, a step for each theme.

    `steps` are the pushes by theme, the strongest first; `why` explains the row alone. They begin
    at the usual log-odds, its base, and lead to those of the person. A step that raises the risk is
    told by the person's own reason, where the explanation has facts.

    >>> from churnlab.explanation.explanation import example
    >>> display = WaterfallDisplay.from_explanation(example(), 0)
    >>> display.steps.round(1).to_dict(), round(display.risk, 2)
    ({'silence': 0.7, 'spending': -0.2}, 0.62)
    """

    steps: pd.Series
    why: Explanation

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each step."""
        return 1.4 + _ROW * max(len(self.steps), 2)

    @property
    def risk(self) -> float:
        """The risk of the person: a probability of churn."""
        return float(expit(self.why.base + self.steps.sum()))

    @classmethod
    def from_explanation(  # type: ignore[override]
        cls,
        why: Explanation,
        row: int = 0,
        *,
        top: int = 6,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The steps of one row, at the place `row`; beyond the `top` themes they are one step.

        `why.values.index.get_loc((user_id, day))` is the place of a person.
        """
        if not 0 <= row < len(why.values):
            wanted = f"a place from 0 to {len(why.values) - 1:,}"
            raise ConfigError.from_range("row", row, wanted)
        one = _row(why, row)
        pushes = one.themes().iloc[0]
        order = pushes.abs().sort_values(ascending=False, kind="stable").index
        steps = pushes[order]
        if len(steps) > top + 1:
            steps = pd.concat([steps.head(top), pd.Series({_REST: steps.iloc[top:].sum()})])
        return cls(steps, one).plot(ax, language=language)

    def told(self, language: str = ENGLISH) -> dict[str, str]:
        """The person's reasons by theme; empty where the explanation has no facts."""
        if self.why.facts is None or self.why.unit != LOG_ODDS:
            return {}
        count = self.why.themes().shape[1]
        themes, reasons = self.why.reason_themes(count), self.why.reasons(count, language)
        pairs = zip(themes.iloc[0], reasons.iloc[0], strict=True)
        return {str(theme): str(reason) for theme, reason in pairs if reason}

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar for each step, from where the one before ended."""
        base = self.why.base
        ends = base + self.steps.cumsum().to_numpy()
        starts = np.r_[base, ends[:-1]]
        place = np.arange(len(self.steps))
        colour = [RAISES if push > 0 else LOWERS for push in self.steps]
        axes.barh(place, ends - starts, left=starts, color=colour, height=0.6)
        for i, end in enumerate(ends[:-1]):
            axes.plot([end, end], [i - 0.3, i + 1.3], color=GREY, linewidth=0.8)
        names = self.told(language)
        labels = [self._label(str(theme), names, language) for theme in self.steps.index]
        axes.set_yticks(place, [in_lines(label) for label in labels])
        axes.set_ylim(len(place) - 0.4, -0.6)
        reach = np.r_[base, ends]
        room = max(float(np.ptp(reach)) * 0.12, 0.3)
        limits = float(reach.min()) - room, float(reach.max()) + room
        if self.why.unit == LOG_ODDS:
            risk_scale(axes, *limits)
            self._title(axes, language)
        axes.axvline(base, color=INK, linestyle="--", linewidth=1)
        name_axes(axes, language, sentence("risk") if self.why.unit == LOG_ODDS else PUSH)
        label_right(axes)

    def _label(self, theme: str, told: dict[str, str], language: str) -> str:
        """The person's own reason for a step up, and the theme for others."""
        if theme == _REST:
            return said(sentence("everything else"), language)
        if self.steps[theme] > 0 and theme in told:
            return drawable(told[theme])
        name = theme_name(theme)
        if self.steps[theme] > 0:
            return said(name, language)
        return said(sentence("no sign of this: {theme}", theme=name), language)

    def _title(self, axes: Axes, language: str) -> None:
        words = sentence(
            "risk {risk:.0%}, where {base:.0%} is usual",
            risk=self.risk,
            base=float(expit(self.why.base)),
        )
        axes.annotate(
            said(words, language),
            (1, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            fontsize=10,
            color=INK,
            fontfamily=fonts(),
        )


def _row(why: Explanation, row: int) -> Explanation:
    """One row of an explanation."""
    facts = why.facts and replace(why.facts, frame=why.facts.frame.iloc[[row]])
    return replace(why, values=why.values.iloc[[row]], X=why.X.iloc[[row]], facts=facts)
