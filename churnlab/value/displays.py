"""Displays of this room: lifts of groups, value against cost, automated traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import in_lines
from churnlab.report.displays.display import Display
from churnlab.report.drawing import COLOURS, GREY, Axes, drawable, fonts, name_axes, said
from churnlab.value.shown import channel_named

_ROW = 0.3
_MOST = 12
_POINTS = 3000


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


@dataclass(eq=False, repr=False)
class TrafficDisplay(Display):
    """Acts on an active day against minutes of session a day, the flagged apart from the others.

    `people` has acts, active_days, minutes and flagged; at most 3,000 of the others are drawn.
    """

    people: pd.DataFrame
    height: float = 4.2

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point for each account, on logarithmic scales that begin at 0."""
        shown = self.people[self.people["active_days"] > 0]
        days = shown["active_days"].to_numpy(float)
        acts, minutes = (
            shown["acts"].to_numpy(float) / days,
            shown["minutes"].to_numpy(float) / days,
        )
        flagged = shown["flagged"].to_numpy(bool)
        others = np.flatnonzero(~flagged)
        others = others[:: max(1, len(others) // _POINTS)]
        kinds = (
            (others, GREY, sentence("others")),
            (np.flatnonzero(flagged), COLOURS[1], sentence("looks automated")),
        )
        for rows, colour, words in kinds:
            label = said(words, language)
            axes.plot(
                acts[rows], minutes[rows], "o", color=colour, markersize=4, alpha=0.7, label=label
            )
        axes.set_xscale("symlog", linthresh=1)
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=-0.2)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.minorticks_off()
        left = sentence("minutes in sessions on an active day")
        name_axes(axes, language, sentence("acts on an active day"), left)
        self.legend(axes, 2)


@dataclass(eq=False, repr=False)
class ChannelsDisplay(Display):
    """Mean money of a person by days since they came, for each channel, and its cost.

    `curves` has channel, age and value; `rows` is `ChannelValue.by_channel`. A cost is a dashed
    line; values at the `ages` that are extrapolated in part are hollow points.
    """

    curves: pd.DataFrame
    rows: pd.DataFrame
    ages: Sequence[int]
    currency: str
    height: float = 4.4

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a line, the cost and the extrapolated points of each of the largest channels."""
        shown = self.rows[self.rows["people"] > 0].head(len(COLOURS) - 1)
        for number, row in enumerate(shown.to_dict("records")):
            colour = COLOURS[number]
            own = self.curves[self.curves["channel"] == row["channel"]]
            name = said(channel_named(str(row["channel"])), language)
            axes.plot(own["age"], own["value"], color=colour, linewidth=2, label=name)
            if np.isfinite(row["cost_per_person"]):
                axes.axhline(row["cost_per_person"], color=colour, linewidth=1, linestyle="--")
            young = [age for age in self.ages if row[f"extrapolated_{age}"] > 0]
            values = [row[f"value_{age}"] for age in young]
            axes.plot(young, values, "o", color=colour, markerfacecolor="white", markersize=6)
        axes.plot([], [], color=GREY, linestyle="--", label=said(sentence("cost"), language))
        hollow = said(sentence("extrapolated in part"), language)
        axes.plot([], [], "o", color=GREY, markerfacecolor="white", label=hollow)
        axes.set_xlim(0, max(self.ages) * 1.02)
        axes.set_ylim(bottom=0)
        axes.set_xticks([0, *self.ages])
        sign = drawable(self.currency)
        axes.yaxis.set_major_formatter(lambda value, _: f"{sign}{value:,.10g}")
        left = sentence("money of a person")
        name_axes(axes, language, sentence("days since they came"), left)
        self.legend(axes, 3)
