"""The common part of DuckDB's and PostgreSQL's tables: the statements sent, the rows as batches.

Both clocks are whole microseconds since 1970-01-01: UTC where the column has a zone, local time
where it has none. The session's own time zone is always UTC, so the host's does not matter.
Identifiers are quoted. Bounds are literals of the column's own type compared with the bare column,
so that indexes and zone maps work.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from churnlab.errors import ChurnlabError, LogError
from churnlab.errors.secrets import without_secrets
from churnlab.kernels.units import DAY_MICROS, MICRO

Read: TypeAlias = Callable[[str], pa.RecordBatchReader]
# The microseconds of one step of each type of time.
STEPS = {
    "DATE": DAY_MICROS,
    "TIMESTAMP": 1,
    "TIMESTAMP_S": MICRO,
    "TIMESTAMP_MS": 1_000,
    "TIMESTAMP_NS": 1,
    "TIMESTAMPTZ_NS": 1,
    "TIMESTAMPTZ": 1,
    "TIMESTAMP WITH TIME ZONE": 1,
}


class SqlTable(ABC):
    """A table or view of a database; what differs between databases is abstract."""

    table: str

    @property
    @abstractmethod
    def place(self) -> str:
        """The database in messages, without secrets."""

    @abstractmethod
    def _session(self) -> AbstractContextManager[Read]:
        """A connection of its own that reads statements; its errors become a LogError."""

    @abstractmethod
    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        """The text that names the table in a statement, and the type of each column."""

    @abstractmethod
    def _value(self, expression: str, kind: str) -> str:
        """SQL that reads an expression of that type as a type that Arrow has.

        Infinite times become null.
        """

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"table {self.table!r} of {self.place}"

    def __repr__(self) -> str:
        """The name alone, because an address may hold more than a message should."""
        return f"<{self.name}>"

    def schema(self) -> pa.Schema:
        """Names and Arrow types of all columns, as `batches` gives them; no row is read."""
        with self._session() as read:
            relation, kinds = self._columns(read)
            return read(f"select {self._selected(kinds, kinds)} from {relation} limit 0").schema

    def span(self, time: str) -> tuple[int, int] | None:
        """The first and the last time in microseconds, nulls left out.

        None where there is no row, or the column holds no times (text, numbers). LogError where a
        time is infinite.
        """
        with self._session() as read:
            relation, kinds = self._columns(read)
            self._check(kinds, time=[time])
            if kinds[time].upper() not in STEPS:
                return None
            first = f"min({identifier(time)})"
            last = f"max({identifier(time)})"
            table = read(
                f"select {self._value(first, kinds[time])} as low, "
                f"{self._value(last, kinds[time])} as high, "
                f"{first} is not null as seen from {relation}"
            ).read_all()
        if not table["seen"][0].as_py():
            return None
        low = _first_micros(table["low"])
        high = _first_micros(table["high"])
        if low is None or high is None:
            raise LogError.from_wrong_type(self.name, time, "infinite in some rows", "finite times")
        return low, high

    def lacks(self, time: str) -> bool:
        """Whether the time is null in any row."""
        with self._session() as read:
            relation, _ = self._columns(read)
            where = f"where {identifier(time)} is null limit 1"
            return bool(read(f"select 1 as lacks from {relation} {where}").read_all().num_rows)

    def batches(
        self, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows with `low <= time < high` in microseconds, streamed; None leaves an end open.

        A row whose time is null comes only where both ends are open. The connection is opened at
        the first batch, belongs to this iterator alone, and is closed after the last batch or with
        the iterator.
        """
        with self._session() as read:
            yield from read(self._statement(read, columns, time, low, high))

    def _statement(
        self, read: Read, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> str:
        relation, kinds = self._columns(read)
        self._check(kinds, time=[time], columns=columns)
        bounds = [
            f"{identifier(time)} {sign} {self._bound(time, kinds[time], micros)}"
            for sign, micros in ((">=", low), ("<", high))
            if micros is not None
        ]
        where = f" where {' and '.join(bounds)}" if bounds else ""
        return f"select {self._selected(columns, kinds)} from {relation}{where}"

    def _selected(self, columns: Iterable[str], kinds: dict[str, str]) -> str:
        return ", ".join(
            f"{self._value(identifier(c), kinds[c])} as {identifier(c)}"
            for c in dict.fromkeys(columns)
        )

    def _bound(self, time: str, kind: str, micros: int) -> str:
        """A literal of the column's own type, rounded up to a step of that type."""
        step = STEPS.get(kind.upper())
        if step is None:
            wanted = "a column of timestamps or dates, so that days can be asked for"
            raise LogError.from_wrong_type(self.name, time, kind, wanted)
        text = str(np.datetime64(-(-micros // step) * step, "us")).replace("T", " ")
        zone = "+00" if "TZ" in kind.upper() or "ZONE" in kind.upper() else ""
        return f"cast('{text}{zone}' as {kind})"

    def _check(self, kinds: dict[str, str], **asked: Sequence[str]) -> None:
        for role, columns in asked.items():
            for column in columns:
                if column not in kinds:
                    raise LogError.from_missing_column(self.name, role, column, kinds)


@contextmanager
def in_one_line(name: str, way: str) -> Iterator[None]:
    """Any error of another library as a LogError of the table `name`; `way` says what to do.

    For libraries that raise built-in errors of many kinds beside their own.
    """
    try:
        yield
    except ChurnlabError:
        raise
    except Exception as error:
        reason = driver_text(error) or type(error).__name__
        raise LogError.from_unreadable(name, reason, way) from None


def reading(connection: Any, opened: ExitStack, options: Mapping[str, object]) -> Read:
    """A function that runs a statement on an ADBC connection and streams its rows.

    `options` are the driver's own; the cursors are closed with `opened`.
    """

    def read(statement: str) -> pa.RecordBatchReader:
        """The rows of a statement, a batch at a time."""
        given = {name: str(value) for name, value in options.items()}
        cursor = opened.enter_context(closing(connection.cursor(adbc_stmt_kwargs=given)))
        cursor.execute(statement)
        return cursor.fetch_record_batch()

    return read


def identifier(name: str) -> str:
    """A name quoted for SQL.

    >>> print(identifier('a"b'))
    "a""b"
    """
    return '"' + name.replace('"', '""') + '"'


def _first_micros(column: pa.ChunkedArray) -> int | None:
    """The first value as microseconds on its own clock."""
    zone = getattr(column.type, "tz", None)
    return column.cast(pa.timestamp("us", tz=zone)).cast(pa.int64())[0].as_py()


def driver_text(error: Exception) -> str:
    """The message of a driver, without the statement, long values and secrets.

    >>> driver_text(OSError("no route to postgresql://me:secret@host. SQLSTATE: 08001"))
    'no route to postgresql://***@host'
    """
    text = re.sub(r"\x1b\[[\d;]*m", "", str(error))  # colours
    text = re.sub(r"(?s)\s*(Query was:|\.\s*SQLSTATE|\bLINE \d+:).*", "", text)
    text = re.sub(r"^(\w+: )?\[libpq\] ", "", text)
    text = re.sub(r'"([^"\n]{60})[^"\n]{20,}"', r'"\1…"', text)
    return without_secrets(text)
