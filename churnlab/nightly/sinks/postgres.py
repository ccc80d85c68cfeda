"""A table of PostgreSQL: the rows of a day are replaced in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from churnlab.errors import ConfigError, LogError, SinkError
from churnlab.events.addresses import holds_password
from churnlab.events.database_table import driver_text, identifier
from churnlab.events.postgres_table import driver
from churnlab.nightly.changes import changes_table
from churnlab.nightly.lists.contract import ID, columns_of
from churnlab.nightly.lists.publication import Publication

_TYPES = {"string": "text", "int64": "bigint", "double": "double precision"}
_FIRST = {column.name for column in columns_of(1)}  # a table without these is another's


@dataclass(frozen=True, repr=False)
class PostgresSink:
    """A table of PostgreSQL, made at the first list: the columns of the list, one row a person.

    Columns that an older table lacks are added. A second table, named `<table>_changes`, has who
    entered, left and moved since the last list, replaced in the same transaction.

    Needs `pip install churnlab[postgres]`. `uri` may hold a host, port, database and user; what it
    leaves out comes from libpq's PG* variables, and a password always does. `table` may name its
    schema ("crm.churn_list"). A writer holds a lock on the table, so that two of them take turns,
    and readers see the old rows until the new ones are there. ConfigError for a password in the
    address.
    """

    uri: str
    table: str = "churn_list"

    def __post_init__(self) -> None:
        if holds_password(self.uri):
            way = "take it out and set PGPASSWORD in the environment"
            raise ConfigError.from_password("the address of a sink", way)
        if not self.table.strip() or "\0" in self.table:
            raise ConfigError.from_range("table", self.table, "the name of a table")

    @property
    def name(self) -> str:
        """The address without user and parameters, and the table."""
        place = re.sub(r"://[^/?]*@", "://", self.uri).partition("?")[0]
        return f"{place} table {self.table}"

    def check(self) -> None:
        """Raise SinkError if the server does not answer, ConfigError without the driver."""
        with self._transaction() as (_, cursor):
            cursor.execute("select 1")
            cursor.fetchall()

    def write(self, given: Publication) -> str:
        """Replace the rows of the list's day, and return the name of the place.

        Raises SinkError; then the server has rolled back.
        """
        with self._transaction() as (connection, cursor):
            _Relation(self.table, f"as_of, {ID}").replace(cursor, given.table, given.as_of)
            changes = _Relation(f"{self.table}_changes", f"as_of, {ID}, change, reason")
            changes.replace(cursor, changes_table(given.changes, given.ids), given.as_of)
            connection.commit()
        return self.name

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Any, Any]]:
        """A connection and a cursor; what is not committed is rolled back."""
        dbapi = _driver()
        try:
            with ExitStack() as opened:
                connection = opened.enter_context(closing(dbapi.connect(self.uri)))
                yield connection, opened.enter_context(closing(connection.cursor()))
        except (dbapi.Error, pa.ArrowException, OSError) as error:
            raise SinkError.from_refused(self.name, driver_text(error)) from None


@dataclass(frozen=True)
class _Relation:
    """A table by its name, which may hold its schema, and its primary key."""

    table: str
    key: str

    def replace(self, cursor: Any, rows: pa.Table, as_of: str) -> None:
        """Put rows in the place of those of a day; the table is made or widened where need be."""
        kinds = {field.name: _TYPES[str(field.type)] for field in rows.schema}
        columns = [f"{identifier(name)} {kind}" for name, kind in kinds.items()]
        made = f"{', '.join(columns)}, primary key ({self.key})"
        cursor.execute(f"create table if not exists {self._quoted} ({made})")
        cursor.execute(f"lock table {self._quoted} in share row exclusive mode")
        cursor.execute(f"select * from {self._quoted} limit 0")
        there = set(cursor.fetch_arrow_table().column_names)
        new = [f"add column {c}" for n, c in zip(kinds, columns, strict=True) if n not in there]
        if new and there >= _FIRST:
            cursor.execute(f"alter table {self._quoted} {', '.join(new)}")
        cursor.execute(f"delete from {self._quoted} where as_of = '{as_of}'")
        if not len(rows):
            return
        *space, name = self.table.split(".", 1)
        cursor.adbc_ingest(name, rows, mode="append", db_schema_name=space[0] if space else None)

    @property
    def _quoted(self) -> str:
        return ".".join(map(identifier, self.table.split(".", 1)))


def _driver() -> Any:
    try:
        return driver()
    except LogError as error:
        package = "adbc-driver-postgresql"
        raise ConfigError.from_extra("a list in PostgreSQL", package, "postgres") from error
