"""Folders like `dt=2026-03-01/hour=05`, whose names are columns of the files in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from urllib.parse import unquote

import pyarrow as pa

from churnlab.events.file_system import File

_NULL = "__HIVE_DEFAULT_PARTITION__"


def partition_of(path: str) -> dict[str, str | None]:
    """The columns that the folders of a path name, all as text.

    >>> partition_of("log/dt=2026-03-01/city=S%C3%A3o/hour=__HIVE_DEFAULT_PARTITION__/a")
    {'dt': '2026-03-01', 'city': 'São', 'hour': None}
    """
    pairs = (p.partition("=") for p in PurePosixPath(path.replace("\\", "/")).parts[:-1])
    return {
        unquote(name): None if value == _NULL else unquote(value)
        for name, equals, value in pairs
        if equals and name
    }


def with_folders(names: Iterable[str], files: Iterable[File]) -> list[str]:
    """The columns of some files, with those that the folders of every one of them name.

    A column in the files comes before a folder of its name.
    """
    found = [*names]
    common: dict[str, str | None] | None = None
    for file in files:
        parts = partition_of(file.path)
        common = parts if common is None else {n: v for n, v in common.items() if n in parts}
    return found + [name for name in common or () if name not in found]


def with_partition(batch: pa.RecordBatch, values: Mapping[str, str | None]) -> pa.RecordBatch:
    """A batch with columns of one text each.

    >>> batch = pa.record_batch({"user": [1, 2]})
    >>> with_partition(batch, {"dt": "2026-03-01"}).column("dt").to_pylist()
    ['2026-03-01', '2026-03-01']
    """
    for name, value in values.items():
        column = pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
        batch = batch.append_column(name, column)
    return batch
