"""Feather files, which are Arrow's own files and streams, as a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import duckdb
import pyarrow as pa

from churnlab.errors import FileError, LogError
from churnlab.events import signatures
from churnlab.events.file_system import File
from churnlab.events.picked import Picker
from churnlab.events.source import BATCH, Task
from churnlab.events.spec import LogSpec

Reader: TypeAlias = pa.RecordBatchFileReader | pa.RecordBatchStreamReader


@dataclass(frozen=True)
class FeatherFiles:
    """Feather files of version 2, and files of Arrow's stream format."""

    name: str
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        """The number of events if each took 32 bytes."""
        return sum(f.size // 32 for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One task, in the order of the files."""
        for file in self.files:
            with _opened(file) as reader:
                Picker(file, reader.schema, spec.wanted())
        return [Task(lambda: self._batches(spec), spec.days)]

    def _batches(self, spec: LogSpec) -> Iterator[pa.RecordBatch]:
        for file in self.files:
            with _opened(file) as reader:
                picker = Picker(file, reader.schema, spec.wanted())
                for batch in _each(reader):
                    for begin in range(0, batch.num_rows, BATCH):
                        yield picker.pick(batch.slice(begin, BATCH)).select(spec.columns)

    def relation(self, connection: duckdb.DuckDBPyConnection) -> None:
        """None: the files are read batch by batch."""
        return None


def _each(reader: Reader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)
    else:
        yield from reader


@contextmanager
def _opened(file: File) -> Iterator[Reader]:
    """A file's reader; LogError where it cannot be read, or is something else."""
    if not file.size:
        raise FileError.from_zero_bytes(file.name)
    head = file.head(signatures.HEAD)
    other = signatures.foreign(head)
    if other is not None:
        raise FileError.from_foreign(file.name, *other)
    told = signatures.told(head)
    if told not in ("", "Feather"):
        raise FileError.from_other_kind(file.name, told)
    try:
        with file.open() as stream:
            if head.startswith(signatures.FEATHER):
                yield pa.ipc.open_file(stream)
            else:
                yield pa.ipc.open_stream(stream)
    except (OSError, pa.ArrowException) as error:
        raise LogError.from_unreadable(file.name, str(error)) from error
