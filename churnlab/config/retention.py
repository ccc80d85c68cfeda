"""[retention] and [funnel]: who comes back, and through which steps people come."""

from __future__ import annotations

from typing import Any

from churnlab.config.sections import Day, Table
from churnlab.retention.cohort.returns import DAYS
from churnlab.retention.funnels.node_counts import SILENT


class RetentionTable(Table):
    """[retention]: cohorts, and how people are told apart in them and in [funnel]."""

    users: str | None = None
    """A file with one row a person: the id, attributes and the day of registration; the one of
    [log] without it. Dates may stand here, which are no attributes to learn from."""
    registered: str | None = None
    """The column with the day of registration, from which retention is counted; without it, from
    the first act."""
    by: list[str] = []
    """Attributes to tell people apart by, such as channel, device and region."""
    every: str = "week"
    """The length of a cohort's period: day, week (from Monday) or month."""
    days: list[int | str] = list(DAYS)
    """7 for coming on day 7, "7+" for on day 7 or later, "8-30" for on one of these days."""
    returns: str | None = None
    """A role or measure: coming back means this; any act without it."""
    new_after: Day | None = None
    """People whose first day lies before this day begin no cohort."""

    def options(self) -> dict[str, Any]:
        """The options of `retention.overview` by name.

        >>> RetentionTable(every="month").options()["every"]
        'month'
        """
        return self.model_dump(exclude={"users"})


class FunnelTable(Table):
    """[funnel]: steps in order, and the runs of silent days beside them."""

    steps: list[str] = []
    """Roles or measures in order, "later open" for one on a later day than the step before; the
    first may be "registered"."""
    within: int = 7
    """Days from the first step in which the last must come."""
    silent: list[int] = list(SILENT)
    """Runs of days without an act, after which churn is looked at."""
