"""One Parquet file of rows sorted by person, read forward only, a range of people at a time.

Pages have checksums; the manifest has a sha256 of the footer and of the whole file. The footer
also holds a sample of the file's people (`sample.py`).
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import StoreError
from churnlab.store.later_columns import filled

ID = "user_id"
KNOWN = "known"
SAMPLE_KEY = b"churnlab.people"
T = TypeVar("T")


@dataclass(frozen=True)
class FileEntry:
    """A file as the manifest describes it.

    `name` is the path below the store's folder, `people` counts distinct people, `sha256` and
    `footer` are the sha256 of the whole file and of its Parquet footer.
    """

    name: str
    rows: int
    people: int
    bytes: int
    sha256: str
    footer: str


class RowFile:
    """A file as a cursor over its row groups.

    One row group is in memory at a time, and the rows that were taken. `columns` are the measures
    to read, None for all; `user_id` and `known` are always read. `later` are columns that the file
    may lack (see `later_columns`). Raises FileNotFoundError when the
    file is missing, and StoreError when it is not what was written.
    """

    def __init__(
        self,
        folder: Path,
        entry: FileEntry,
        columns: Sequence[str] | None = None,
        later: Sequence[str] = (),
    ) -> None:
        self.path = folder / entry.name
        self.entry = entry
        self._file = self._guarded(self._open)
        names = self._file.schema_arrow.names
        self._columns = [n for n in names if columns is None or n in (ID, KNOWN, *columns)]
        self._later = [n for n in later if columns is None or n in columns]
        self._group = 0
        self._at = 0
        self._table: Any = None
        self._ids: Any = None

    def _guarded(self, read: Callable[[], T]) -> T:
        """The result of `read`, whose errors are raised with the file's name."""
        try:
            return read()
        except FileNotFoundError as error:
            raise FileNotFoundError(error.errno, "it is missing", str(self.path)) from error
        except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
            reason = " ".join(str(error).split())[:200]
            raise StoreError.from_corrupt(file=self.path, reason=reason) from error

    def _open(self) -> pq.ParquetFile:
        source = pa.OSFile(str(self.path))
        if source.size() != self.entry.bytes:
            raise ValueError(f"it has {source.size():,} bytes, not {self.entry.bytes:,}")
        if footer_digest(source) != self.entry.footer:
            raise ValueError("the sha256 of its footer differs")
        return pq.ParquetFile(source, page_checksum_verification=True)

    @property
    def schema(self) -> pa.Schema:
        """The columns that are read."""
        stored = pa.schema([self._file.schema_arrow.field(n) for n in self._columns])
        return filled(stored.empty_table(), self._later).schema

    def sample(self) -> list[Any]:
        """The file's sample of people: ids in the order of their hashes."""
        return json.loads(self._file.metadata.metadata[SAMPLE_KEY])

    def close(self) -> None:
        """Close the file."""
        self._table = self._ids = None
        self._file.close(force=True)

    def take(self, high: Any = None) -> pa.Table | None:
        """The rows after those of the last call, up to and including the person `high`.

        With None, all rows that are left. Returns None when there is no row.
        """
        pieces = []
        while self._load():
            stop = self._stop(high)
            if stop > self._at:
                pieces.append(self._table.slice(self._at, stop - self._at))
            self._at = stop
            if stop < self._table.num_rows:
                break
            self._table = None
            self._at = 0
            self._group += 1
        return pa.concat_tables(pieces) if pieces else None

    def _load(self) -> bool:
        """True if there is a row group to take rows from; reads it when it is not in memory."""
        if self._table is None and self._group < self._file.num_row_groups:
            self._table = self._guarded(self._read)
            ids = self._table.column(ID).combine_chunks()
            self._ids = ids.to_numpy() if pa.types.is_integer(ids.type) else ids
        return self._table is not None

    def _read(self) -> pa.Table:
        table = self._file.read_row_group(self._group, columns=self._columns, use_threads=False)
        if table.num_rows != self._file.metadata.row_group(self._group).num_rows:
            raise ValueError("a row group is short of rows")
        return filled(table.replace_schema_metadata(None), self._later)

    def _stop(self, high: Any) -> int:
        """The first row of the group whose person lies after `high`."""
        rows, ids = self._table.num_rows, self._ids
        if high is None:
            return rows
        if isinstance(ids, np.ndarray):
            return int(np.searchsorted(ids, high, side="right"))
        return bisect_right(range(rows), high, lo=self._at, key=lambda i: ids[i].as_py())


def check_file(folder: Path, entry: FileEntry) -> None:
    """Raise StoreError unless the bytes of a file are those that were written."""
    path = folder / entry.name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError.from_corrupt(file=path, reason=error.strerror or error) from error
    if digest != entry.sha256:
        raise StoreError.from_corrupt(file=path, reason="its sha256 differs")


def footer_digest(file: Any) -> str:
    """sha256 of the Parquet footer of an open Arrow file; ValueError when it is cut off."""
    size = file.size()
    file.seek(max(size - 8, 0))
    length = int.from_bytes(file.read(4), "little") + 8
    if length > size:
        raise ValueError("its footer is cut off")
    file.seek(size - length)
    return hashlib.sha256(file.read(length)).hexdigest()
