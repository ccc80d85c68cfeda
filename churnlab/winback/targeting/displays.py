"""Displays of uplift: the targeting curve, people kept per 1,000 contacted, and Q(B)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import Words, sentence
from churnlab.report.axes import percent
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, COLOURS, GREY, INK, Axes, drawable, name_axes, said
from churnlab.winback.targeting.budget import BudgetCurve
from churnlab.winback.targeting.gain import PER
from churnlab.winback.targeting.policy import Policy
from churnlab.winback.targeting.rate import toc
from churnlab.winback.targeting.uplift import Uplift
from churnlab.winback.targeting.words import gain_words

_POINTS = 200
_FIRST = 0.05  # share of people from which a mean is shown; before it is one of a few people


@dataclass(eq=False, repr=False)
class TocDisplay(Display):
    """The targeting operator characteristic of each treatment on people held out.

    curves: per arm the shares of people treated and how much more those ranked first gain than all,
    per 1,000 people. A ranking that is worth nothing lies around 0. The area is AUTOC.
    """

    curves: Mapping[str, tuple[np.ndarray, np.ndarray]]
    what: Words

    @classmethod
    def of(cls, found: Uplift, *, ax: Axes | None = None, language: str = ENGLISH) -> Self:
        """The curves of an uplift model."""
        mine, curves = found.judged, {}
        for k, arm in enumerate(found.trial.arms):
            share, gain = toc(found.scores[mine, k], found.effect[mine, k], found.fold[mine])
            at = np.linspace(_FIRST, 1, _POINTS)
            curves[arm] = (at, PER * np.interp(at, share, gain))
        return cls(curves, gain_words(found.trial)).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a curve for each treatment."""
        axes.axhline(0, color=INK, linewidth=1)
        for i, (arm, (share, gain)) in enumerate(self.curves.items()):
            colour = COLOURS[i % len(COLOURS)]
            axes.plot(share, gain, color=colour, linewidth=1.8, label=drawable(arm))
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(percent)
        name_axes(
            axes,
            language,
            sentence("share of people treated, best first"),
            sentence("{what} per 1,000 more than at random", what=self.what),
        )
        self.legend(axes, min(len(self.curves), 3))


@dataclass(eq=False, repr=False)
class GainDisplay(Display):
    """What contacting the people ranked first brings per 1,000 contacted, with 95% intervals.

    table: that of `gain.gain_table`; the dashed line is contacting everybody.
    """

    table: pd.DataFrame
    arm: str
    what: Words

    @classmethod
    def of(
        cls,
        found: Uplift,
        arm: str | None = None,
        *,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The gain curve of one treatment, the first by default."""
        chosen = found.trial.arms[0] if arm is None else arm
        made = cls(found.gain(chosen), chosen, gain_words(found.trial))
        return made.plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw the curve, its band, and the line of contacting everybody."""
        table, last = self.table, self.table.iloc[-1]
        axes.axhline(0, color=INK, linewidth=1)
        everybody = said(sentence("contacting everybody"), language)
        axes.axhline(last["kept"], color=GREY, linestyle="--", linewidth=1.2, label=everybody)
        axes.fill_between(table["share"], table["low"], table["high"], color=BLUE, alpha=0.15)
        axes.plot(
            table["share"],
            table["kept"],
            color=BLUE,
            linewidth=1.8,
            marker="o",
            markersize=3.5,
            label=drawable(self.arm),
        )
        axes.set_xlim(0, 1.01)
        axes.xaxis.set_major_formatter(percent)
        name_axes(
            axes,
            language,
            sentence("share of people contacted, best first"),
            sentence("{what} per 1,000 contacted", what=self.what),
        )
        self.legend(axes, 2)


@dataclass(eq=False, repr=False)
class BudgetDisplay(Display):
    """Q(B): what the best rule brings per 1,000 people for each budget, with 95% intervals.

    curves: by name.
    """

    curves: Mapping[str, BudgetCurve]
    what: Words

    @classmethod
    def of_uplift(cls, found: Uplift, *, ax: Axes | None = None, language: str = ENGLISH) -> Self:
        """The curve of an uplift model, person by person."""
        curves = {"": found.curve()}
        return cls(curves, gain_words(found.trial)).plot(ax, language=language)

    @classmethod
    def of_policy(
        cls,
        found: Policy,
        uplift: Uplift | None = None,
        *,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The curve of a policy by group; with `uplift` also that of its model by person."""
        curves = {"groups": found.curve} | ({} if uplift is None else {"people": uplift.curve()})
        return cls(curves, gain_words(found.trial)).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a curve and a band for each rule."""
        names: Mapping[str, Words] = {
            "groups": sentence("treatment by group"),
            "people": sentence("treatment by person"),
            "": "",
        }
        for i, (name, curve) in enumerate(self.curves.items()):
            table, colour = curve.table, COLOURS[i % len(COLOURS)]
            low, high = PER * table["low"], PER * table["high"]
            axes.fill_between(table["budget"], low, high, color=colour, alpha=0.15)
            label = said(names.get(name, name), language)
            axes.plot(
                table["budget"], PER * table["gain"], color=colour, linewidth=1.8, label=label
            )
        axes.axhline(0, color=INK, linewidth=1)
        axes.set_xlim(left=0)
        name_axes(
            axes,
            language,
            sentence("money spent a person"),
            sentence("{what} per 1,000 people", what=self.what),
        )
        if len(self.curves) > 1:
            self.legend(axes, 2)
