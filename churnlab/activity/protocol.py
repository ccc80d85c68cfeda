"""Activity: what daily rows have in common, in memory, in a store or on Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from churnlab.activity.daily import DailyActivity
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles

Job: TypeAlias = Callable[[], DailyActivity]


class Activity(Protocol):
    """Daily rows of a log: a DailyActivity, an ActivityStore, or the activity of a log on Spark."""

    @property
    def roles(self) -> Roles:
        """What the events mean."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures beyond the standard ones."""

    @property
    def timezone(self) -> str:
        """The zone of the local days."""

    @property
    def start(self) -> int:
        """The first observed day, as days since 1970-01-01."""

    @property
    def end(self) -> int:
        """The day after the last observed one."""

    @property
    def kept_from(self) -> int:
        """The first day whose rows are kept one by one."""

    @property
    def has_money(self) -> bool:
        """Whether the log names an amount."""

    @property
    def text_ids(self) -> bool:
        """Whether user ids are text; whole numbers otherwise."""

    def daily(self) -> DailyActivity:
        """Everybody's rows in memory. ConfigError on Spark, where they are never collected."""

    def jobs(self) -> Iterator[Job]:
        """Work that makes the rows of each group of people. ConfigError on Spark."""

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, what was set aside included."""
