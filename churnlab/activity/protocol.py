"""Activity: the interface that daily rows share, in memory, in a store or on Spark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias, runtime_checkable

from churnlab.activity.daily import DailyActivity
from churnlab.schema.measures import Measure
from churnlab.schema.roles import Roles

Job: TypeAlias = Callable[[], DailyActivity]


@runtime_checkable
class Activity(Protocol):
    """Daily rows of a log: a DailyActivity, an ActivityStore, or the activity of a log on Spark."""

    @property
    def roles(self) -> Roles:
        """The meaning of the events."""

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
        """Whether user ids are text; they are whole numbers otherwise."""

    def daily(self) -> DailyActivity:
        """Everybody's rows in memory. Raises ConfigError on Spark, which never collects them."""

    def acts_alone(self) -> Activity:
        """The same activity with the count of acts; other measures may be missing."""

    def jobs(self) -> Iterator[Job]:
        """One function for each group of people; it makes their rows when it is called.

        Raises ConfigError on Spark.
        """

    def describe(self) -> dict[str, object]:
        """Counts and dates of the log, JSON-ready; rows that were set aside are counted too."""
