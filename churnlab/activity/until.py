"""Until: an activity as it was known on a morning, which ends before that day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np

from churnlab.activity.daily import DailyActivity
from churnlab.activity.protocol import Activity, Job
from churnlab.activity.rows import Rows
from churnlab.schema.days import before


@dataclass(frozen=True)
class Until:
    """An activity without the rows of a day and later, nor those that arrived later.

    `until` makes one.
    """

    activity: Activity
    end: int

    def jobs(self) -> Iterator[Job]:
        """One function for each group of people, as the activity has them."""
        for job in self.activity.jobs():
            yield partial(_cut_job, job, self.end)

    def daily(self) -> DailyActivity:
        """Everybody's rows in memory."""
        return _cut(self.activity.daily(), self.end)

    def acts_alone(self) -> Activity:
        """The same activity with the count of acts, cut on the same morning."""
        return cast(Activity, replace(self, activity=self.activity.acts_alone()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.activity, name)


def until(activity: Activity, day: int) -> Activity:
    """The activity as it was known on the morning of a day; itself where it ends by then.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=50, days=60, seed=1).log().daily()
    >>> cut = until(activity, activity.end - 10)
    >>> cut.end == activity.end - 10, int(cut.daily().day.max()) < cut.end
    (True, True)
    >>> until(activity, activity.end) is activity
    True
    """
    return cast(Activity, Until(activity, day)) if before(day, activity.end) else activity


def _cut_job(job: Job, day: int) -> DailyActivity:
    return _cut(job(), day)


def _cut(activity: DailyActivity, day: int) -> DailyActivity:
    """The rows of days before a day, as they were known on its morning."""
    rows = activity.rows.whole.as_of(day)
    keep = before(rows.day, day)
    first = np.concatenate([[0], np.cumsum(keep)])[rows.first].astype(np.int64)
    kept = Rows(first, rows.day[keep], rows.counts[keep], rows.sums[keep], carry=rows.carry)
    return replace(activity, rows=kept, end=day)
