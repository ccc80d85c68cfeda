"""Errors of what channels cost."""

from __future__ import annotations

from churnlab.errors.data import FrameError


class CostsError(FrameError):
    """A table of what channels cost cannot be used."""

    @classmethod
    def from_negative(cls, channel: object, cost: object) -> CostsError:
        """A cost is below zero or infinite."""
        return cls(f"the cost {cost} of channel {channel!r} is no amount; give 0 or more")

    @classmethod
    def from_bad_period(cls, given: object) -> CostsError:
        """A period of a cost is neither a day nor a month."""
        return cls(
            f'the period {given!r} of a cost is no day and no month; give "2026-03-01" or "2026-03"'
        )
