"""Displays of cohorts: the triangle as a heat map, and the averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from churnlab.language.sentence import sentence
from churnlab.report.axes import in_lines, percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import COLOURS, GREY, INK, Axes, fonts, name_axes, said
from churnlab.retention.people import group_words

_MOST_ROWS = 26
_MOST_COLUMNS = 14
_PERIODS_LATER = {
    "day": sentence("days later"),
    "week": sentence("weeks later"),
    "month": sentence("months later"),
}


@dataclass(eq=False, repr=False)
class TriangleDisplay(Display):
    """The cohort triangle as a heat map: a row a cohort, a column a period later.

    `shares` is that of `Cohorts.triangle`, `labels` and `sizes` belong to its rows, `every` is the
    length of a period. Of many cohorts the newest are drawn; a period that is not over is blank.
    """

    caption = sentence("Each cohort by whole periods after its own")
    shares: pd.DataFrame
    labels: Sequence[str]
    sizes: np.ndarray
    every: str

    @property
    def rows(self) -> np.ndarray:
        """The places of the cohorts that are drawn: the newest that have people."""
        return np.flatnonzero(np.asarray(self.sizes) > 0)[-_MOST_ROWS:]

    @property
    def height(self) -> float:  # type: ignore[override]
        """Inches: a line for each cohort."""
        return 1.1 + 0.27 * max(len(self.rows), 3)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a cell for each share, with its percents."""
        share = self.shares.to_numpy(float)[self.rows, 1 : 1 + _MOST_COLUMNS]
        there = np.isfinite(share)
        top = float(share[there].max()) if there.any() else 1.0
        axes.grid(False)
        if share.size:
            axes.imshow(share, cmap="YlGnBu", vmin=0, vmax=max(top, 0.01), aspect="auto")
        for i, j in zip(*np.nonzero(there), strict=True):
            colour = "white" if share[i, j] > 0.6 * top else INK
            text = f"{100 * share[i, j]:.0f}"
            axes.text(j, i, text, ha="center", va="center", fontsize=8, color=colour)
        names = [
            said(
                sentence("{cohort} ({size:,})", cohort=self.labels[i], size=int(self.sizes[i])),
                language,
            )
            for i in self.rows
        ]
        axes.set_yticks(range(len(names)), [said(n, language) for n in names], fontsize=8)
        columns = range(share.shape[1])
        axes.set_xticks(columns, [str(1 + k) for k in columns])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        name_axes(axes, language, _PERIODS_LATER[self.every])
        title = said(sentence("percent of each cohort that came"), language)
        axes.set_title(title, fontsize=9, loc="left", color=INK, fontfamily=fonts())


@dataclass(eq=False, repr=False)
class ReturnsDisplay(Display):
    """Average retention of new people on each day, with 95% intervals; a line for each group.

    `averages` is the table of `Cohorts.averages`.
    """

    caption = sentence("New people who came on a day, with 95% intervals")
    averages: pd.DataFrame

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a point and an interval for each group and day."""
        frame = self.averages
        frame = frame[(frame["returns"] == "on") & (frame["who"] == "new")]
        days = sorted(frame["from_day"].unique())
        groups = list(frame.groupby(["grouping", "group"], dropna=False, sort=False))
        shift = np.linspace(-0.18, 0.18, len(groups)) if len(groups) > 1 else [0.0]
        for k, (names, part) in enumerate(groups[: len(COLOURS)]):
            place = [days.index(day) + shift[k] for day in part["from_day"]]
            share = part["share"].to_numpy(float)
            ends = np.abs(part[["low", "high"]].to_numpy(float).T - share)
            everybody = pd.isna(names[0])
            axes.errorbar(
                place,
                share,
                yerr=np.nan_to_num(ends),
                fmt="o-",
                linewidth=1,
                markersize=4,
                capsize=2,
                color=GREY if everybody and len(groups) > 1 else COLOURS[k % len(COLOURS)],
                label=in_lines(said(group_words(*names), language)),
            )
        axes.set_xticks(range(len(days)), [str(day) for day in days])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("day after the first"), sentence("share that came"))
        if len(groups) > 1:
            self.legend(axes, columns=2)
