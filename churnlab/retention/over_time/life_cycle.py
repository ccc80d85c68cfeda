"""Life cycle: the new, returning, resurrected and dormant people of each period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity
from churnlab.evaluation.intervals import UNKNOWN
from churnlab.evaluation.tables import Table, TitledTable
from churnlab.kernels import presence
from churnlab.kernels.jit import frozen
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.report.drawing import BLUE, GREEN, GREY, INK, ORANGE, Axes, name_axes, said
from churnlab.retention.counting import count
from churnlab.retention.over_time.periods import Periods
from churnlab.retention.people import Grouping, People, each_group, first_acts
from churnlab.retention.shown import NOT_YET, Shown, count_words, words_table

STATES = ("new", "returning", "resurrected", "dormant")
STATE_WORDS = {
    "new": sentence("new"),
    "returning": sentence("returning"),
    "resurrected": sentence("resurrected"),
    "dormant": sentence("dormant"),
}
_COLOURS = {"new": GREEN, "returning": BLUE, "resurrected": ORANGE, "dormant": GREY}
_MOST_PERIODS = 26
_EVERY_WORDS = {"day": sentence("day"), "week": sentence("week"), "month": sentence("month")}


@dataclass(frozen=True, eq=False, repr=False)
class LifeCycle(Shown):
    """What each period t made of people: new, returning, resurrected and dormant.

    *New*: active in t and first active in t. *Returning*: active in t and in t - 1. *Resurrected*:
    active in t, not in t - 1, and known before. *Dormant*: active in t - 1 and not in t. The active
    people of t are the new, the returning and the resurrected. A period is known when it and the
    one before were observed from the first day to the last; else its states are missing.

    `life_cycle` makes one. `groupings` hold int64[groups, periods, 4].
    """

    periods: Periods
    groupings: tuple[tuple[Grouping | None, np.ndarray], ...]

    @property
    def known(self) -> np.ndarray:
        """Whether each period and the one before it were observed whole, bool[periods]."""
        whole = self.periods.whole
        return whole & np.concatenate([[False], whole[:-1]])

    def table(self) -> pd.DataFrame:
        """One row for each group and period.

        Columns: grouping, group (missing for everybody), period (its first day), active (missing
        where the period was not observed whole), new, returning, resurrected, dormant, known.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
        >>> found = life_cycle(activity).table().dropna()
        >>> bool((found["active"] == found[["new", "returning", "resurrected"]].sum(axis=1)).all())
        True
        """
        parts = [self._rows(*each) for each in each_group(self.groupings)]
        return pd.concat(parts, ignore_index=True)

    def _rows(self, grouping: str | None, group: str | None, counted: np.ndarray) -> pd.DataFrame:
        active = counted[:, :3].sum(axis=1)
        states = {s: np.where(self.known, counted[:, i], np.nan) for i, s in enumerate(STATES)}
        head = {"grouping": grouping, "group": group, "period": self.periods.stamps}
        whole = np.where(self.periods.whole, active, np.nan)
        return pd.DataFrame({**head, "active": whole, **states, "known": self.known})

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("New, returning, resurrected and dormant people")

    def sentences(self) -> tuple[Words, ...]:
        """The newest known period in a sentence."""
        table = self.table()
        known = table[table["grouping"].isna() & table["known"]]
        if known.empty:
            return (sentence("No two periods in a row were observed whole"),)
        row, place = known.iloc[-1], int(known.index[-1])
        counts = {s: int(row[s]) for s in ("active", *STATES)}
        return (
            sentence(
                "{period}: {active:active person|active people}, {new:,} new, {returning:,} "
                "returning and {resurrected:,} resurrected; {dormant:,} went dormant",
                period=self.periods.name(place),
                **counts,
            ),
        )

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""
        early = sentence(
            "In the first periods of a log, people who were away before it began count as new"
        )
        return (early,)

    def sections(self) -> list[TitledTable]:
        """The periods as words."""
        return [TitledTable(sentence("By period"), self._periods_table())]

    def _periods_table(self) -> Table:
        columns: dict[str, Words] = {"period": _EVERY_WORDS[self.periods.every]}
        columns |= {"active": sentence("active"), **STATE_WORDS}
        table = self.table()
        shown = table[table["grouping"].isna()]
        rows = []
        for i, row in enumerate(shown.to_dict("records")):
            unknown = UNKNOWN if self.periods.over[i] else NOT_YET
            cells = {name: _counted(row[name], unknown) for name in ("active", *STATES)}
            rows.append({"period": self.periods.name(i), **cells})
        return words_table(columns, rows[-_MOST_PERIODS:])

    def displays(self) -> tuple[Display, ...]:
        """The states as bars, those who went dormant downwards."""
        table = self.table()
        table = table[table["grouping"].isna() & table["known"]].tail(_MOST_PERIODS)
        labels = [self.periods.name(int(i)) for i in table.index]
        return (LifeCycleDisplay(table.reset_index(drop=True), labels),)

    def pictured(self) -> tuple[Display, ...]:
        """The states as bars; nothing where no period is known."""
        return self.displays() if self.known.any() else ()


@dataclass(eq=False, repr=False)
class LifeCycleDisplay(Display):
    """Diverging bars: new, returning and resurrected people upwards, dormant people downwards.

    `table` is that of `LifeCycle.table`, its known periods; `labels` are their names.
    """

    caption = sentence("People who came, upwards, and people who no longer came, downwards")
    table: pd.DataFrame
    labels: Sequence[str]

    def draw(self, axes: Axes, language: str) -> None:
        """Draw a bar upwards and one downwards for each period."""
        place, bottom = np.arange(len(self.table)), np.zeros(len(self.table))
        for state in ("returning", "resurrected", "new"):
            height = self.table[state].to_numpy(float)
            label = said(STATE_WORDS[state], language)
            axes.bar(place, height, bottom=bottom, color=_COLOURS[state], label=label, width=0.8)
            bottom = bottom + height
        gone, label = -self.table["dormant"].to_numpy(float), said(STATE_WORDS["dormant"], language)
        axes.bar(place, gone, color=_COLOURS["dormant"], label=label, width=0.8)
        axes.axhline(0, color=INK, linewidth=0.8)
        step = max(len(place) // 7, 1)
        axes.set_xticks(place[::step], list(self.labels)[::step], rotation=30, ha="right")
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")
        name_axes(axes, language, "", sentence("people"))
        self.legend(axes, columns=4)


def _counted(value: float, unknown: Words) -> Words:
    return unknown if np.isnan(value) else count_words(int(value))


class _Tally:
    """Counts of one grouping while people are added."""

    def __init__(self, periods: Periods, people: People, grouping: Grouping | None) -> None:
        self.periods, self.people, self.grouping = periods, people, grouping
        groups = len(grouping.groups) if grouping else 1
        self.states = np.zeros((groups, len(periods) + 1, len(STATES)), np.int64)

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Count a group of people."""
        presence.life_cycle(
            frozen(part.first),
            frozen(part.day),
            frozen(part.counts[:, 0]),
            frozen(first_acts(part)),
            frozen(self.people.segments(self.grouping, places)),
            self.periods.base,
            self.periods.stop,
            frozen(self.periods.of_day),
            self.states,
        )

    def merge(self, other: _Tally) -> None:
        """Add another tally."""
        self.states += other.states


def life_cycle(
    activity: Activity,
    users: Any | None = None,
    *,
    by: str | Iterable[str] = (),
    every: str = "week",
) -> LifeCycle:
    """New, returning, resurrected and dormant people of each day, week or month.

    `by` are attributes of `users` (a frame with user_id) to tell people apart by. Acts alone count;
    days are local calendar days, weeks begin on Monday. Errors are those of `cohorts`.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
    >>> print(life_cycle(activity).sentences()[0])
    2026-02-23: 75 active people, 0 new, 75 returning and 0 resurrected; 1 went dormant
    """
    people = People.of(activity, users, by)
    return cycle_of(count(activity, people, cycle_makers(activity, people, every), acts_alone=True))


def cycle_makers(activity: Activity, people: People, every: str) -> list[Callable[[], _Tally]]:
    """One function for each grouping of people, or for all people; it makes their counts."""
    periods = Periods.of(every, activity.kept_from, activity.end)
    return [partial(_Tally, periods, people, each) for each in people.groupings or (None,)]


def cycle_of(found: Sequence[_Tally]) -> LifeCycle:
    """The result of the counts, in the order of the makers."""
    counted = tuple((tally.grouping, tally.states[:, :-1]) for tally in found)
    return LifeCycle(found[0].periods, counted)
