"""The last list before a day: what tonight's is compared with."""

from __future__ import annotations

from pathlib import Path

from churnlab.nightly.lists.manifest import MANIFEST
from churnlab.nightly.lists.read import PublishedList, read_list
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.schema.days import before, day_number

LONGEST = 56  # days after which two lists are no longer compared
_FOLDER = "as_of="


def last_list(folder: str | Path, as_of: str, trial: bool = False) -> PublishedList | None:
    """The newest list of a day before `as_of`; None where none is at most 56 days older.

    It is the same list when a day is scored again. Raises ListError where it is damaged.

    >>> import tempfile
    >>> last_list(tempfile.gettempdir() + "/nowhere", "2026-03-04") is None
    True
    """
    day = last_day(folder, as_of, trial)
    return None if day is None else read_list(folder, day, trial)


def last_day(folder: str | Path, as_of: str, trial: bool = False) -> str | None:
    """The day of `last_list`."""
    shelf = shelf_of(folder, trial)
    names = [name for name in shelf.names("") if name.startswith(_FOLDER)]
    for day in sorted((name.removeprefix(_FOLDER) for name in names), reverse=True):
        if MANIFEST not in shelf.names(_FOLDER + day):
            continue
        if before(day_number(day), day_number(as_of)):
            return day if day_number(as_of) - day_number(day) <= LONGEST else None
    return None
