"""WeeklyReport: everything that a report of a week says."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from churnlab.language.sentence import Words
from churnlab.nightly.grading.record import Grade
from churnlab.retention.over_time.life_cycle import LifeCycle
from churnlab.retention.shown import Shown
from churnlab.schema.views import view
from churnlab.weekly.figures import Figure
from churnlab.weekly.lists import ListsOfWeek
from churnlab.weekly.week import Week
from churnlab.winback.experiments.comparison import Comparison


@dataclass(frozen=True, eq=False)
class WeeklyReport:
    """A week beside the last one and the same week last year. `weekly_report` makes one.

    `figures` are its measures, `cycle` the people who came and went by week, `results` the parts
    that have tables and pictures of their own by name. `lists` are those of this and of the last
    week, `grades` those of lists whose horizon ended in the week; `notes` say what is not known.
    """

    week: Week
    name: str
    simulated: bool
    figures: tuple[Figure, ...]
    cycle: LifeCycle
    results: dict[str, Shown]
    lists: tuple[ListsOfWeek | None, ListsOfWeek | None] = (None, None)
    grades: tuple[Grade, ...] = ()
    winback: Comparison | None = None
    notes: tuple[Words, ...] = field(default=())
    currency: str = ""

    def figure(self, name: str) -> Figure | None:
        """A figure by its name; None where the log does not give it."""
        return next((each for each in self.figures if each.name == name), None)

    def came_and_went(self) -> dict[str, int] | None:
        """New, returning, resurrected and dormant people of the week; None if not known."""
        table = self.cycle.table()
        own = table[table["period"].eq(_stamp(self.week)) & table["grouping"].isna()]
        names = ["new", "returning", "resurrected", "dormant"]
        if own.empty or own[names].isna().any(axis=None):
            return None
        return {name: int(own[name].iloc[0]) for name in names}

    def _repr_html_(self) -> str:
        return str(view("weekly.page:page")(self)._repr_html_())


def _stamp(week: Week) -> pd.Timestamp:
    return pd.Timestamp(week.days[0])
