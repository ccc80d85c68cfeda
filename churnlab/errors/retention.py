"""Errors of retention, funnels and churn nodes."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ConfigError, near
from churnlab.errors.data import FrameError
from churnlab.errors.history import HistoryError


class PeopleError(FrameError):
    """The frame of people cannot be used to tell them apart, or says no day of registration."""

    @classmethod
    def from_many_groups(cls, attribute: str, count: int, most: int) -> PeopleError:
        """An attribute has too many values to compare people by."""
        return cls(
            f"attribute {attribute!r} has {count:,} values, more than {most} to compare people by; "
            "give it in bands, or another attribute"
        )

    @classmethod
    def from_no_days(cls, column: str, example: object) -> PeopleError:
        """A column of registration days holds what is no day."""
        return cls(
            f"column {column!r} of the users frame holds {example!r}, which is no day; "
            'give dates like "2026-03-01" or timestamps'
        )

    @classmethod
    def from_no_frame(cls, what: Iterable[str]) -> PeopleError:
        """An attribute was named without a frame of people."""
        names = ", ".join(map(repr, what))
        return cls(f"{names} asked of people, and no users frame was given; give users=")


class StepError(ConfigError):
    """The steps of a funnel cannot be used."""

    @classmethod
    def from_few(cls, count: int) -> StepError:
        """A funnel has two steps or more, and not too many."""
        return cls(f"the funnel has {count} step(s); give two to twenty")

    @classmethod
    def from_registration(cls, place: int) -> StepError:
        """Registration is not the first step."""
        return cls(f"registration is step {place} of the funnel; it can be the first alone")

    @classmethod
    def from_unknown_step(cls, name: str, known: Iterable[str]) -> StepError:
        """A step is neither a role nor a measure of the log."""
        return cls(f"unknown step {name!r}: {near(name, known)}")


class ShortLogError(HistoryError):
    """The log is shorter than what was asked of it."""

    @classmethod
    def from_window(cls, what: str, needs: int, has: int) -> ShortLogError:
        """Nothing can be known: every window reaches past the end of the log."""
        return cls(
            f"{what} needs {needs:,} days and the log has {has:,}; "
            "give a shorter window or a longer log"
        )
