"""Errors of what channels cost and of the amounts of people."""

from __future__ import annotations

from churnlab.errors.data import FrameError


class CostsError(FrameError):
    """A table of what channels cost cannot be used."""

    @classmethod
    def from_no_amount_of(cls, channel: object, cost: object) -> CostsError:
        """A cost is no number, below zero or infinite."""
        return cls(
            f"the cost {cost!r} of channel {channel!r} is no amount; "
            "give a number such as 1234.5, 0 or more, without a sign"
        )

    @classmethod
    def from_no_channel(cls, count: int) -> CostsError:
        """Rows of cost name no channel."""
        return cls(f"the channel is missing in {count:,} rows of cost; name it, or leave them out")

    @classmethod
    def from_bad_period(cls, given: object) -> CostsError:
        """A period of a cost is no day, week or month."""
        return cls(
            f"the period {given!r} of a cost is no day, week or month; "
            'give "2026-03-01", "2026-W10" or "2026-03"'
        )


class AmountsError(FrameError):
    """Amounts of people cannot be used."""

    @classmethod
    def from_no_number(cls, example: object) -> AmountsError:
        """Amounts of people are text or another thing."""
        return cls(
            f"the amounts of people are no numbers, the first is {example!r}; "
            "give a Series of numbers by user_id"
        )
