"""Grades that are kept: a file beside each list, and the record of the run that scored it.

`list/as_of=2026-03-04/grade.json` ends with its own sha256. No manifest names it: it is made when
the list has long been read, and the list is the same with it and without.
"""

from __future__ import annotations

from pathlib import Path

from churnlab.errors import ListError
from churnlab.model_registry.later import log_later
from churnlab.model_registry.tracking import Tracker
from churnlab.nightly.grading.record import Grade
from churnlab.nightly.lists.manifest import sealed, unsealed
from churnlab.nightly.lists.shelf import shelf_of
from churnlab.schema.days import day_number

GRADE = "grade.json"


def keep(grade: Grade, folder: str | Path) -> str:
    """Keep a grade beside its list, in the place of an earlier one; returns the file's name.

    The same grade gives the same bytes. Raises OutputError where the disk refuses.
    """
    shelf, path = shelf_of(folder), f"as_of={grade.as_of}/{GRADE}"
    shelf.put(path, sealed(grade.to_dict()).encode())
    return shelf.name(path)


def kept(folder: str | Path, as_of: str) -> Grade | None:
    """The grade that is kept beside the list of a day; None where there is none.

    Raises ListError for one that was changed.

    >>> kept("nowhere", "2026-03-04") is None
    True
    """
    shelf, path = shelf_of(folder), f"as_of={as_of}/{GRADE}"
    try:
        data = shelf.get(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ListError.from_damaged_grade(shelf.name(path), str(error)) from error
    try:
        return Grade.from_dict(unsealed(data, shelf.name(path)))
    except (ListError, KeyError, TypeError, ValueError) as error:
        raise ListError.from_damaged_grade(shelf.name(path), str(error)) from error


def log_grade(tracker: Tracker, grade: Grade) -> None:
    """Log the figures of a grade to the run that scored the list, drawn there over the days.

    The step of each is the day of the list, as days since 1970-01-01, and the record itself is an
    artifact below `grades`. A grade that is logged twice is there once. Raises ModelError where the
    store cannot be reached or does not have the run.
    """
    name = f"grades/grade_{grade.as_of}.json"
    text = sealed(grade.to_dict())
    log_later(tracker, grade.run_id, day_number(grade.as_of), grade.metrics(), {name: text})
