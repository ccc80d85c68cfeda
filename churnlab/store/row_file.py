"""One Parquet file of rows sorted by person: written with its digests, read forward only, a range of persons at a time.

Pages carry checksums, the footer and the whole file a sha256. The footer also holds a sample of the file's persons: those whose
ids have the smallest hashes. The same persons are drawn in every file, so that the samples of many days count a person once.
"""

from __future__ import annotations

import hashlib
import json
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from churnlab.errors import StoreError

ID = "user_id"
KNOWN = "known"
GROUP_ROWS = 16_384
SAMPLE = 2_048
WRITE_BYTES = 2**20
_HASH_ROWS = 65_536
_KEY = b"churnlab.people"
_TOP = 2**64 - 1
T = TypeVar("T")


@dataclass(frozen=True)
class FileEntry:
    """What a manifest says of a file: its name in the store, rows, distinct people, bytes, the sha256 of file and footer."""

    name: str
    rows: int
    people: int
    bytes: int
    sha256: str
    footer: str


class _Sink:
    """A file that is hashed while it is written."""

    closed = False

    def __init__(self, path: Path) -> None:
        self.file, self.digest, self.broken = path.open("wb"), hashlib.sha256(), False

    def write(self, data: bytes) -> int:
        """Writes and hashes; nothing once it is given up."""
        if self.broken:
            return len(data)
        self.digest.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        """Hands what was written to the system."""
        self.file.flush()

    def close(self) -> None:
        """Says that it is closed; the file is, by its writer."""
        self.closed = True


class RowWriter:
    """Writes tables, persons ascending over all of them, to `part`; `finish` syncs it and moves it to its final name.

    Use it in a `with`. Raises OSError when the file cannot be written; then only `part` may be left behind.
    """

    def __init__(self, part: Path, schema: pa.Schema) -> None:
        self.part, self.schema, self.rows, self.people = part, schema, 0, 0
        self._sample, self._sink = _Sample(), _Sink(part)
        self._stream = pa.BufferedOutputStream(pa.PythonFile(self._sink, "w"), WRITE_BYTES)
        self._writer: Any = None

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._sink.broken = True
        with suppress(OSError, ValueError, pa.ArrowException):
            if self._writer is not None:
                self._writer.close()
            self._stream.close()
        self._sink.file.close()

    def write(self, table: pa.Table) -> None:
        """Appends rows in groups of `GROUP_ROWS`."""
        if self._writer is None:
            self._writer = self._open(table)
        ids = table.column(ID)
        with ThreadPoolExecutor(1) as beside:
            sampled = beside.submit(self._sample.add, ids, KNOWN not in table.column_names)
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
            sampled.result()
        self.rows, self.people = self.rows + table.num_rows, self.people + count_people(ids)

    def _open(self, table: pa.Table) -> pq.ParquetWriter:
        # Small whole numbers: a stream for each of their bytes is smaller, and faster both ways, than a dictionary (measured).
        encoding = {n: "BYTE_STREAM_SPLIT" for n in table.column_names if n != ID}
        encoding |= (
            {ID: "DELTA_BINARY_PACKED"} if pa.types.is_int64(self.schema.field(ID).type) else {}
        )
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

    def finish(self, folder: Path, stem: str) -> FileEntry:
        """Closes the file, puts it in its place as `<stem>-<digest>.parquet` under `folder`, and returns its entry."""
        if self._writer is None:
            self._writer = self._open(self.schema.empty_table())
        self._writer.add_key_value_metadata({_KEY: self._sample.text()})
        self._writer.close()
        self._stream.close()
        self._sink.file.flush()
        os.fsync(self._sink.file.fileno())
        digest = self._sink.digest.hexdigest()
        path = folder / f"{stem}-{digest[:12]}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        size, footer = _footer(self.part)
        os.replace(self.part, path)
        sync_folder(path.parent)
        return FileEntry(
            path.relative_to(folder).as_posix(), self.rows, self.people, size, digest, footer
        )


def checked_rows(table: pa.Table, day: str, derived: Iterable[str]) -> pa.Table:
    """A day's rows in the types of a file; raises StoreError unless they are persons ascending, versions too, and whole numbers."""
    reason = _misfit(table, {*derived, "day"})
    if reason is None:
        table = table.cast(
            pa.schema([pa.field(f.name, _type(f), nullable=False) for f in table.schema])
        )
        reason = (
            None if _ascends(table) else "are not sorted by person and version, or hold one twice"
        )
    if reason is not None:
        raise StoreError.from_fault("rows", day=day, reason=reason)
    return table


def _misfit(table: pa.Table, reserved: set[str]) -> str | None:
    """What is wrong with the columns."""
    names = table.column_names
    if not {ID, "acts"} <= {*names} or len({*names}) < len(names):
        return f"need {ID} and acts, and each name once, and have {', '.join(names)}"
    wrong = [f.name for f in table.schema if f.name in reserved or not _fits(f)]
    nulls = [n for n in names if table.column(n).null_count]
    return f"hold what they cannot in {', '.join(wrong + nulls)}" if wrong or nulls else None


def _fits(field: pa.Field) -> bool:
    kind = field.type
    return (pa.types.is_integer(kind) and kind != pa.uint64()) or (
        field.name == ID and _is_text(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return (
        pa.types.is_string(value)
        or pa.types.is_large_string(value)
        or pa.types.is_string_view(value)
    )


def _type(field: pa.Field) -> pa.DataType:
    """The type in which a column is written."""
    if field.name == ID:
        return pa.string() if _is_text(field.type) else pa.int64()
    return pa.int32() if field.name == KNOWN else field.type


def _ascends(table: pa.Table) -> bool:
    """Whether persons ascend and occur once, or again with a higher `known`."""

    def rises(name: str) -> pa.ChunkedArray:
        """Whether each value is less than the next."""
        return pc.less(table.column(name).slice(0, table.num_rows - 1), table.column(name).slice(1))

    if table.num_rows < 2:
        return True
    rising = rises(ID)
    if KNOWN in table.column_names:
        ids = table.column(ID)
        again = pc.and_(pc.equal(ids.slice(0, len(ids) - 1), ids.slice(1)), rises(KNOWN))
        rising = pc.or_(rising, again)
    return pc.all(rising).as_py()


def check_file(folder: Path, entry: FileEntry) -> None:
    """Raises StoreError unless the bytes of a file are those that were written."""
    path = folder / entry.name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError.from_fault("corrupt", file=path, reason=error.strerror or error) from error
    if digest != entry.sha256:
        raise StoreError.from_fault("corrupt", file=path, reason="its sha256 differs")


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def count_people(ids: pa.ChunkedArray) -> int:
    """Distinct ids in a sorted column."""
    rows = len(ids)
    return rows and 1 + (pc.sum(pc.not_equal(ids.slice(1), ids.slice(0, rows - 1))).as_py() or 0)


def _footer(path: Path) -> tuple[int, str]:
    """A file's bytes, and the sha256 of its Parquet footer."""
    with pa.OSFile(str(path)) as file:
        return file.size(), _footer_digest(file)


def _footer_digest(file: Any) -> str:
    size = file.size()
    file.seek(max(size - 8, 0))
    length = int.from_bytes(file.read(4), "little") + 8
    if length > size:
        raise ValueError("its footer is cut off")
    file.seek(size - length)
    return hashlib.sha256(file.read(length)).hexdigest()


class RowFile:
    """A file as a cursor over its row groups; one group is in memory at a time, and what was taken from it.

    Raises FileNotFoundError when it is gone and StoreError when it is not what was written. `columns` are the measures to read,
    None for all; `user_id` and `known` always are.
    """

    def __init__(
        self, folder: Path, entry: FileEntry, columns: Sequence[str] | None = None
    ) -> None:
        self.path, self.entry = folder / entry.name, entry
        self._file = self._guarded(self._open)
        names = self._file.schema_arrow.names
        self._columns = [n for n in names if columns is None or n in (ID, KNOWN, *columns)]
        self._group, self._at = 0, 0
        self._table: Any = None
        self._ids: Any = None

    def _guarded(self, read: Callable[[], T]) -> T:
        """What is read; whatever goes wrong is said with the file's name."""
        try:
            return read()
        except FileNotFoundError as error:
            raise FileNotFoundError(error.errno, "it is missing", str(self.path)) from error
        except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
            raise StoreError.from_fault(
                "corrupt", file=self.path, reason=" ".join(str(error).split())[:200]
            ) from error

    def _open(self) -> pq.ParquetFile:
        source = pa.OSFile(str(self.path))
        if source.size() != self.entry.bytes:
            raise ValueError(f"it has {source.size():,} bytes, not {self.entry.bytes:,}")
        if _footer_digest(source) != self.entry.footer:
            raise ValueError("the sha256 of its footer differs")
        return pq.ParquetFile(source, page_checksum_verification=True)

    @property
    def schema(self) -> pa.Schema:
        """The columns that are read."""
        return pa.schema([self._file.schema_arrow.field(n) for n in self._columns])

    def sample(self) -> list[Any]:
        """The persons whose ids have the smallest hashes, at most `SAMPLE`."""
        return json.loads(self._file.metadata.metadata[_KEY])

    def close(self) -> None:
        """Gives the handle back."""
        self._table = self._ids = None
        self._file.close(force=True)

    def take(self, high: Any = None) -> pa.Table | None:
        """The rows from where the last call ended up to and with the person `high`, None: to the end; None when there are none."""
        pieces = []
        while self._load():
            stop = self._stop(high)
            if stop > self._at:
                pieces.append(self._table.slice(self._at, stop - self._at))
            self._at = stop
            if stop < self._table.num_rows:
                break
            self._table, self._at, self._group = None, 0, self._group + 1
        return pa.concat_tables(pieces) if pieces else None

    def _load(self) -> bool:
        """Whether there is a row group to take from."""
        if self._table is None and self._group < self._file.num_row_groups:
            self._table = self._guarded(self._read)
            self._ids = self._table.column(ID).combine_chunks()
            self._ids = self._ids.to_numpy() if pa.types.is_integer(self._ids.type) else self._ids
        return self._table is not None

    def _read(self) -> pa.Table:
        table = self._file.read_row_group(
            self._group, columns=self._columns, use_threads=False
        ).replace_schema_metadata(None)
        if table.num_rows != self._file.metadata.row_group(self._group).num_rows:
            raise ValueError("a row group is short of rows")
        return table

    def _stop(self, high: Any) -> int:
        """The first row of the group that lies past `high`."""
        rows, ids = self._table.num_rows, self._ids
        if high is None:
            return rows
        if isinstance(ids, np.ndarray):
            return int(np.searchsorted(ids, high, side="right"))
        return bisect_right(range(rows), high, lo=self._at, key=lambda i: ids[i].as_py())


def bounds(files: Iterable[RowFile], people: int) -> list[Any]:
    """Ids that split the persons of all files into ranges of about `people`, ascending.

    Exact where no file has more than `SAMPLE` persons; never finer than the sample is.
    """
    seen: dict[int, Any] = {}
    limit = _TOP
    for file in files:
        ids = file.sample()
        hashes = _hashes(pa.array(ids)).tolist() if ids else []
        limit = min(limit, max(hashes)) if len(ids) >= SAMPLE else limit
        seen |= {h: i for h, i in zip(hashes, ids, strict=True) if h <= limit}
    drawn = sorted(i for h, i in seen.items() if h <= limit)
    step = max(1, round(people * (limit / _TOP)))
    return drawn[step - 1 : -1 : step]


class _Sample:
    """The ids with the smallest hashes so far."""

    def __init__(self) -> None:
        self.kept: dict[int, Any] = {}

    def add(self, ids: pa.ChunkedArray, distinct: bool) -> None:
        """Takes more ids in; `distinct` says that each is there once."""
        for start in range(0, len(ids), _HASH_ROWS):
            some = ids.slice(start, _HASH_ROWS)
            self._add(some.combine_chunks() if distinct else some.unique())

    def _add(self, ids: pa.Array) -> None:
        hashes = _hashes(ids)
        least = (
            np.argpartition(hashes, SAMPLE)[:SAMPLE]
            if len(hashes) > SAMPLE
            else np.arange(len(hashes))
        )
        self.kept |= zip(hashes[least].tolist(), ids.take(pa.array(least)).to_pylist(), strict=True)
        self.kept = dict(sorted(self.kept.items())[:SAMPLE])

    def text(self) -> str:
        """The ids as JSON."""
        return json.dumps(list(self.kept.values()), separators=(",", ":"))


def _mix(word: np.ndarray) -> np.ndarray:
    """splitmix64 (Steele, Lea and Flood 2014): every bit of a uint64 moves every other."""
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def _hashes(ids: pa.Array) -> np.ndarray:
    """uint64[n]: of all bits of an integer; of the length and the first, middle and last 8 bytes of a text."""
    if pa.types.is_integer(ids.type):
        return _mix(ids.cast(pa.int64()).to_numpy().view(np.uint64))
    ids = ids.cast(pa.string())
    at = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(
        np.int64
    )
    data = np.concatenate([np.zeros(8, np.uint8), np.frombuffer(ids.buffers()[2] or b"", np.uint8)])
    windows, begin, length = np.lib.stride_tricks.sliding_window_view(data, 8), at[:-1], np.diff(at)
    hashes = length.astype(np.uint64)
    for width in (length, length // 2, np.minimum(length, 8)):
        hashes = _mix(hashes ^ _last_bytes(windows[begin + width], np.minimum(width, 8)))
    return hashes


def _last_bytes(windows: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The last `width` of 8 bytes as a uint64."""
    words = np.ascontiguousarray(windows).view("<u8").reshape(-1)
    shift = np.minimum(8 * (8 - width), 63).astype(np.uint64)
    return np.where(width > 0, words >> shift, 0).astype(np.uint64)
