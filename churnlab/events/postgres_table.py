"""A table of PostgreSQL, read over ADBC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.addresses import holds_password
from churnlab.events.database_table import Read, SqlTable, driver_text, identifier, reading

_PLAIN = {"int2", "int4", "int8", "float4", "float8", "text", "varchar", "bool"}
_TIMES = {"timestamp", "timestamptz", "date"}
_WAY = (
    "check the server, the user's rights, and PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD "
    "in the environment"
)
_SETTINGS = """
select set_config('transaction_read_only', 'on', true), set_config('TimeZone', 'UTC', true),
  set_config('client_encoding', 'UTF8', true), set_config('standard_conforming_strings', 'on', true)
"""
# A domain counts as the type that it is made of.
_COLUMNS = """
select cast(cast(a.attrelid as regclass) as text) as relation, cast(a.attname as text) as name,
  cast(coalesce(base.typname, t.typname) as text) as kind
from pg_catalog.pg_attribute a
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_type base on base.oid = t.typbasetype
where a.attrelid = coalesce(to_regclass({}), to_regclass({}))
  and a.attnum > 0 and not a.attisdropped
order by a.attnum"""
_TABLES = """
select case when pg_catalog.pg_table_is_visible(c.oid) then c.relname
  else n.nspname || '.' || c.relname end as name
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
limit 10000"""


@dataclass(frozen=True, repr=False)
class PostgresTable(SqlTable):
    """A table or view of PostgreSQL, read in a read-only transaction.

    Needs `pip install churnlab[postgres]`. `uri` begins with "postgresql://" and may hold a host,
    port, database and user; what it leaves out comes from libpq's PG* variables, and a password
    always does. Numbers of type numeric come as double precision, types that Arrow lacks as text.
    `batch_bytes` is the approximate size of a batch. LogError for an address that is no URI or that
    holds a password.
    """

    uri: str
    table: str
    batch_bytes: int = 1 << 22

    def __post_init__(self) -> None:
        if not self.uri.startswith(("postgresql://", "postgres://")):
            way = "give one like postgresql://host:5432/database"
            raise LogError.from_unreadable("PostgreSQL", "the address is not a URI", way)
        if holds_password(self.uri):
            way = "take it out and set PGPASSWORD in the environment"
            raise LogError.from_password("PostgreSQL", way)

    @property
    def place(self) -> str:
        """The address without user and parameters."""
        return re.sub(r"://[^/?]*@", "://", self.uri).partition("?")[0]

    @contextmanager
    def _session(self) -> Iterator[Read]:
        library = driver()
        try:
            with ExitStack() as opened:
                connection = opened.enter_context(closing(library.connect(self.uri)))
                options = {"adbc.postgresql.batch_size_hint_bytes": self.batch_bytes}
                read = reading(connection, opened, options)
                read(_SETTINGS).read_all()
                yield read
        except (library.Error, pa.ArrowException, OSError) as error:
            raise LogError.from_unreadable(self.name, driver_text(error), _WAY) from None

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        names = [identifier(self.table), ".".join(map(identifier, self.table.split(".", 1)))]
        found = []
        if self.table and "\0" not in self.table:
            found = read(_COLUMNS.format(*map(_literal, names))).read_all().to_pylist()
        if not found:
            tables = read(_TABLES).read_all()["name"].to_pylist()
            raise LogError.from_no_table(self.place, self.table, tables)
        return found[0]["relation"], {row["name"]: row["kind"] for row in found}

    def _value(self, expression: str, kind: str) -> str:
        if kind in _TIMES:
            return f"case when isfinite({expression}) then {expression} end"
        if kind in _PLAIN:
            return expression
        if kind in ("numeric", "money"):  # money has no cast of its own to double precision
            return f"cast(cast({expression} as numeric) as double precision)"
        return f"cast({expression} as text)"


def driver() -> Any:
    """The ADBC driver, which the extra `postgres` installs; LogError without it."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        reason = "the ADBC driver is not installed"
        way = "pip install churnlab[postgres]"
        raise LogError.from_unreadable("PostgreSQL", reason, way) from None
    return dbapi


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
