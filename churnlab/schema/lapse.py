"""Lapse: churn where people have contracts, which end or are renewed on a date of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from churnlab.errors import ConfigError
from churnlab.language.sentence import Sentence, sentence
from churnlab.schema.days import check_count


@dataclass(frozen=True)
class Lapse:
    """A person lapses who has not renewed by the end of the day `grace` days after the renewal.

    The renewal (or expiry) date is each person's own; `Snapshots.before_renewal` takes these dates
    and sets `days`: a snapshot at t is for the renewal on `t + days`. With `role`, an event of this
    role in `[t, t + days + grace + 1)` renews: a payment from the snapshot to the last day of
    grace. Without it, the column `renewed` of the renewals says who did.

    The label is called `churned`, as that of Churn, so that classifier, baselines and evaluations
    take it. Raises ConfigError for a grace below 0 or days below 1.

    >>> print(Lapse(grace=7, role="payment").describe())
    churned: no event of role payment from the snapshot to 7 days after the renewal date
    """

    grace: int
    role: str | None = None
    days: int | None = None
    name: ClassVar[str] = "churned"
    columns: ClassVar[tuple[str, ...]] = ("churned",)

    def __post_init__(self) -> None:
        check_count("grace", self.grace, 0)
        if self.days is not None:
            check_count("days", self.days, 1)

    def window(self, day: int) -> tuple[int, int]:
        """The days `[start, stop)` that the label of a snapshot at `day` sees.

        ConfigError without `days`.

        >>> Lapse(grace=7, days=14).window(100)
        (100, 122)
        """
        return day, day + self.horizon

    @property
    def horizon(self) -> int:
        """The days of the label: from the snapshot to the last day of grace.

        ConfigError without `days`.

        >>> Lapse(grace=7, days=14).horizon
        22
        """
        if self.days is None:
            raise ConfigError.from_no_renewals()
        return self.days + self.grace + 1

    @property
    def definition(self) -> Sentence:
        """The event that makes a person lapse.

        >>> print(Lapse(grace=7).definition)
        not renewed up to 7 days after the renewal date
        """
        if self.role is None:
            return sentence(
                "not renewed up to {grace} days after the renewal date", grace=self.grace
            )
        return sentence(
            "no event of role {role} from the snapshot to {grace} days after the renewal date",
            role=self.role,
            grace=self.grace,
        )

    def describe(self) -> Sentence:
        """The name of the label and its definition.

        >>> str(Lapse(grace=7).describe())
        'churned: not renewed up to 7 days after the renewal date'
        """
        return sentence("{name}: {definition}", name=self.name, definition=self.definition)
