"""Week: the seven days from a Monday that a report is about, and those it is compared with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from churnlab.errors import ConfigError
from churnlab.errors.nothing import NothingToDo
from churnlab.schema.days import day_number, day_text, fully_observed

DAYS = 7
YEAR = 52 * DAYS  # days to the same weekday of about the same week of the year before
_NAME = re.compile(r"(\d{4})-W(\d{2})")


@dataclass(frozen=True)
class Week:
    """A week by the day number of its Monday.

    >>> week = Week.of("2026-W47")
    >>> str(week), day_text(week.first), day_text(week.end)
    ('2026-W47', '2026-11-16', '2026-11-23')
    """

    first: int

    @classmethod
    def of(cls, name: str) -> Week:
        """The week of a name such as 2026-W47, as ISO 8601 counts them.

        Raises ConfigError for another text, and for a week that a year does not have.
        """
        found = _NAME.fullmatch(name)
        try:
            if found is None:
                raise ValueError(name)
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise ConfigError.from_type("--week", name, "a week like 2026-W47") from None
        return cls(day_number(monday.isoformat()))

    @property
    def end(self) -> int:
        """The Monday after it."""
        return self.first + DAYS

    @property
    def last(self) -> Week:
        """The week before it."""
        return Week(self.first - DAYS)

    @property
    def year_before(self) -> Week:
        """The week 52 weeks before it."""
        return Week(self.first - YEAR)

    @property
    def days(self) -> tuple[str, ...]:
        """Its days, like 2026-11-16, from Monday."""
        return tuple(day_text(self.first + i) for i in range(DAYS))

    def check_over(self, end: int) -> None:
        """Raise NothingToDo where a log that ends before the day `end` does not hold it whole."""
        if not fully_observed(self.end, end):
            raise NothingToDo.from_week(str(self), day_text(self.end - 1), day_text(end - 1))

    def __str__(self) -> str:
        year, number, _ = date.fromisoformat(day_text(self.first)).isocalendar()
        return f"{year}-W{number:02d}"
