"""The store and the disk: durable names, errors in one line, enough open files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from churnlab.errors import OutputError

_OTHER_FILES = 256


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raise an error of the disk as an OutputError that names the folder."""
    try:
        yield
    except OSError as error:
        raise OutputError.from_unwritable(str(folder), error.strerror or str(error)) from error


def allow_open_files(count: int) -> None:
    """Let this process open so many files at a time, as far as the system permits."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + _OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def written_names(folder: Path) -> list[str]:
    """Names of the files and empty day folders that updates of a store have left in its folder.

    The names are relative to the folder. An empty day folder is named by a file that it lacks.
    """
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("day=") and entry.is_dir():
                inside = [n for n in sorted(os.listdir(entry.path)) if n.startswith("rows-")]
                names += [f"{entry.name}/{name}" for name in inside or ["rows-none"]]
            elif entry.name.endswith(".part") or entry.name.startswith("carry-"):
                names.append(entry.name)
    return names
