"""Stickiness: DAU over MAU, and the number of people active on exactly k days of a month."""

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
from churnlab.report.drawing import BLUE, PALE, Axes, legend, name_axes
from churnlab.retention.counting import count
from churnlab.retention.over_time.periods import Periods
from churnlab.retention.people import Grouping, People, each_group, group_words
from churnlab.retention.shares import Z
from churnlab.retention.shown import NOT_YET, Shown, count_words, share_words, words_table
from churnlab.schema.days import to_timestamps

_MOST_MONTHS = 12
_MONTHS_BESIDE = 6  # of which people are shown by their active days


@dataclass(frozen=True, eq=False, repr=False)
class Stickiness(Shown):
    """How often people come, by calendar month; two things that are both called stickiness.

    *DAU over MAU* is the mean number of people active on a day (DAU) over the number of people
    active on any day of the month (MAU). *Active on exactly k days* counts people. A month that was
    not observed from its first day to its last has no DAU over MAU: it is missing.

    `by_days` int64[groups, months, 32] are people active on exactly k days of a month, `by_day`
    int64[days] people active on each day, both of acts alone. `stickiness` makes one.
    """

    periods: Periods
    groupings: tuple[tuple[Grouping | None, np.ndarray], ...]
    by_day: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row for each group and month.

        Columns: grouping, group (missing for everybody), month, days (observed days of the month),
        people (MAU, those seen so far in a month that is not over), daily (mean DAU), dau_over_mau
        with low and high (95%, people being independent; missing where all came on equally many
        days), known.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=70, seed=1).log().daily()
        >>> stickiness(activity).table()["known"].tolist()
        [True, True, False]
        """
        parts = [self._rows(*each) for each in each_group(self.groupings)]
        return pd.concat(parts, ignore_index=True)

    def days(self) -> pd.DataFrame:
        """The number of people active on exactly k days: one row a month, one column a k from 1.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=59, seed=1).log().daily()
        >>> int(stickiness(activity).days().iloc[0].sum())
        74
        """
        counted = self.groupings[0][1].sum(axis=0)[:, 1:]
        return pd.DataFrame(counted, self.periods.stamps.rename("month"), np.arange(1, 32))

    def daily(self) -> pd.DataFrame:
        """The number of people active on each day: day, people."""
        days = np.arange(self.periods.base, self.periods.stop)
        return pd.DataFrame({"day": to_timestamps(days), "people": self.by_day})

    def _rows(self, grouping: str | None, group: str | None, counted: np.ndarray) -> pd.DataFrame:
        k = np.arange(counted.shape[1])
        periods, people = self.periods, counted[:, 1:].sum(axis=1)
        first = np.maximum(periods.first, periods.base)
        days = np.minimum(periods.last + 1, periods.stop) - first
        known = periods.whole & (people > 0)
        came, squares = counted @ k, counted @ (k * k)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = came / people
            unlike = people * squares - came**2  # 0 where all came on as many days: no interval
            spread = np.where(unlike > 0, unlike, np.nan) / people**2
            reach = Z * np.sqrt(spread / (people - 1)) / days
        ratio = np.where(known, mean / days, np.nan)
        return pd.DataFrame(
            {
                "grouping": grouping,
                "group": group,
                "month": periods.stamps,
                "days": days,
                "people": people,
                "daily": np.where(known, came / days, np.nan),
                "dau_over_mau": ratio,
                "low": np.clip(ratio - reach, 0, 1),
                "high": np.clip(ratio + reach, 0, 1),
                "known": known,
            }
        )

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("How often people come")

    def sentences(self) -> tuple[Words, ...]:
        """The newest whole month in sentences."""
        table = self.table()
        known = table[table["grouping"].isna() & table["known"]]
        if known.empty:
            return (sentence("No calendar month was observed from its first day to its last"),)
        row, place = known.iloc[-1], int(known.index[-1])
        exact = self.days().iloc[place]
        once, half = int(exact.iloc[0]), int(exact.iloc[14:].sum())
        month = self.periods.name(place)
        return (
            sentence(
                "{month}: {daily:,.1f} of {people:,} people came on a mean day, "
                "DAU over MAU {ratio:.1%}",
                month=month,
                daily=row["daily"],
                people=int(row["people"]),
                ratio=row["dau_over_mau"],
            ),
            sentence(
                "{month}: {once:person|people} came on one day only, "
                "{often:person|people} on 15 days or more",
                month=month,
                once=once,
                often=half,
            ),
        )

    def sections(self) -> list[TitledTable]:
        """DAU over MAU, and people by days, as words."""
        title = sentence("DAU over MAU by calendar month")
        exact = sentence("People active on exactly so many days of the month")
        return [TitledTable(title, self._months()), TitledTable(exact, self._days_table())]

    def _months(self) -> Table:
        columns = {
            "group": sentence("group"),
            "period": sentence("month"),
            "mau": sentence("MAU"),
            "dau": sentence("mean DAU"),
            "ratio": sentence("DAU over MAU"),
        }
        rows = []
        over = dict(zip(self.periods.stamps, self.periods.over, strict=True))
        table = self.table()
        for row in table[table["month"].isin(self.periods.stamps[-_MOST_MONTHS:])].to_dict(
            "records"
        ):
            named = group_words(row["grouping"], row["group"])
            unknown = UNKNOWN if over[row["month"]] else NOT_YET
            ratio = share_words(row["dau_over_mau"], row["low"], row["high"], unknown)
            daily = sentence("{value:,.1f}", value=row["daily"]) if row["known"] else unknown
            month = str(row["month"].date())[:7]
            cells = {"mau": count_words(row["people"]), "dau": daily, "ratio": ratio}
            rows.append({"group": named, "period": month, **cells})
        return words_table(columns, rows)

    def _days_table(self) -> Table:
        exact = self.days()
        shown = range(len(exact))[-_MONTHS_BESIDE:]
        columns: dict[str, Words] = {"period": sentence("active days")}
        columns |= {str(i): self.periods.name(i) for i in shown}
        most = max((k for k in exact.columns if exact[k].any()), default=1)
        rows = [
            {"period": str(k), **{str(i): count_words(exact[k].iloc[i]) for i in shown}}
            for k in range(1, most + 1)
        ]
        return words_table(columns, rows)

    def displays(self) -> tuple[Display, ...]:
        """People by the number of their active days, in the two newest whole months."""
        whole = np.flatnonzero(self.periods.whole)
        shown = whole[-2:] if len(whole) else np.arange(len(self.periods))[-1:]
        exact = self.days()
        names = [self.periods.name(int(i)) for i in shown]
        return (DaysDisplay({n: exact.iloc[i] for n, i in zip(names, shown, strict=True)}),)


@dataclass(eq=False, repr=False)
class DaysDisplay(Display):
    """People active on exactly k days of a month, for the last months; `months` are counts by k."""

    caption = sentence("People by the number of their active days in a month")
    months: dict[str, pd.Series]

    def draw(self, axes: Axes, language: str) -> None:
        """Draw bars of the newest month, and the month before it behind them."""
        names = list(self.months)
        for name, colour, width in zip(
            names, (PALE, BLUE)[-len(names) :], (0.9, 0.5), strict=False
        ):
            counted = self.months[name]
            axes.bar(counted.index, counted, width=width, color=colour, label=name)
        axes.set_xlim(0.3, 31.7)
        people = sentence("people")
        name_axes(axes, language, sentence("active days in the month"), people)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        legend(axes, "best")


class _Tally:
    """Counts of one grouping while people are added."""

    def __init__(self, periods: Periods, people: People, grouping: Grouping | None) -> None:
        self.periods, self.people, self.grouping = periods, people, grouping
        groups = len(grouping.groups) if grouping else 1
        self.by_days = np.zeros((groups, len(periods), 32), np.int64)
        self.by_day = np.zeros((groups, periods.stop - periods.base), np.int64)

    def add(self, part: DailyActivity, places: np.ndarray) -> None:
        """Count a group of people."""
        presence.days_active(
            frozen(part.first),
            frozen(part.day),
            frozen(part.counts[:, 0]),
            frozen(self.people.segments(self.grouping, places)),
            self.periods.base,
            self.periods.stop,
            frozen(self.periods.of_day),
            self.by_days,
            self.by_day,
        )

    def merge(self, other: _Tally) -> None:
        """Add another tally."""
        self.by_days += other.by_days
        self.by_day += other.by_day


def stickiness(
    activity: Activity, users: Any | None = None, *, by: str | Iterable[str] = ()
) -> Stickiness:
    """DAU over MAU and the number of people active on exactly k days, by calendar month.

    `by` are attributes of `users` (a frame with user_id) to tell people apart by. Acts alone count;
    days are local calendar days. Errors are those of `cohorts`.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=59, seed=1).log().daily()
    >>> print(stickiness(activity).sentences()[0])
    2026-02: 41.6 of 78 people came on a mean day, DAU over MAU 53.3%
    """
    people = People.of(activity, users, by)
    return months_of(count(activity, people, month_makers(activity, people), acts_alone=True))


def month_makers(activity: Activity, people: People) -> list[Callable[[], _Tally]]:
    """One function for each grouping of people, or for all people; it makes their counts."""
    periods = Periods.of("month", activity.kept_from, activity.end)
    return [partial(_Tally, periods, people, each) for each in people.groupings or (None,)]


def months_of(found: Sequence[_Tally]) -> Stickiness:
    """The result of the counts, in the order of the makers."""
    counted = tuple((tally.grouping, tally.by_days) for tally in found)
    return Stickiness(found[0].periods, counted, found[0].by_day.sum(axis=0))
