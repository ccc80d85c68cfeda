"""ReasonsDisplay: which reasons people have, over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from churnlab.errors import FrameError
from churnlab.explanation.displays.parts import ExplanationDisplay, theme_name
from churnlab.explanation.explanation import Explanation
from churnlab.language.catalogues import ENGLISH
from churnlab.language.sentence import sentence
from churnlab.report.axes import percent
from churnlab.report.drawing import COLOURS, GREY, PALE, Axes, name_axes, said

_MOST = 7
_OTHERS = "others"
_NONE = "no reason"
_WORDS = {_OTHERS: sentence("other reasons"), _NONE: sentence("no reason")}
_GREYS = {_OTHERS: GREY, _NONE: PALE}
_TURNED_FROM = 4  # days
_MOST_MARKS = 12
_WIDE = 5.6  # inches, room for two names side by side


@dataclass(eq=False, repr=False)
class ReasonsDisplay(ExplanationDisplay):
    """The mix of first reasons: on each snapshot day, the share of people by their theme.

    `table` has a row for each day and a column for each theme, the most frequent first, and sums to
    1 on a day. Last are those without a reason: people whose risk is not above the usual one, and
    those for whom no sentence is true.

    >>> from churnlab.explanation.explanation import example
    >>> from dataclasses import replace
    >>> index = pd.MultiIndex.from_tuples([("ann", "2026-03-01"), ("bob", "2026-04-01")])
    >>> index = index.set_names(["user_id", "snapshot"])
    >>> why = replace(example(), values=example().values.set_axis(index))
    >>> ReasonsDisplay.from_explanation(why).table.to_dict("list")
    {'silence': [1.0, 0.0], 'no reason': [0.0, 1.0]}
    """

    table: pd.DataFrame
    height: float = 4.2

    @classmethod
    def from_explanation(  # type: ignore[override]
        cls,
        why: Explanation,
        *,
        among: Any = None,
        ax: Axes | None = None,
        language: str = ENGLISH,
    ) -> Self:
        """The mix of an explanation whose index has the level `snapshot`, with its facts.

        `among` is a mask bool[n] of the rows to count, such as those at high risk (None: all).
        """
        if "snapshot" not in why.values.index.names:
            names = [str(name) for name in why.values.index.names]
            raise FrameError.from_missing_columns("the index", ["snapshot"], names)
        first = why.reason_themes(1)["theme_1"].replace("", _NONE)
        if among is not None:
            first = first[np.asarray(among, bool)]
        day = pd.to_datetime(first.index.get_level_values("snapshot")).strftime("%Y-%m-%d")
        table = pd.crosstab(day, first.to_numpy(), normalize="index")
        return cls(_ordered(table)).plot(ax, language=language)

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar for each day, in parts by theme."""
        place, below = np.arange(len(self.table)), np.zeros(len(self.table))
        for i, theme in enumerate(self.table):
            share = self.table[theme].to_numpy()
            words = _WORDS.get(str(theme)) or theme_name(str(theme))
            colour = _GREYS.get(str(theme)) or COLOURS[i % (len(COLOURS) - 1)]
            axes.bar(place, share, 0.8, below, color=colour, label=said(words, language))
            below = below + share
        step = -(-len(place) // _MOST_MARKS)
        days = list(self.table.index[::step])
        axes.set_xticks(place[::step], days)
        if len(days) >= _TURNED_FROM:
            axes.set_xticks(place[::step], days, rotation=30, ha="right")
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(percent)
        name_axes(axes, language, sentence("snapshot day"), sentence("share of people"))
        self.legend(axes, 2 if self.figure_.get_size_inches()[0] >= _WIDE else 1)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """The most frequent themes first, those beyond the seventh together, then no reason."""
    themes = table.drop(columns=_NONE, errors="ignore")
    order = themes.mean().sort_values(ascending=False, kind="stable").index
    found = themes[order[:_MOST]].rename_axis(index="snapshot", columns=None)
    if len(order) > _MOST:
        found = found.assign(**{_OTHERS: themes[order[_MOST:]].sum(axis=1)})
    return found.assign(**{_NONE: table[_NONE]}) if _NONE in table else found
