"""Errors of stores and written output."""

from __future__ import annotations

from churnlab.errors.base import ChurnlabError

_EMPTY = "--allow-empty, in Python allow_empty=True"


class OutputError(ChurnlabError):
    """A result cannot be written."""

    exit_code = 7

    @classmethod
    def from_unwritable(cls, path: str, reason: str) -> OutputError:
        """A file or folder cannot be written; nothing there was changed."""
        return cls(
            f"{path} cannot be written: {reason}; "
            "nothing was changed, give another folder or make room"
        )

    @classmethod
    def from_unsure(cls, folder: object, reason: object) -> OutputError:
        """A store was switched to its new rows, and the disk did not confirm the switch."""
        return cls(
            f"{folder} was updated, but the disk did not confirm it: {reason}; update it once more"
        )


class StoreError(ChurnlabError):
    """An activity store cannot be used, or refuses the rows that it is given."""

    @classmethod
    def from_none(cls, folder: object) -> StoreError:
        """A folder without a manifest was opened as a store."""
        return cls(
            f"{folder} holds no activity store (no manifest.json); "
            "build one there, or give another folder"
        )

    @classmethod
    def from_newer(cls, folder: object, version: object, known: object) -> StoreError:
        """A later churnlab wrote the store, in a schema that this one cannot read."""
        return cls(
            f"{folder} was written by a newer churnlab "
            f"(schema {version}, this one knows {known}); use that version or a newer one"
        )

    @classmethod
    def from_corrupt(cls, file: object, reason: object) -> StoreError:
        """A file of the store is missing, or its bytes are not those that were written."""
        return cls(
            f"{file} is not what was written: {reason}; "
            "restore the file, or build what it holds again"
        )

    @classmethod
    def from_missing(cls, folder: object, count: object, day: object) -> StoreError:
        """The store has gaps, so windows across the missing days cannot be computed."""
        return cls(
            f"the store {folder} lacks {count} day(s), the first is {day}; "
            "append them, an empty day too"
        )

    @classmethod
    def from_folded(cls, folder: object, day: object, kept: object) -> StoreError:
        """A day that was folded into the carry is to be read or replaced."""
        return cls(
            f"day {day} of {folder} was folded into the carry, days are kept from {kept}; "
            "build the store again to change or read it"
        )

    @classmethod
    def from_no_day(cls, folder: object) -> StoreError:
        """A store without any day was asked for its days or rows."""
        return cls(
            f"the store {folder} has no day yet; append one, or run `churnlab update --day DAY`"
        )

    @classmethod
    def from_ids(cls, folder: object, day: object, given: object, kept: object) -> StoreError:
        """A day's user ids have another type than those in the store."""
        return cls(
            f"the ids of {day} are {given}, those of the store {folder} {kept}; "
            "read the log so that ids have one type"
        )

    @classmethod
    def from_rows(cls, day: object, reason: object) -> StoreError:
        """A day's table is not sorted, holds a key twice, or has columns of a wrong type."""
        return cls(
            f"the rows of {day} {reason}; give one row a person and version, sorted, "
            "with integer measures without nulls"
        )

    @classmethod
    def from_foreign(cls, source: object, day: object, first: object, last: object) -> StoreError:
        """A log that was given for one day holds events of other days."""
        return cls(
            f"{source} was given for {day} and holds events of other days ({first} to {last}); "
            "give each day's alone, or all files by a pattern like events/*.parquet"
        )

    @classmethod
    def from_empty(cls, source: object, day: object) -> StoreError:
        """A day's log has no event, and the caller did not allow that."""
        return cls(
            f"{source} holds no event on {day}; "
            f"find out why, or say that the day may be empty ({_EMPTY})"
        )

    @classmethod
    def from_no_file(cls, source: object, day: object) -> StoreError:
        """A log with a file for each day has none for this one, and may not lack it."""
        return cls(
            f"no such file: {str(source)!r}; find out why, "
            f"or say that {day} may be empty ({_EMPTY})"
        )


class LockedError(StoreError):
    """Another process is updating the store."""

    exit_code = 6

    @classmethod
    def from_locked(cls, folder: object) -> LockedError:
        """The store's lock was not free within the time to wait."""
        return cls(
            f"another update of {folder} is running; "
            "try again when it is done, or let this one wait longer"
        )

    @classmethod
    def from_decision(cls, model: str) -> LockedError:
        """Another decision about a registered model was not whole within the time to wait."""
        return cls(
            f"another decision about {model!r} is under way; try again when `churnlab models` "
            "shows it"
        )
