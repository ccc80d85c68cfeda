"""There is nothing to do: no fault, and nothing was written."""

from __future__ import annotations

from churnlab.errors.base import ChurnlabError


class NothingToDo(ChurnlabError):
    """What was asked for cannot be done yet, or was done already; exit code 99."""

    exit_code = 99

    @classmethod
    def from_too_early(cls, as_of: str, ended: str, last: str, first: str) -> NothingToDo:
        """The horizon of a list is not over in the log, which ends on the day `last`.

        `ended` is the last day of the horizon, `first` the day on which it can be graded.
        """
        return cls(
            f"the list of {as_of} cannot be graded yet: its horizon ends on {ended} "
            f"and the log on {last}; grade it from {first} on"
        )

    @classmethod
    def from_week(cls, week: str, ended: str, last: str) -> NothingToDo:
        """A week is not over in the log, which ends on the day `last`."""
        return cls(
            f"the week {week} is not over: it ends on {ended} and the log on {last}; "
            "report it when the log holds all of it"
        )
