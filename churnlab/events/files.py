"""The files that a path, a pattern or a folder names, and which reader they need."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from churnlab.errors import LogError
from churnlab.events.csv_files import CsvFiles
from churnlab.events.parquet_files import ParquetFiles
from churnlab.events.table_folders import check_files

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")


def open_files(path: str | Path | Sequence[str]) -> ParquetFiles | CsvFiles:
    """The Parquet or CSV files that a path, a pattern or several of them name."""
    paths = as_paths(path)
    files = tuple(dict.fromkeys(f for p in paths for f in matching(p)))
    return (CsvFiles if files[0].lower().endswith(CSV) else ParquetFiles)(paths[-1], files)


def as_paths(path: str | Path | Sequence[str]) -> list[str]:
    """A path or several of them as a list of texts."""
    return [str(p) for p in ([path] if isinstance(path, str | Path) else path)]


def is_there(path: str) -> bool:
    """Whether a path or pattern names any file."""
    return any(Path(f).is_file() for f in glob.glob(path, recursive=True))


def matching(path: str | Path) -> list[str]:
    """The files of a path or pattern, sorted; LogError when there is none.

    A folder stands for the Parquet files in it and in its folders.
    """
    text = str(path)
    if Path(text).is_dir():
        text = str(Path(text) / "**" / "*.parquet")
    files = sorted(f for f in glob.glob(text, recursive=True) if Path(f).is_file())
    if not files:
        raise LogError.from_no_file(str(path))
    check_files(files)
    return files
