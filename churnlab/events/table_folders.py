"""Folders of tables that keep versions: files in them may hold deleted rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from churnlab.errors import LogError

DELTA = "Delta"
ICEBERG = "Iceberg"
HUDI = "Hudi"


def kind_of(folder: str | Path) -> str | None:
    """Which kind of table a folder of this machine is: Delta, Iceberg or Hudi; None for no table.

    >>> kind_of("no such folder")
    """
    folder = Path(folder)
    if (folder / "_delta_log").is_dir():
        return DELTA
    if (folder / ".hoodie").is_dir():
        return HUDI
    return ICEBERG if any(folder.glob("metadata/*.metadata.json")) else None


def check_files(files: Iterable[str]) -> None:
    """LogError where one of the files lies in a table's folder: it may hold deleted rows."""
    parents = {parent: file for file in files for parent in Path(file).absolute().parents}
    for folder, file in parents.items():
        kind = kind_of(folder)
        if kind is not None:
            raise LogError.from_inside_table(file, str(folder), kind, readable=kind != HUDI)
