"""The tables [value] and [traffic] of churnlab.toml: high value, channels, automated traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from churnlab.config.sections import Table

if TYPE_CHECKING:
    from churnlab.value.traffic_rules import TrafficRules


class ValueTable(Table):
    """[value]: who counts as high value, how people came, and what channels cost."""

    top: float = 0.2
    """The share of eligible people that counts as high value."""
    costs: str = ""
    """A file of what channels cost: channel, cost, and day or period (a day, a week like 2026-W10
    or a month like 2026-03)."""
    users: str | None = None
    """A file with one row a person: the id, channel and day of entry; the one of [log] without it.
    Dates may stand here, which are no attributes to learn from."""
    channel: str = "channel"
    """The column of the channel that a person came by."""
    entered: str | None = None
    """The column of the day that a person came on; without it, the first act."""
    every: str = "month"
    """The period of a cohort: week, month, quarter or year."""
    settle: int = 28
    """People whose first act lies in so many first days of the log were there before."""
    ages: list[int] = [30, 60, 90, 180]
    """Days after which a person's value is told."""

    def arrivals(self) -> dict[str, Any]:
        """The options of `value.Arrivals` by name.

        >>> ValueTable(every="week").arrivals()["every"]
        'week'
        """
        return self.model_dump(include={"channel", "entered", "every", "settle"})


class TrafficTable(Table):
    """[traffic]: by which rules traffic looks automated; 0 turns a rule off."""

    leave_out: bool = False
    """Whether people who look automated on the day of a snapshot are neither learnt from nor
    judged by; they are counted among the rows left out."""
    devices: str = ""
    """A file with the id of [log] and device or address, any number of rows an account; it may
    have `since`, the day from which on a row is known."""
    window: int = 28
    """Days before the snapshot that are looked at."""
    least_acts: int = 30
    """People with fewer acts are asked for device and address alone."""
    accounts_per_device: int = 5
    """Accounts on one device from which on they are flagged."""
    accounts_per_address: int = 20
    """Accounts on one address from which on they are flagged."""
    acts_per_day: int = 1000
    """Acts on one day."""
    acts_per_minute: float = 60.0
    """Acts a minute of session."""
    hours_per_day: float = 20.0
    """Hours in sessions on one day."""
    clockwork: float = 0.8
    """The share of days on which acts stay within 5% of their median."""
    no_session: int = 50
    """Acts, no two of which are in one session."""
    forest: float = 0.7
    """The score of an isolation forest, from 0 to 1."""
    most: float = 0.2
    """A rule that would flag a larger share of people is not used."""

    def rules(self) -> TrafficRules:
        """The rules; ConfigError for a threshold out of range.

        >>> TrafficTable(window=14).rules().window
        14
        """
        from churnlab.value.traffic_rules import TrafficRules

        return TrafficRules(**self.model_dump(exclude={"leave_out", "devices"}))
