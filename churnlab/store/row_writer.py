"""Writing a row file: the checks of a day's rows, and the writer that hashes while it writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churnlab.errors import StoreError
from churnlab.schema.files import PartFile
from churnlab.store.disk import sync_folder
from churnlab.store.row_file import ID, KNOWN, SAMPLE_KEY, FileEntry, footer_digest
from churnlab.store.sample import Sample

GROUP_ROWS = 16_384
WRITE_BYTES = 2**20


class HashingFile:
    """A file that is hashed while Arrow writes it."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()
        self.given_up = False

    def write(self, data: bytes) -> int:
        """Write and hash; do nothing once the file is given up."""
        if self.given_up:
            return len(data)
        self.digest.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        """Hand what was written to the system."""
        self.file.flush()

    def close(self) -> None:
        """Mark the file closed for Arrow; `RowWriter` closes it itself."""
        self.closed = True


class RowWriter:
    """Writes tables to a new file in `folder`; `finish` makes it durable and gives it its name.

    People must ascend over all tables. Use it in a `with`. Raises OSError when the file cannot be
    written; then nothing is left behind.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder = folder
        self.schema = schema
        self._part = PartFile(folder)
        self.rows = 0
        self.people = 0
        self._sample = Sample()
        self._output = HashingFile(self._part.file)
        self._stream = pa.BufferedOutputStream(pa.PythonFile(self._output, "w"), WRITE_BYTES)
        self._writer: Any = None

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._output.given_up = True
        with suppress(OSError, ValueError, pa.ArrowException):
            if self._writer is not None:
                self._writer.close()
            self._stream.close()
        self._part.close()

    def write(self, table: pa.Table) -> None:
        """Append rows in groups of GROUP_ROWS; the sample is drawn meanwhile."""
        if self._writer is None:
            self._writer = self._open(table)
        ids = table.column(ID)
        with ThreadPoolExecutor(1) as beside:
            sampled = beside.submit(self._sample.add, ids, KNOWN not in table.column_names)
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
            sampled.result()
        self.rows += table.num_rows
        self.people += count_people(ids)

    def _open(self, table: pa.Table) -> pq.ParquetWriter:
        # Small whole numbers: a stream for each of their bytes is smaller than a dictionary, and
        # faster to write and to read (measured).
        encoding = {n: "BYTE_STREAM_SPLIT" for n in table.column_names if n != ID}
        if pa.types.is_int64(self.schema.field(ID).type):
            encoding[ID] = "DELTA_BINARY_PACKED"
        return pq.ParquetWriter(
            self._stream,
            self.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            column_encoding=encoding,
            write_statistics=[ID],
            write_page_checksum=True,
            store_schema=False,
        )

    def finish(self, stem: str) -> FileEntry:
        """Close the file, move it to `<folder>/<stem>-<digest>.parquet`, and return its entry."""
        if self._writer is None:
            self._writer = self._open(self.schema.empty_table())
        self._writer.add_key_value_metadata({SAMPLE_KEY: self._sample.text()})
        self._writer.close()
        self._stream.close()
        self._part.sync()
        digest = self._output.digest.hexdigest()
        name = f"{stem}-{digest[:12]}.parquet"
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written = pa.PythonFile(self._part.file, "r")
        size, footer = written.size(), footer_digest(written)
        self._part.put(path)
        sync_folder(path.parent)
        return FileEntry(name, self.rows, self.people, size, digest, footer)


def count_people(ids: pa.ChunkedArray) -> int:
    """Number of distinct ids in a sorted column.

    >>> count_people(pa.chunked_array([[3, 3, 7]]))
    2
    """
    rows = len(ids)
    if not rows:
        return 0
    changes = pc.not_equal(ids.slice(1), ids.slice(0, rows - 1))
    return 1 + (pc.sum(changes).as_py() or 0)


def checked_rows(table: pa.Table, day: str, derived: Iterable[str]) -> pa.Table:
    """A day's rows in the types of a file.

    Raises StoreError unless people ascend, and versions within a person, and all measures are
    whole numbers without nulls. `derived` are names that no stored measure may have.
    """
    reason = _misfit(table, {*derived, "day"})
    if reason is None:
        fields = [pa.field(f.name, _stored_type(f), nullable=False) for f in table.schema]
        table = table.cast(pa.schema(fields))
        if not _ascends(table):
            reason = "are not sorted by person and version, or hold one twice"
    if reason is not None:
        raise StoreError.from_rows(day=day, reason=reason)
    return table


def _misfit(table: pa.Table, reserved: set[str]) -> str | None:
    """Why the columns cannot be stored; None when they can."""
    names = table.column_names
    if not {ID, "acts"} <= {*names} or len({*names}) < len(names):
        return f"need {ID} and acts, and each name once, and have {', '.join(names)}"
    wrong = [f.name for f in table.schema if f.name in reserved or not _fits(f)]
    wrong += [n for n in names if table.column(n).null_count]
    return f"hold what they cannot in {', '.join(wrong)}" if wrong else None


def _fits(field: pa.Field) -> bool:
    """True for whole numbers, and for text in the id column."""
    if field.name == ID and _is_text(field.type):
        return True
    return pa.types.is_integer(field.type) and field.type != pa.uint64()


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(is_kind(value) for is_kind in kinds)


def _stored_type(field: pa.Field) -> pa.DataType:
    """The type in which a column is written."""
    if field.name == ID:
        return pa.string() if _is_text(field.type) else pa.int64()
    return pa.int32() if field.name == KNOWN else field.type


def _ascends(table: pa.Table) -> bool:
    """True if people ascend and occur once, or again with a higher `known`."""
    if table.num_rows < 2:
        return True
    ids = table.column(ID)
    rising = pc.less(*_neighbours(ids))
    if KNOWN in table.column_names:
        later = pc.less(*_neighbours(table.column(KNOWN)))
        rising = pc.or_(rising, pc.and_(pc.equal(*_neighbours(ids)), later))
    return pc.all(rising).as_py()


def _neighbours(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Each value but the last, and the value after it."""
    return column.slice(0, len(column) - 1), column.slice(1)
