"""The store and the disk: durable names, enough open files, and what is its own there."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from churnlab.schema.files import clear_parts

_OTHER_FILES = 256
_DAY = r"day=\d{4}-\d\d-\d\d"
DAY_FOLDER = re.compile(_DAY)
ROW_FILE = re.compile(rf"(?:{_DAY}/rows|carry)-([0-9a-f]{{12}})\.parquet")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def allow_open_files(count: int) -> None:
    """Let this process open so many files at a time, as far as the system permits."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + _OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def sweep(folder: Path, keep: Collection[str], dropped: Collection[str]) -> None:
    """Remove what updates have left in a store's folder, and nothing that others have put there.

    `keep` names the files of the manifest, `dropped` those that it named before. Of the others a
    file goes only if its name is that of a row file and holds the digest of its content, which
    no file has that this library did not write. What lies behind a symbolic link stays.
    """
    clear_parts(folder)
    for name in written_names(folder):
        if name not in keep and (name in dropped or is_own(folder / name)):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
    for day in _day_folders(folder):
        with suppress(OSError):  # it is not empty
            (folder / day).rmdir()


def written_names(folder: Path) -> list[str]:
    """The files in a store's folder that have names of row files, relative to it."""
    names = [f"{day}/{name}" for day in _day_folders(folder) for name in os.listdir(folder / day)]
    found = filter(ROW_FILE.fullmatch, sorted([*names, *os.listdir(folder)]))
    return [
        name for name in found if (folder / name).is_file() and not (folder / name).is_symlink()
    ]


def is_own(file: Path) -> bool:
    """True if the name of a row file holds the digest of its content."""
    named = ROW_FILE.search(f"{file.parent.name}/{file.name}")
    with suppress(OSError), file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        return named is not None and digest.startswith(named[1])
    return False


def _day_folders(folder: Path) -> list[str]:
    names = filter(DAY_FOLDER.fullmatch, os.listdir(folder))
    return [n for n in names if (folder / n).is_dir() and not (folder / n).is_symlink()]
