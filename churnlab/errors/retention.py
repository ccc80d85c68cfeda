"""Errors of retention, funnels and churn nodes."""

from __future__ import annotations

from collections.abc import Iterable

from churnlab.errors.base import ConfigError, near
from churnlab.errors.data import FrameError
from churnlab.errors.examples import shape
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

    @classmethod
    def from_strangers(cls, of_log: object, of_frame: object) -> PeopleError:
        """Nobody of the log is in the frame of people, mostly because the ids differ."""
        return cls(
            "nobody of the log is in the users frame: ids are like "
            f"{shape(of_log)} in the log, like {shape(of_frame)} in the frame; give the same ids"
        )

    @classmethod
    def from_no_registration(cls) -> PeopleError:
        """The first step is registration, and nothing says when people registered."""
        return cls(
            "the first step is 'registered', and no day of registration was given; give users= and "
            "registered=, or users and registered in [retention]"
        )


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
    def from_short_window(cls, within: int, later: int, least: int) -> StepError:
        """Steps on later days cannot all come in the window."""
        return cls(
            f"the funnel has {later:,} step(s) on a later day and a window of {within:,} day(s), "
            f"in which nobody can take them all; give within={least:,} or more"
        )

    @classmethod
    def from_no_event(cls, name: str, known: Iterable[str]) -> StepError:
        """No event of the log is a step of the exact funnel."""
        others = [each for each in known if each != name]
        return cls(
            f"no event is the step {name!r}; give a role, a measure of your own or an event: "
            f"{near(name, others)}"
        )

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

    @classmethod
    def from_past(cls, what: str, needs: int, has: int) -> ShortLogError:
        """The log begins too late for a day."""
        return cls(
            f"{what} needs {needs:,} days of the log before it, and there are {has:,}; "
            "give a later day or a longer log"
        )

    @classmethod
    def from_after_end(cls, day: str, end: str) -> ShortLogError:
        """A day lies after the log, so that what came before it is not known."""
        return cls(
            f"the morning of {day} lies after the log, which ends on {end}; "
            "give an earlier day or a longer log"
        )

    @classmethod
    def from_move(cls, later: str, end: str) -> ShortLogError:
        """The second of two days lies after the log."""
        return cls(
            f"moves up to the morning of {later} are not known yet: the log ends on {end}; "
            "give an earlier day or fewer days"
        )

    @classmethod
    def from_nodes(cls, day: str, needs: str, end: str) -> ShortLogError:
        """Churn after the morning of a churn node is not known yet."""
        return cls(
            f"churn after the morning of {day} needs events up to {needs}, and the log ends on "
            f"{end}; give an earlier day or a shorter horizon"
        )

    @classmethod
    def from_short_for_nodes(cls, horizon: int, has: int) -> ShortLogError:
        """The log is too short for people to stand somewhere and to churn afterwards."""
        return cls(
            f"churn nodes need a day and the {horizon:,} days of churn after it, and the log has "
            f"{has:,}; give a shorter horizon or a longer log"
        )
