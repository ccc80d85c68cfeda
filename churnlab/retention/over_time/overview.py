"""Overview: cohorts, stickiness and life cycle in one pass over the daily rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from churnlab.activity.protocol import Activity
from churnlab.retention.cohort.cohorts import Cohorts
from churnlab.retention.cohort.counts import plan_of
from churnlab.retention.cohort.returns import DAYS
from churnlab.retention.counting import count
from churnlab.retention.over_time.life_cycle import LifeCycle, cycle_makers, cycle_of
from churnlab.retention.over_time.stickiness import Stickiness, month_makers, months_of
from churnlab.retention.people import People
from churnlab.schema.days import Day


class Overview(NamedTuple):
    """The three results of `overview`."""

    cohorts: Cohorts
    stickiness: Stickiness
    life_cycle: LifeCycle


def overview(
    activity: Activity,
    users: Any | None = None,
    *,
    by: str | Iterable[str] = (),
    registered: str | None = None,
    every: str = "week",
    days: Iterable[int | str] = DAYS,
    returns: str | None = None,
    new_after: Day | None = None,
) -> Overview:
    """What `cohorts`, `stickiness` and `life_cycle` give, with the rows read once.

    Arguments and errors are those of `cohorts`.

    >>> import churnlab as cl
    >>> activity = cl.datasets.make_community(users=80, days=60, seed=1).log().daily()
    >>> [type(found).__name__ for found in overview(activity)]
    ['Cohorts', 'Stickiness', 'LifeCycle']
    """
    people = People.of(activity, users, by, registered)
    plan = plan_of(activity, every, days, returns, new_after)
    groupings = len(people.groupings) or 1
    makers: list[Callable[[], Any]] = [*plan.makers(people), *month_makers(activity, people)]
    makers += cycle_makers(activity, people, every)
    found = count(activity, people, makers, acts_alone=returns is None)
    parts = [found[i * groupings : (i + 1) * groupings] for i in range(3)]
    return Overview(
        Cohorts.of(plan.finish(people, parts[0])),
        months_of(parts[1]),
        cycle_of(parts[2]),
    )
