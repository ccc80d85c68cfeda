"""Which table an address or a path names: of a database, of Delta, or of Iceberg."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

from churnlab.errors import ConfigError
from churnlab.events.adbc_table import AdbcTable
from churnlab.events.addresses import (
    POSTGRES,
    TABLES,
    file_of,
    folder_of,
    normal,
    parts_of_adbc,
    scheme_of,
)
from churnlab.events.delta_table import DeltaLake
from churnlab.events.duckdb_table import DuckDBTable, is_duckdb
from churnlab.events.iceberg_table import METADATA, IcebergTable
from churnlab.events.postgres_table import PostgresTable
from churnlab.events.sqlite_table import SqliteTable, is_sqlite
from churnlab.events.table_folders import DELTA, ICEBERG, kind_of

Table: TypeAlias = DuckDBTable | PostgresTable | SqliteTable | AdbcTable | DeltaLake | IcebergTable


def open_database(
    address: str | Path,
    table: str | None,
    *,
    memory_limit: str = "1GB",
    threads: int | None = None,
    external_access: bool = False,
    version: int | None = None,
) -> Table | None:
    """The table of an address, of a DuckDB or SQLite file, or of a Delta or Iceberg folder.

    None for files of other kinds. A Delta table is pinned to `version`, an Iceberg table to the
    snapshot of that id; both to the newest without it. Raises LogError with near names where the
    table is missing or not named, and where the scheme of the address is not known; ConfigError
    for a version of anything else.
    """
    text = _here(normal(str(address)))
    scheme = scheme_of(text)
    source: Table | None
    if scheme in POSTGRES:
        source = PostgresTable(text, table or "")
    elif scheme == "adbc":
        driver, rest = parts_of_adbc(text)
        source = _by_driver(driver, rest, table or "")
    elif scheme.startswith("delta"):
        source = DeltaLake(folder_of(text), version)
    elif scheme == "iceberg":
        source = IcebergTable(text, version)
    elif scheme in ("sqlite", "duckdb"):
        source = _by_driver(scheme, file_of(text), table or "")
    elif text.endswith(METADATA):
        source = IcebergTable(text, version)
    else:
        source = None if scheme else _of_path(text, table or "", version)
    if isinstance(source, DuckDBTable):
        source = DuckDBTable(source.path, source.table, memory_limit, threads, external_access)
    if not isinstance(source, DeltaLake | IcebergTable):
        check_no_version(version)
    if source is not None:
        source.schema()  # fails here when the table is not there
    return source


def is_table(place: str) -> bool:
    """Whether a path or an address names a table, and no files.

    >>> is_table("delta:///srv/events"), is_table("app.duckdb"), is_table("s3://bucket/a.parquet")
    (True, True, False)
    """
    place = _here(place)
    scheme = scheme_of(place)
    if scheme or place.endswith(METADATA):
        return place.endswith(METADATA) or scheme.partition("+")[0] in TABLES
    return kind_of(place) is not None or is_sqlite(place) or is_duckdb(place)


def _here(place: str) -> str:
    """The path of an address `file://`; anything else as it is."""
    if scheme_of(place) != "file":
        return place
    return unquote(normal(place).partition("://")[2].removeprefix("localhost"))


def check_no_version(version: int | None) -> None:
    """ConfigError where a version was given for a log that keeps none."""
    if version is not None:
        raise ConfigError.from_range("version", version, "it with a Delta or Iceberg table alone")


def _by_driver(driver: str, address: str, table: str) -> Table:
    """The table behind an ADBC driver; PostgreSQL, SQLite and DuckDB have readers of their own."""
    if driver in POSTGRES:
        return PostgresTable(address, table)
    if driver == "sqlite":
        return SqliteTable(address, table)
    return DuckDBTable(address, table) if driver == "duckdb" else AdbcTable(driver, address, table)


def _of_path(path: str, table: str, version: int | None) -> Table | None:
    """The table that a file or folder of this machine is, by what is in it or by its name."""
    kind = kind_of(path)
    if kind == DELTA:
        return DeltaLake(path, version)
    if kind == ICEBERG:
        return IcebergTable(path, version)
    if is_sqlite(path):
        return SqliteTable(path, table)
    return DuckDBTable(path, table) if is_duckdb(path) else None
