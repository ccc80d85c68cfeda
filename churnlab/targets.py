"""What is predicted: churn and lifetime value, each defined in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from churnlab.errors import ConfigError


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

    def __post_init__(self) -> None:
        _check_days(self.horizon, self.lead)
        if self.roles is not None:
            object.__setattr__(self, "roles", (self.roles,) if isinstance(self.roles, str) else tuple(self.roles))
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
        begins = f" that begin {self.lead} days after the snapshot" if self.lead else " after the snapshot"
        return f"churned: {what} in the {self.horizon} days{begins}"


@dataclass(frozen=True)
class LifetimeValue:
    """A person's value is the money spent in `[t, t + horizon)`.

    >>> LifetimeValue(horizon=90).describe()
    'ltv: money spent in the 90 days after the snapshot'
    """

    horizon: int
    name: ClassVar[str] = "ltv"
    lead: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check_days(self.horizon, 0)

    def window(self, day: int) -> tuple[int, int]:
        """The days that the label sees, `[start, stop)`."""
        return day, day + self.horizon

    def describe(self) -> str:
        """The definition, for the card."""
        return f"ltv: money spent in the {self.horizon} days after the snapshot"


Target = Churn | LifetimeValue


def _check_days(horizon: int, lead: int) -> None:
    if horizon < 1:
        raise ConfigError.from_range("horizon", horizon, "at least 1 day")
    if lead < 0:
        raise ConfigError.from_range("lead", lead, "0 days or more")
