"""What is predicted: churn, lifetime value and the time to churn, each defined in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from churnlab.errors import ConfigError

WEEK = 7


@dataclass(frozen=True)
class Churn:
    """A person churns who does nothing at all in `[t + lead, t + lead + horizon)`.

    With `roles`: who does nothing of these roles there. With `terminal`: to whom an event of that role happens there
    (a cancellation, a withdrawal). `lead` is the warning time: how many days before the window the snapshot is taken.
    Days are whole; ConfigError for a horizon below 1 or a lead below 0.

    >>> Churn(horizon=30, lead=7).describe()
    'churned: no act in the 30 days that begin 7 days after the snapshot'
    """

    horizon: int
    lead: int = 0
    roles: Sequence[str] | None = None
    terminal: str | None = None
    name: ClassVar[str] = "churned"
    columns: ClassVar[tuple[str, ...]] = ("churned",)

    def __post_init__(self) -> None:
        _check_days(self.horizon, self.lead)
        if self.roles is not None:
            object.__setattr__(
                self, "roles", (self.roles,) if isinstance(self.roles, str) else tuple(self.roles)
            )
        if self.roles is not None and self.terminal is not None:
            raise ConfigError.from_both("roles", "terminal")

    def window(self, day: int) -> tuple[int, int]:
        """The days that the label sees, `[start, stop)`."""
        return day + self.lead, day + self.lead + self.horizon

    def describe(self) -> str:
        """The definition, for the card."""
        what = f"an event of role {self.terminal}" if self.terminal else "no act"
        if self.roles:
            what = "no act of " + ", ".join(self.roles)
        begins = (
            f" that begin {self.lead} days after the snapshot"
            if self.lead
            else " after the snapshot"
        )
        return f"churned: {what} in the {self.horizon} days{begins}"


@dataclass(frozen=True)
class LifetimeValue:
    """A person's value is the money spent in `[t, t + horizon)`.

    >>> LifetimeValue(horizon=90).describe()
    'ltv: money spent in the 90 days after the snapshot'
    """

    horizon: int
    name: ClassVar[str] = "ltv"
    columns: ClassVar[tuple[str, ...]] = ("ltv",)
    lead: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_days(self.horizon, 0)

    def window(self, day: int) -> tuple[int, int]:
        """The days that the label sees, `[start, stop)`."""
        return day, day + self.horizon

    def describe(self) -> str:
        """The definition, for the card."""
        return f"ltv: money spent in the {self.horizon} days after the snapshot"


@dataclass(frozen=True)
class TimeToChurn:
    """A person leaves in week w = 0, 1, ..., `weeks` when w is the first week for which they do nothing at all in
    `[t + lead + 7w, t + lead + 7w + horizon)`.

    Week 0 is the label of `Churn(horizon)`; in a later week begins a silence of the horizon's length that had not begun a week before.
    `roles` and `terminal` as in Churn. Two label columns: `leaves_week` (float64, NaN: not seen to leave) and `known_weeks` (of how many of the
    `weeks` + 1 weeks the log shows the whole window). A snapshot whose later weeks the log does not show is censored there, not left out; week 0 is
    to be observed. ConfigError as for Churn, and for weeks below 1.

    >>> TimeToChurn(horizon=30, weeks=12).describe()
    'leaves_week: the first week, up to 12, from which on there is no act for 30 days; week 0 begins at the snapshot'
    """

    horizon: int
    weeks: int = 12
    lead: int = 0
    roles: Sequence[str] | None = None
    terminal: str | None = None
    name: ClassVar[str] = "leaves_week"
    columns: ClassVar[tuple[str, ...]] = ("leaves_week", "known_weeks")

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", self.churn.roles)
        if self.weeks < 1:
            raise ConfigError.from_range("weeks", self.weeks, "at least 1 week")

    @cached_property
    def churn(self) -> Churn:
        """What is asked of every week."""
        return Churn(self.horizon, self.lead, self.roles, self.terminal)

    def window(self, day: int) -> tuple[int, int]:
        """The days that have to be observed, `[start, stop)`: those of week 0."""
        return self.churn.window(day)

    def known_weeks(self, day: np.ndarray, end: int) -> np.ndarray:
        """Of how many weeks the windows end by the day `end`, float64 like `day`.

        >>> TimeToChurn(horizon=30, weeks=12).known_weeks(np.array([0, 70]), end=107)
        array([12.,  2.])
        """
        return np.clip(
            (end - self.window(0)[1] - np.asarray(day)) // WEEK + 1, 0, self.weeks + 1
        ).astype(np.float64)

    def censored(self, labels: pd.DataFrame, day: np.ndarray, end: int) -> pd.DataFrame:
        """The labels of snapshots at `day` int64[n] as they were known when the log ended at the day `end`."""
        known = np.minimum(labels["known_weeks"], self.known_weeks(day, end))
        return labels.assign(
            leaves_week=labels["leaves_week"].where(labels["leaves_week"] < known),
            known_weeks=known,
        )

    def left_by(self, day: int, week: int) -> int:
        """The day by which someone has gone who leaves in a week: the first of the silence, or with `terminal` the one after the window."""
        start, stop = self.churn.window(day + WEEK * week)
        return stop if self.terminal else start

    def describe(self) -> str:
        """The definition, for the card."""
        what = self.churn.describe().removeprefix("churned: ").split(" in the ")[0]
        begins = f"{self.lead} days after" if self.lead else "at"
        way = (
            f"in whose {self.horizon} days there is {what}"
            if self.terminal
            else f"from which on there is {what} for {self.horizon} days"
        )
        return f"leaves_week: the first week, up to {self.weeks}, {way}; week 0 begins {begins} the snapshot"


Target = Churn | LifetimeValue | TimeToChurn


def _check_days(horizon: int, lead: int) -> None:
    if horizon < 1:
        raise ConfigError.from_range("horizon", horizon, "at least 1 day")
    if lead < 0:
        raise ConfigError.from_range("lead", lead, "0 days or more")
