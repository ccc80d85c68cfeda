"""Displays of this room: lifts of groups, value against cost, automated traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import in_lines
from churnlab.report.displays.display import Display
from churnlab.report.drawing import COLOURS, GREY, Axes, fonts, name_axes, said

_ROW = 0.3
_MOST = 12


@dataclass(eq=False, repr=False)
class LiftsDisplay(Display):
    """How many times as often each group has a trait, with intervals, on a logarithmic scale.

    `rows` has group, trait, member, lift, low and high, the first twelve of which are shown;
    `names` are the groups in order, and `say` how groups, traits and members are said.
    """

    rows: pd.DataFrame
    names: Sequence[str]
    say: Mapping[str, Words]

    grid = "x"

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each trait."""
        return 1.3 + _ROW * max(min(len(self.rows), _MOST), 2)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point with its interval for each trait, in the colour of its group."""
        shown = self.rows.head(_MOST).iloc[::-1]
        names = list(self.names)
        for place, row in enumerate(shown.itertuples()):
            colour = COLOURS[names.index(row.group) % len(COLOURS)]
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2)
            axes.plot([row.lift], [place], "o", color=colour, markersize=6)
        axes.axvline(1, color=GREY, linewidth=1)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.minorticks_off()
        texts = [in_lines(said(self._line(row), language), 38) for row in shown.itertuples()]
        axes.set_yticks(range(len(texts)), texts, fontfamily=fonts(), fontsize=8)
        for number, name in enumerate(names):
            colour = COLOURS[number % len(COLOURS)]
            axes.plot([], [], "o", color=colour, label=said(self.say[name], language))
        name_axes(axes, language, sentence("times as often as others"))
        self.legend(axes, 3)

    def _line(self, row: Any) -> Words:
        trait, member = self.say[row.trait], self.say[row.member]
        return sentence("{trait}: {member}", trait=trait, member=member)
