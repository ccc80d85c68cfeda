"""A table of a DuckDB file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.database_table import STEPS, Read, SqlTable, driver_text, identifier

_BATCH_ROWS = 122_880  # one row group of DuckDB
_COLUMNS = (
    "select schema_name, table_name, column_name, data_type from duckdb_columns() "
    "where database_name = current_database() and not internal order by column_index"
)


@dataclass(frozen=True, repr=False)
class DuckDBTable(SqlTable):
    """A table or view of a DuckDB file, opened read-only.

    `table` may name its schema ("main.events"). DuckDB itself holds at most `memory_limit` and
    works on `threads` cores (None: all). A view over files outside the database needs
    `external_access`; extensions are never installed.
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
                yield lambda statement: _stream(connection.sql(statement))
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            reason = driver_text(error)
            raise LogError.from_unreadable(self.name, reason, _way(str(error))) from None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        if not Path(self.path).is_file():
            way = "give the path of a DuckDB file that exists"
            raise LogError.from_unreadable(self.name, "no such file", way)
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
        known: dict[str, list[dict[str, str]]] = {}
        for row in read(_COLUMNS).read_all().to_pylist():
            known.setdefault(f"{row['schema_name']}.{row['table_name']}", []).append(row)
        found = known.get(f"main.{self.table}") or known.get(self.table)
        if not found:
            names = [k.removeprefix("main.") for k in known]
            raise LogError.from_no_table(self.place, self.table, names)
        relation = f"{identifier(found[0]['schema_name'])}.{identifier(found[0]['table_name'])}"
        return relation, {row["column_name"]: row["data_type"] for row in found}

    def _value(self, expression: str, kind: str) -> str:
        if kind in ("TIMESTAMP_NS", "TIMESTAMPTZ_NS"):
            return _rounded_down(expression, kind)
        if kind in ("TIMESTAMP_S", "TIMESTAMP_MS"):
            return f"case when isfinite({expression}) then cast({expression} as timestamp) end"
        if kind in STEPS:
            return f"case when isfinite({expression}) then {expression} end"
        return f"cast({expression} as varchar)" if kind in ("UUID", "JSON") else expression


def _rounded_down(expression: str, kind: str) -> str:
    """SQL for nanoseconds as microseconds.

    A plain cast rounds to nearest and would put the last microsecond of a day into the next day.
    """
    zoned = kind == "TIMESTAMPTZ_NS"
    finite = f"{expression} is not null" if zoned else f"isfinite({expression})"
    make = "make_timestamptz" if zoned else "make_timestamp"
    nanos = f"epoch_ns({expression})"
    return f"case when {finite} then {make}(({nanos} - if({nanos} < 0, 999, 0)) // 1000) end"


def _stream(relation: duckdb.DuckDBPyRelation) -> pa.RecordBatchReader:
    """The rows as a stream, by the name that this version of DuckDB has for it."""
    return (getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch)(_BATCH_ROWS)


def _way(reason: str) -> str:
    """What to do about an error of DuckDB."""
    if "Could not set lock" in reason:
        return "let the process that writes it close it first, or read a copy"
    if "different configuration" in reason:
        return "close this process's other connection to the file first"
    if "file system operations" in reason:
        return "where you trust the file, allow files outside it with external_access=True"
    return "check that it is a whole DuckDB file"


def is_duckdb(path: str | Path) -> bool:
    """Whether a file begins as DuckDB's do, or has one of their endings.

    >>> is_duckdb("app.duckdb"), is_duckdb("app.parquet")
    (True, False)
    """
    if str(path).lower().endswith((".duckdb", ".ddb", ".db")):
        return True
    if not Path(path).is_file():  # a pipe would be waited for
        return False
    try:
        with open(path, "rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return False
