"""Tables of a DuckDB file or of PostgreSQL as streams of Arrow batches, the range of times pushed down into the query.

Both clocks are whole microseconds since 1970-01-01: UTC where the column has a zone, the wall clock where it has none. The
session's own time zone is always UTC, so the host's does not matter. Identifiers are quoted, and bounds are literals of the
column's own type beside the bare column, so that indexes and zone maps work.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

import duckdb
import numpy as np
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.kernels.units import DAY_MICROS, MICRO

Read: TypeAlias = Callable[[str], pa.RecordBatchReader]
# How many microseconds one step of a type of time is.
_STEPS = {
    "DATE": DAY_MICROS,
    "TIMESTAMP": 1,
    "TIMESTAMP_S": MICRO,
    "TIMESTAMP_MS": 1_000,
    "TIMESTAMP_NS": 1,
    "TIMESTAMPTZ_NS": 1,
    "TIMESTAMPTZ": 1,
    "TIMESTAMP WITH TIME ZONE": 1,
}
_POSTGRES_PLAIN = {"int2", "int4", "int8", "float4", "float8", "text", "varchar", "bool"}
_POSTGRES_TIMES = {"timestamp", "timestamptz", "date"}
_SECRET = re.compile(r"://.*:.*@|[?&]\s*(\w*password|\w*secret|scram_\w+key)\s*=", re.I | re.S)
_BATCH_ROWS = 122_880  # one row group of DuckDB


def open_database(
    address: str | Path,
    table: str | None,
    *,
    memory_limit: str = "1GB",
    threads: int | None = None,
    external_access: bool = False,
) -> DuckDBTable | PostgresTable | None:
    """The table of a `postgresql://` address or of a .duckdb, .ddb or .db file, looked up once; None when it is neither.

    Raises LogError with near names where the table is missing, or is not named.
    """
    text = str(address)
    source: DuckDBTable | PostgresTable
    if text.startswith(("postgresql://", "postgres://")):
        source = PostgresTable(text, table or "")
    elif text.lower().endswith((".duckdb", ".ddb", ".db")):
        source = DuckDBTable(
            text,
            table or "",
            memory_limit=memory_limit,
            threads=threads,
            external_access=external_access,
        )
    else:
        return None
    source.schema()
    return source


class _Table(ABC):
    """What both kinds of table share: which statements are sent, and what is made of the answers."""

    table: str

    @property
    @abstractmethod
    def place(self) -> str:
        """The database, without what is secret."""

    @abstractmethod
    def _session(self) -> AbstractContextManager[Read]:
        """A connection of one's own that reads statements; closed at the end, its errors turned into a LogError."""

    @abstractmethod
    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        """What stands behind `from`, and the database's type of each column."""

    @abstractmethod
    def _value(self, what: str, kind: str) -> str:
        """The expression that reads `what`, of that type, as a type that Arrow has; infinite times are null."""

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"table {self.table!r} of {self.place}"

    def __repr__(self) -> str:
        """The name alone."""
        return f"<{self.name}>"

    def schema(self) -> pa.Schema:
        """Names and Arrow types of all columns, as `batches` gives them; no row is read."""
        with self._session() as read:
            relation, kinds = self._columns(read)
            return read(f"select {self._selected(kinds, kinds)} from {relation} limit 0").schema

    def span(self, time: str) -> tuple[int, int] | None:
        """The first and the last time in microseconds; None where there is no row, or the column holds no times (text, numbers).

        Times that are null do not count; infinite ones raise LogError.
        """
        with self._session() as read:
            relation, kinds = self._columns(read)
            self._check(kinds, time=[time])
            if kinds[time].upper() not in _STEPS:
                return None
            first, last = f"min({_quoted(time)})", f"max({_quoted(time)})"
            table = read(
                f"select {self._value(first, kinds[time])} as low, {self._value(last, kinds[time])} as high, "
                f"{first} is not null as seen from {relation}"
            ).read_all()
        if not table["seen"][0].as_py():
            return None
        low, high = (_micros(table[end]) for end in ("low", "high"))
        if low is None or high is None:
            raise LogError.from_wrong_type(self.name, time, "infinite in some rows", "finite times")
        return low, high

    def lacks(self, time: str) -> bool:
        """Whether the time is null in any row."""
        with self._session() as read:
            relation, _ = self._columns(read)
            return bool(
                read(
                    f"select exists(select 1 from {relation} where {_quoted(time)} is null) as lacks"
                )
                .read_all()["lacks"][0]
                .as_py()
            )

    def batches(
        self, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows with `low <= time < high` in microseconds, streamed; None leaves that end open.

        A row whose time is null comes only where both ends are open. The connection is opened at the first batch, belongs to this
        iterator alone, and is closed after the last batch or with the iterator.
        """
        with self._session() as read:
            yield from read(self._statement(read, columns, time, low, high))

    def _statement(
        self, read: Read, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> str:
        relation, kinds = self._columns(read)
        self._check(kinds, time=[time], columns=columns)
        bounds = [
            f"{_quoted(time)} {sign} {self._bound(time, kinds[time], micros)}"
            for sign, micros in ((">=", low), ("<", high))
            if micros is not None
        ]
        where = f" where {' and '.join(bounds)}" if bounds else ""
        return f"select {self._selected(columns, kinds)} from {relation}{where}"

    def _selected(self, columns: Sequence[str] | dict[str, str], kinds: dict[str, str]) -> str:
        return ", ".join(
            f"{self._value(_quoted(c), kinds[c])} as {_quoted(c)}" for c in dict.fromkeys(columns)
        )

    def _bound(self, time: str, kind: str, micros: int) -> str:
        """A literal of the column's own type, rounded up to what that type can show."""
        step = _STEPS.get(kind.upper())
        if step is None:
            raise LogError.from_wrong_type(
                self.name,
                time,
                kind,
                "a column of timestamps or dates, so that days can be asked for",
            )
        text = str(np.datetime64(-(-micros // step) * step, "us")).replace("T", " ")
        zone = "+00" if "TZ" in kind.upper() or "ZONE" in kind.upper() else ""
        return f"cast('{text}{zone}' as {kind})"

    def _check(self, kinds: dict[str, str], **asked: Sequence[str]) -> None:
        for role, columns in asked.items():
            for column in columns:
                if column not in kinds:
                    raise LogError.from_missing_column(self.name, role, column, kinds)


@dataclass(frozen=True, repr=False)
class DuckDBTable(_Table):
    """A table or view of a DuckDB file, opened read-only.

    `table` may name its schema ("main.events"). Memory of DuckDB itself is bounded by `memory_limit`, cores by `threads` (None: all).
    A view over files outside the database needs `external_access`; extensions are never installed.
    """

    path: str | Path
    table: str
    memory_limit: str = "1GB"
    threads: int | None = None
    external_access: bool = False

    @property
    def place(self) -> str:
        """The file, as it was given."""
        return str(self.path)

    @contextmanager
    def _session(self) -> Iterator[Read]:
        try:
            with closing(self._connect()) as connection:
                yield lambda statement: _duckdb_reader(connection.sql(statement))
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise LogError.from_database(
                self.name, _plain(error), _duckdb_way(str(error))
            ) from None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not Path(self.path).is_file():
            raise LogError.from_database(
                self.name, "no such file", "give the path of a DuckDB file that exists"
            )
        config = {
            "memory_limit": self.memory_limit,
            "enable_external_access": self.external_access,
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": self.external_access,
        }
        if self.threads is not None:
            config["threads"] = self.threads
        connection = duckdb.connect(str(self.path), read_only=True, config=config)
        connection.execute("set TimeZone = 'UTC'")
        return connection

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        rows = (
            read(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "where database_name = current_database() and not internal order by column_index"
            )
            .read_all()
            .to_pylist()
        )
        known: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            known.setdefault(f"{row['schema_name']}.{row['table_name']}", []).append(row)
        found = known.get(f"main.{self.table}") or known.get(self.table)
        if not found:
            raise LogError.from_no_table(
                self.place, self.table, [k.removeprefix("main.") for k in known]
            )
        relation = f"{_quoted(found[0]['schema_name'])}.{_quoted(found[0]['table_name'])}"
        return relation, {row["column_name"]: row["data_type"] for row in found}

    def _value(self, what: str, kind: str) -> str:
        if kind in (
            "TIMESTAMP_NS",
            "TIMESTAMPTZ_NS",
        ):  # a cast would round the last microsecond into the next day
            finite = f"isfinite({what})" if kind == "TIMESTAMP_NS" else f"{what} is not null"
            make = "make_timestamp" if kind == "TIMESTAMP_NS" else "make_timestamptz"
            return f"case when {finite} then {make}((epoch_ns({what}) - if(epoch_ns({what}) < 0, 999, 0)) // 1000) end"
        if kind in ("TIMESTAMP_S", "TIMESTAMP_MS"):
            return f"case when isfinite({what}) then cast({what} as timestamp) end"
        if kind in _STEPS:
            return f"case when isfinite({what}) then {what} end"
        return f"cast({what} as varchar)" if kind in ("UUID", "JSON") else what


def _duckdb_reader(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    """A stream, by the name that this version of DuckDB has for it."""
    return (getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch)(_BATCH_ROWS)


def _duckdb_way(reason: str) -> str:
    """What to do about an error of DuckDB."""
    if "Could not set lock" in reason:
        return "let the process that writes it close it first, or read a copy"
    if "different configuration" in reason:
        return "close this process's other connection to the file first"
    if "file system operations" in reason:
        return "where you trust the file, allow what lies outside it with external_access=True"
    return "check that it is a whole DuckDB file"


@dataclass(frozen=True, repr=False)
class PostgresTable(_Table):
    """A table or view of PostgreSQL, read over ADBC in a read-only transaction (`pip install churnlab[postgres]`).

    `uri` is "postgresql://", or holds a host, port, database and user; what it leaves out comes from libpq's PG* variables, a
    password always does. Numbers of type numeric come as double precision, what Arrow has no plain type for as text.
    `batch_bytes` is about how large a batch becomes.
    """

    uri: str
    table: str
    batch_bytes: int = 1 << 22

    def __post_init__(self) -> None:
        if not self.uri.startswith(("postgresql://", "postgres://")):
            raise LogError.from_database(
                "PostgreSQL",
                "the address is no URI",
                "give one like postgresql://host:5432/database",
            )
        if any(_SECRET.search(text) for text in (self.uri, unquote(self.uri))):
            raise LogError.from_database(
                "PostgreSQL",
                "the address holds a password",
                "take it out and set PGPASSWORD in the environment",
            )

    @property
    def place(self) -> str:
        """The address without user and parameters."""
        return re.sub(r"://[^/?]*@", "://", self.uri).partition("?")[0]

    @contextmanager
    def _session(self) -> Iterator[Read]:
        driver = _driver()
        try:
            with ExitStack() as open_things:
                connection = open_things.enter_context(closing(driver.connect(self.uri)))

                def read(statement: str) -> pa.RecordBatchReader:
                    options = {"adbc.postgresql.batch_size_hint_bytes": str(self.batch_bytes)}
                    cursor = open_things.enter_context(
                        closing(connection.cursor(adbc_stmt_kwargs=options))
                    )
                    cursor.execute(statement)
                    return cursor.fetch_record_batch()

                read(_POSTGRES_SETTINGS).read_all()
                yield read
        except (driver.Error, pa.ArrowException, OSError) as error:
            raise LogError.from_database(self.name, _plain(error), _POSTGRES_WAY) from None

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        names = [_quoted(self.table), ".".join(map(_quoted, self.table.split(".", 1)))]
        found = (
            read(_POSTGRES_COLUMNS.format(*map(_literal, names))).read_all().to_pylist()
            if self.table and "\0" not in self.table
            else []
        )
        if not found:
            raise LogError.from_no_table(
                self.place, self.table, read(_POSTGRES_TABLES).read_all()["name"].to_pylist()
            )
        return found[0]["relation"], {row["name"]: row["kind"] for row in found}

    def _value(self, what: str, kind: str) -> str:
        if kind in _POSTGRES_TIMES:
            return f"case when isfinite({what}) then {what} end"
        if kind in _POSTGRES_PLAIN:
            return what
        if kind in ("numeric", "money"):  # money has no cast of its own to double precision
            return f"cast(cast({what} as numeric) as double precision)"
        return f"cast({what} as text)"


_POSTGRES_WAY = "check the server, the user's rights, and PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD in the environment"
_POSTGRES_SETTINGS = """
select set_config('transaction_read_only', 'on', true), set_config('TimeZone', 'UTC', true), set_config('client_encoding', 'UTF8', true),
  set_config('standard_conforming_strings', 'on', true)"""
# A domain counts as the type that it is made of.
_POSTGRES_COLUMNS = """
select cast(cast(a.attrelid as regclass) as text) as relation, cast(a.attname as text) as name,
  cast(coalesce(base.typname, t.typname) as text) as kind
from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid left join pg_catalog.pg_type base on base.oid = t.typbasetype
where a.attrelid = coalesce(to_regclass({}), to_regclass({})) and a.attnum > 0 and not a.attisdropped order by a.attnum"""
_POSTGRES_TABLES = """
select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end as name
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' limit 10000"""


def _driver() -> Any:
    """The ADBC driver, which the extra brings."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise LogError.from_database(
            "PostgreSQL", "the ADBC driver is not installed", "pip install churnlab[postgres]"
        ) from None
    return dbapi


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _micros(column: pa.ChunkedArray) -> int | None:
    """The first value as microseconds on its own clock."""
    zone = getattr(column.type, "tz", None)
    return column.cast(pa.timestamp("us", tz=zone)).cast(pa.int64())[0].as_py()


def _plain(error: Exception) -> str:
    """What a driver says, without the statement, long values and what may be a secret."""
    text = re.sub(r"(?s)\s*(Query was:|\.\s*SQLSTATE|\bLINE \d+:).*", "", str(error))
    text = re.sub(r"^(\w+: )?\[libpq\] ", "", text)
    text = re.sub(r'"([^"\n]{60})[^"\n]{20,}"', r'"\1…"', text)
    for secret in (os.environ.get("PGPASSWORD", ""), os.environ.get("PGSSLPASSWORD", "")):
        text = text.replace(secret, "***") if len(secret) > 3 else text
    text = re.sub(r"(?i)(password|passwd|pwd|secret)(\s*=\s*)('[^']*'|[^\s&]+)", r"\1\2***", text)
    return re.sub(r"://[^/\s]*@", "://***@", text)
