"""A log before it is checked: what every kind of source gives, and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import duckdb
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.spec import LogSpec

BATCH = 131_072
TASKS_A_THREAD = 4
BYTES_A_ROW = 64  # of a decoded event in memory, roughly
EVERY_DAY = (-(2**40), 2**40)


@dataclass(frozen=True)
class Task:
    """Events that one core reads on its own.

    Where they have an `order`, `batches` starts from the beginning at each call, and the events
    probably come in that order: by time, or by person and time. Events outside the local days
    `[days[0], days[1])` are left out. By time, no other task has events of the days
    `[own[0], own[1])`; by person, none has events of people between the first and the last one.
    """

    batches: Callable[[], Iterator[pa.RecordBatch]]
    days: tuple[int, int] | None = None
    order: Literal["time", "person"] | None = "time"
    own: tuple[int, int] = EVERY_DAY


class Source(Protocol):
    """A log before it is checked."""

    @property
    def name(self) -> str:
        """The name of the source in messages."""

    @property
    def rows(self) -> int:
        """The number of events, roughly; it decides how many partitions a log has on disk."""

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """The whole log as tasks; LogError when a column is missing or a file cannot be read."""

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation | None:
        """The whole log for DuckDB to sort on disk, None where DuckDB cannot read it."""


def check_columns(source: str, columns: dict[str, str], present: Any) -> None:
    """Raise LogError for the first column that is missing or there twice.

    `columns` takes options to the columns that they name.
    """
    names = list(present)
    for option, name in columns.items():
        if name not in names:
            raise LogError.from_missing_column(source, option, name, names)
        if names.count(name) > 1:
            given, wanted = "there more than once", "one column of that name"
            raise LogError.from_wrong_type(source, name, given, wanted)


def quoted(columns: Sequence[str]) -> str:
    """Column names for SQL.

    >>> print(quoted(["user", 'a"b']))
    "user", "a""b"
    """
    return ", ".join('"' + n.replace('"', '""') + '"' for n in columns)
