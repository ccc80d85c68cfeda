"""A table of any database that has an ADBC driver, by the driver's name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa

from churnlab.errors import ConfigError, LogError
from churnlab.errors.secrets import without_secrets
from churnlab.events.addresses import holds_password
from churnlab.events.database_table import Read, SqlTable, driver_text, identifier, reading

_BACKTICKS = ("bigquery", "databricks", "mysql", "spark")  # databases that quote names by `


@dataclass(frozen=True, repr=False)
class AdbcTable(SqlTable):
    """A table or view of a database, read whole over its ADBC driver.

    `driver` is the driver's name, such as snowflake: a package `adbc_driver_snowflake` that is
    installed, or a driver that ADBC's own driver manager finds. `uri` goes to the driver as it is;
    `${NAME}` in it stands for a variable of the environment, where passwords belong. `table` may
    name its schema ("app.events"). LogError for an address that holds a password,
    ConfigError for a driver that is no name.
    """

    driver: str
    uri: str
    table: str

    def __post_init__(self) -> None:
        if not self.driver.replace("-", "_").isidentifier():
            raise ConfigError.from_type("the ADBC driver", self.driver, "a name like snowflake")
        if holds_password(self.uri):
            way = "write ${NAME} in its place and set NAME in the environment"
            raise LogError.from_password(self.driver, way)

    @property
    def place(self) -> str:
        """The driver and the address, without secrets."""
        return f"{self.driver} ({without_secrets(self.uri)})"

    def span(self, time: str) -> None:
        """None: what a comparison of times means differs between databases, so all is read."""
        return None

    @contextmanager
    def _session(self) -> Iterator[Read]:
        manager = _manager()
        try:
            with ExitStack() as opened:
                connection = manager.connect(
                    driver=_library(self.driver),
                    db_kwargs={"uri": os.path.expandvars(self.uri)},
                    autocommit=True,
                )
                opened.enter_context(closing(connection))
                yield reading(connection, opened, {})
        except (manager.Error, pa.ArrowException, OSError) as error:
            way = f"check the address, and that the driver is there: pip install {_package(self)}"
            raise LogError.from_unreadable(self.name, driver_text(error), way) from None

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        if not self.table:
            raise LogError.from_no_table(self.place, self.table, ())
        relation = ".".join(map(self._quoted, self.table.split(".")))
        schema = read(f"select * from {relation} where 1 = 0").schema
        return relation, {field.name: str(field.type) for field in schema}

    def _selected(self, columns: Iterable[str], kinds: dict[str, str]) -> str:
        return ", ".join(map(self._quoted, dict.fromkeys(columns)))

    def _value(self, expression: str, kind: str) -> str:
        return expression

    def _quoted(self, name: str) -> str:
        if self.driver in _BACKTICKS:
            return "`" + name.replace("`", "``") + "`"
        return identifier(name)


def _package(table: AdbcTable) -> str:
    return f"adbc-driver-{table.driver}"


def _manager() -> Any:
    """ADBC's driver manager, which the extras `postgres` and `sqlite` install."""
    try:
        from adbc_driver_manager import dbapi
    except ImportError:
        package = "adbc-driver-manager"
        raise ConfigError.from_extra("a database by its ADBC driver", package, "adbc") from None
    return dbapi


def _library(driver: str) -> str:
    """The file of the driver in its Python package, or its name for the driver manager."""
    name = f"adbc_driver_{driver}"
    found = find_spec(name) if name.isidentifier() else None
    if found is None or found.origin is None:
        return driver
    files = sorted(Path(found.origin).parent.glob(f"*{name}*.so"))
    return str(files[0]) if files else driver
