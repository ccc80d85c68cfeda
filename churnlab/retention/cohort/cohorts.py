"""Cohorts: of the people who began in a period, how many came back, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import churnlab.retention.cohort.tables as tables
from churnlab.activity.protocol import Activity
from churnlab.errors import ConfigError
from churnlab.evaluation.tables import TitledTable
from churnlab.language.sentence import Words, sentence
from churnlab.report.displays.display import Display
from churnlab.retention.cohort.counts import Counted, plan_of
from churnlab.retention.cohort.displays import ReturnsDisplay, TriangleDisplay
from churnlab.retention.cohort.returns import DAYS
from churnlab.retention.counting import count
from churnlab.retention.people import People
from churnlab.retention.shown import Shown
from churnlab.schema.days import Day


@dataclass(frozen=True, eq=False, repr=False)
class Cohorts(Counted, Shown):
    """Who came back: of the people of each cohort, on which days after their first day.

    A cohort is the people whose first day lies in a period. `size` is its number of people and the
    denominator of each share. A figure is known when the day is over for every person of the
    cohort; before, it is missing, never zero. "On or after" day N counts whoever came on day N or
    later up to the end of the log; a cohort whose day N lies less than 28 days back is marked
    as biased down, since its people had little time to come.

    Days are local calendar days, day 0 the first. Daily rows cannot say who came within 24 hours.
    `cohorts` makes one; `table`, `averages`, `differences` and `triangle` give its figures.
    """

    @classmethod
    def of(cls, counted: Counted) -> Cohorts:
        """The result of counts."""
        return cls(**{each.name: getattr(counted, each.name) for each in fields(counted)})

    def table(self) -> pd.DataFrame:
        """One row for each group, cohort, kind of people and return.

        Columns: grouping and group (missing for everybody; a group None of people without the
        attribute), cohort (the first day of the period), who ("new" or "returning"), size, returns
        ("on", "on or after" or "bracket"), from_day, to_day (missing for on or after), came, share,
        low and high (Wilson's 95% interval), known, biased_down. What is not yet known is missing.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
        >>> found = cohorts(activity, every="month", days=[1]).table()
        >>> found[["size", "came", "known"]].values.tolist()
        [[74, 52.0, True], [6, 3.0, True], [70, 39.0, True], [39, nan, False]]
        """
        return tables.long_table(self)

    def averages(self) -> pd.DataFrame:
        """The mean of the cohorts that are known, weighted by size, for each group and return.

        Columns as in `table`, with `cohorts`, the number of them, in the place of cohort. Returning
        people are counted in each period in which they came; their interval allows for that
        (`shares.effective`).
        """
        return tables.averages(self)

    def differences(self, between: str = "groups") -> pd.DataFrame:
        """Differences of shares of new people, corrected for their number.

        `between` is "groups": each two groups of a grouping, compared within their cohorts and
        paired by them (`shares.within_strata`), so that a change over time is not taken for one
        between groups; or "cohorts": each cohort against the one before (`shares.difference`).
        Columns: grouping, one, other, returns, from_day, to_day, difference (one less other), low,
        high (95%), p, p_holm (over all rows), beyond_chance (p_holm below 0.05). ConfigError for
        another word.
        """
        if between not in tables.BETWEEN:
            raise ConfigError.from_unknown("comparison", between, tables.BETWEEN)
        return tables.BETWEEN[between](self)

    def triangle(self, group: str | None = None) -> pd.DataFrame:
        """The share of each cohort's new people who came so many whole periods later.

        Rows are cohorts, columns 0, 1, 2, …: calendar periods after the cohort's own. A period
        that is not over is missing. `group` is one of the first grouping; ConfigError for an
        unknown one.

        >>> import churnlab as cl
        >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
        >>> cohorts(activity, every="month").triangle().shape
        (3, 3)
        """
        return tables.triangle(self, group)

    @property
    def title(self) -> Words:
        """What the result is."""
        return sentence("Who comes back")

    def sentences(self) -> tuple[Words, ...]:
        """The averages of new people in sentences, then who differs beyond chance."""
        return tables.sentences(self)

    @property
    def warnings(self) -> tuple[Words, ...]:
        """What to know before the figures are used."""
        return tables.warnings(self)

    def sections(self) -> list[TitledTable]:
        """The averages, the cohorts, and differences, as words."""
        return tables.sections(self)

    def displays(self) -> tuple[Display, ...]:
        """The triangle as a heat map, and the averages."""
        name = self.periods.name
        labels = [name(i) for i in range(len(self.periods))]
        sizes = tables.everybody(self.counts[0].size[0])
        mean = self.averages()
        triangle = TriangleDisplay(self.triangle(), labels, sizes, self.periods.every)
        return triangle, ReturnsDisplay(mean)


def cohorts(
    activity: Activity,
    users: Any | None = None,
    *,
    by: str | Iterable[str] = (),
    registered: str | None = None,
    every: str = "week",
    days: Iterable[int | str] = DAYS,
    returns: str | None = None,
    new_after: Day | None = None,
) -> Cohorts:
    """Retention by cohort: of the people whose first day lies in each period, who came back.

    | argument | meaning |
    |---|---|
    | `users` | a frame with user_id, attributes, and the day of registration |
    | `by` | attributes of `users` to tell people apart by, one or several |
    | `registered` | a column of `users`: a first day is that of registration, not of acts |
    | `every` | the length of a cohort's period: "day", "week" (from Monday) or "month" |
    | `days` | 7 for coming *on* day 7, "7+" on day 7 or later, "8-30" on one of these days |
    | `returns` | a role or measure: coming back means this; any act without it |
    | `new_after` | people whose first day lies before this day begin no cohort |

    Presence is acts alone; receipts do not count. A log begins in the middle of people's lives, so
    that its first cohorts hold people who were there before: give `registered` or `new_after`.
    Registered people who never acted are in the denominator. People who were there before a period
    are counted apart, each from the first active day in it.

    Raises ConfigError for an unknown role or period, for a receipt as a return, and on Spark,
    FrameError for `users` that cannot be used.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
    >>> print(cohorts(activity, every="month", days=[1, 7]).sentences()[0])
    day 1: 68.8% of 80 new people came back [57.9%, 77.8%]
    """
    people = People.of(activity, users, by, registered)
    plan = plan_of(activity, every, days, returns, new_after)
    found = count(activity, people, plan.makers(people), acts_alone=returns is None)
    return Cohorts.of(plan.finish(people, found))
