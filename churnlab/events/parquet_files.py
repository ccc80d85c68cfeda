"""Parquet files as a log, read a range of days at a time where their statistics allow it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import FileError, LogError
from churnlab.events import signatures
from churnlab.events.file_system import File
from churnlab.events.plain_text import literal
from churnlab.events.row_groups import DayGroups, Group, by_person, groups_of, opened, read_groups
from churnlab.events.source import BATCH, TASKS_A_THREAD, Task
from churnlab.events.spec import LogSpec
from churnlab.events.texts import is_text

_AT_ONCE = 16  # files at an address whose metadata are asked for at the same time


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files, read a range of days at a time where the statistics of row groups allow it."""

    name: str
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        """The number of events by the files' metadata."""
        return sum(meta.num_rows for _, meta, _ in self._metadata())

    def _metadata(self) -> Iterator[tuple[File, pq.FileMetaData, pa.Schema]]:
        """The metadata and the schema of each file; LogError for one that cannot be read."""
        if all(f.system is None for f in self.files):
            yield from map(_metadata_of, self.files)
        else:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                yield from pool.map(_metadata_of, self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """Runs of row groups, in the order of time or of people where their statistics say it."""
        groups = self._groups(spec)
        if not groups:
            raise LogError.from_empty(self.name)
        most = threads * TASKS_A_THREAD
        if any(g.low is None for g in groups):
            whole = Task(partial(read_groups, groups, spec, BATCH), spec.days)
            return _by_person(groups, spec, most) or [whole]
        days = DayGroups.of(groups, spec.clock_zone(groups[0].naive)).within(spec.days)
        runs = days.runs(most)
        if any(low < high for _, (low, high) in runs):
            return [_by_time(some, spec, own) for some, own in runs]
        people = _by_person(days.groups, spec, most)
        return people or [_by_time(some, spec, own) for some, own in runs]

    def _groups(self, spec: LogSpec) -> list[Group]:
        """The row groups of all files; LogError where a column is missing or of different types."""
        wanted = spec.wanted()
        groups: list[Group] = []
        first: dict[str, tuple[str, str]] = {}
        for file, meta, arrow in self._metadata():
            groups += groups_of(file, meta, arrow, spec)
            for option in ("user", "time", "arrived"):
                name = wanted.get(option, "")
                kind = _kind(arrow, name, ids=option == "user")
                seen, other = first.setdefault(option, (kind, file.name)) if kind else ("", "")
                if kind != seen:
                    raise FileError.from_other_types(name, other, seen, file.name, kind)
        return groups

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation | None:
        """All files as one relation, columns matched by name; None for files at an address."""
        if any(f.system is not None for f in self.files):
            return None
        return connection.read_parquet([literal(f.path) for f in self.files], union_by_name=True)


def _by_time(groups: list[Group], spec: LogSpec, own: tuple[int, int]) -> Task:
    """A task of row groups that alone have some days; of no order where these are none."""
    order: Literal["time"] | None = "time" if own[0] < own[1] else None
    return Task(partial(read_groups, groups, spec, BATCH), spec.days, order, own)


def _by_person(groups: list[Group], spec: LogSpec, most: int) -> list[Task]:
    """Tasks of row groups in which people lie together; none where they do not."""
    return [
        Task(partial(read_groups, some, spec, BATCH), spec.days, "person")
        for some in by_person(groups, most)
    ]


def _kind(schema: pa.Schema, column: str, *, ids: bool) -> str:
    """What two files must have in common in a column of ids or of times; empty where unknown."""
    if column not in schema.names:
        return ""
    kind = schema.field(column).type
    if ids:
        return "text" if is_text(kind) else "a whole number" if pa.types.is_integer(kind) else ""
    if not pa.types.is_timestamp(kind):
        return ""
    return "a time without a zone" if kind.tz is None else "a time with a zone"


def _metadata_of(file: File) -> tuple[File, pq.FileMetaData, pa.Schema]:
    try:
        with opened(file) as found:
            return file, found.metadata, found.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: File, error: Exception) -> LogError:
    """The error for a file that is no sound Parquet file: what it is where its bytes say so."""
    if not file.size:
        return FileError.from_zero_bytes(file.name)
    head = file.head(signatures.HEAD)
    other = signatures.foreign(head)
    if other is not None:
        return FileError.from_foreign(file.name, *other)
    told = signatures.told(head)
    if told != "Parquet":
        return (
            FileError.from_other_kind(file.name, told)
            if told
            else FileError.from_unknown_kind(file.name)
        )
    reason = "its end is missing" if "footer" in str(error) else str(error)
    return LogError.from_unreadable(file.name, reason)
