"""Address: where runs are kept, a folder of this machine or an MLflow store by its address."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy

from churnlab.errors import ModelError
from churnlab.model_registry.run_folder import plain

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
PATIENCE_SECONDS = 10
_OF_MLFLOW = ("databricks", "databricks-uc", "uc")
_AMAZON = "arn:aws:"
_PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
_SQLITE = "sqlite"
_IN_MEMORY = (None, "", ":memory:")


def is_address(store: str | Path) -> bool:
    """Whether a store is named by an address of MLflow, and not by a folder.

    >>> [is_address(store) for store in ("runs", "https://mlflow.shop", "databricks", Path("uc"))]
    [False, True, True, False]
    """
    if isinstance(store, Path):
        return False
    given = store.strip()
    return "://" in given or given in _OF_MLFLOW or given.startswith(_AMAZON)


@dataclass(frozen=True)
class Address:
    """Where runs are kept.

    `uri` is MLflow's address. `folder` holds mlflow.db and artifacts; None where the store is a
    server or a database.
    """

    uri: str
    folder: Path | None = None

    @classmethod
    def of(cls, store: str | Path) -> Address:
        """The address of a store that was given as a folder, a file:// address or a URI.

        Raises ModelError where the name cannot be one of a folder.

        >>> Address.of("HTTPS://mlflow.shop").uri, Address.of("/data/who?").uri
        ('https://mlflow.shop', 'sqlite+pysqlite:////data/who%3F/mlflow.db')
        """
        scheme, separator, rest = str(store).strip().partition("://")
        if is_address(store) and scheme.lower() != "file":
            return cls(f"{scheme.lower()}{separator}{rest}")
        try:
            folder = Path(unquote(rest) if is_address(store) else store).resolve()
            return cls(_database_of(folder), folder)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError.from_store(ascii(str(store)), str(error)) from error

    def __str__(self) -> str:
        return plain(str(self.folder or self.uri))

    @property
    def artifacts(self) -> str | None:
        """The address of artifacts beside the database; None where the store decides.

        MLflow would put the artifacts of a SQLite database into the working directory.

        >>> Address.of("/data/runs").artifacts, Address.of("https://mlflow.shop").artifacts
        ('file:///data/runs/artifacts', None)
        """
        folder = self.folder
        if folder is None and self._scheme() == _SQLITE:
            folder = Path(str(sqlalchemy.make_url(self.uri).database)).resolve().parent
        return None if folder is None else (folder / ARTIFACTS).as_uri()

    def here(self, noted: str, tail: str) -> str:
        """The present address of artifacts: MLflow `noted` an earlier one, which ends in `tail`.

        A folder of runs may have been moved or copied since it was noted.

        >>> there = "file:///old/runs/artifacts/r1/artifacts"
        >>> Address.of("/data/runs").here(there, "r1/artifacts")
        'file:///data/runs/artifacts/r1/artifacts'
        >>> Address.of("https://mlflow.shop").here("s3://runs/r1/artifacts", "r1/artifacts")
        's3://runs/r1/artifacts'
        """
        if self.folder is None or not noted.endswith(f"/{ARTIFACTS}/{tail}"):
            return noted
        return f"{self.artifacts}/{tail}"

    def _scheme(self) -> str:
        return urlsplit(self.uri).scheme.partition("+")[0]

    def holds_runs(self) -> bool:
        """Whether a store may be there: a folder without a database has none.

        >>> Address.of("/nowhere").holds_runs(), Address.of("https://mlflow.shop").holds_runs()
        (False, True)
        """
        try:
            return self.folder is None or (self.folder / DATABASE).exists()
        except OSError:
            return False

    def try_writing(self) -> None:
        """Raises OSError where a folder of runs cannot be written; leaves nothing there."""
        if self.folder is not None:
            for place in (self.folder, self.folder / ARTIFACTS):
                with tempfile.TemporaryFile(dir=_nearest(place)):
                    pass

    def try_opening(self) -> None:
        """Raises an error soon where a database cannot be opened; MLflow tries for 101 seconds."""
        scheme = self._scheme()
        if scheme not in (*_PORTS, _SQLITE):
            return
        url = sqlalchemy.make_url(self.uri)
        if scheme == _SQLITE and url.database in _IN_MEMORY:
            raise ModelError.from_store(str(self), "it is in memory, and runs would be lost")
        if url.host and scheme in _PORTS:
            port = url.port or _PORTS[scheme]
            socket.create_connection((url.host, port), PATIENCE_SECONDS).close()
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            sqlalchemy.inspect(connection).get_table_names()


def _database_of(folder: Path) -> str:
    """MLflow's address of the database in a folder.

    MLflow takes the rest of `sqlite:///` for the path itself and would make a folder of that name,
    so a name that needs quoting has the long scheme, which it leaves to SQLAlchemy.
    """
    path = os.fspath(folder / DATABASE)
    uri = sqlalchemy.URL.create("sqlite", database=path).render_as_string()
    return uri if uri == f"sqlite:///{path}" else uri.replace("sqlite:", "sqlite+pysqlite:", 1)


def _nearest(folder: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    for place in (folder, *folder.parents):
        with suppress(NotADirectoryError):
            if place.exists():
                return place
    return folder
