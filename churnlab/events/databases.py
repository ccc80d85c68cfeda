"""Which table of which database an address names."""

from __future__ import annotations

from pathlib import Path

from churnlab.events.duckdb_table import DuckDBTable
from churnlab.events.postgres_table import PostgresTable


def open_database(
    address: str | Path,
    table: str | None,
    *,
    memory_limit: str = "1GB",
    threads: int | None = None,
    external_access: bool = False,
) -> DuckDBTable | PostgresTable | None:
    """The table of a `postgresql://` address or of a .duckdb, .ddb or .db file, looked up once.

    None when the address is neither. Raises LogError with near names where the table is missing or
    not named.
    """
    text = str(address)
    source: DuckDBTable | PostgresTable
    if text.startswith(("postgresql://", "postgres://")):
        source = PostgresTable(text, table or "")
    elif text.lower().endswith((".duckdb", ".ddb", ".db")):
        source = DuckDBTable(text, table or "", memory_limit, threads, external_access)
    else:
        return None
    source.schema()  # fails here when the table is not there
    return source
