"""A Delta table at one version, read by the deltalake package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from churnlab.errors import ConfigError, LogError
from churnlab.events.database_table import Read, SqlTable, in_one_line
from churnlab.kernels.units import DAY_MICROS

_WAY = "check the folder, the version, and that no vacuum took its files away"
_RELATION = "events"


@dataclass(frozen=True, repr=False)
class DeltaLake(SqlTable):
    """A Delta table at one version. Needs `pip install churnlab[delta]`.

    `folder` is a path or an address such as s3://bucket/events. The version is pinned when the
    table is first asked for anything: `asked`, or the newest. Deleted rows are left out, also
    where a deletion vector marks them. Only the columns that are asked for are read, and only
    files that can hold the days asked for.
    """

    folder: str
    asked: int | None = None
    table: str = _RELATION

    @property
    def version(self) -> int:
        """The version that is read."""
        return int(self._opened.version())

    @property
    def place(self) -> str:
        """The folder."""
        return self.folder

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"Delta table {self.folder}"

    @cached_property
    def _opened(self) -> Any:
        table = library().DeltaTable
        folder = self.folder if "://" in self.folder else str(Path(self.folder).resolve())
        with in_one_line(self.name, _WAY):
            if not table.is_deltatable(folder):
                way = "give the folder that holds _delta_log"
                raise LogError.from_unreadable(self.name, "there is no Delta table", way)
            newest = table(folder)
            if self.asked is None or self.asked == newest.version():
                return newest
            if self.asked > newest.version():
                raise LogError.from_version(self.name, self.asked, range(newest.version() + 1))
            return table(folder, version=self.asked)

    @contextmanager
    def _session(self) -> Iterator[Read]:
        opened = self._opened
        with in_one_line(self.name, _WAY):
            # Tasks run side by side, each with a query of its own on one thread.
            query = library().QueryBuilder({"datafusion.execution.target_partitions": "1"})
            query.register(_RELATION, opened)
            yield lambda statement: pa.RecordBatchReader.from_stream(query.execute(statement))

    def _columns(self, read: Read) -> tuple[str, dict[str, str]]:
        return _RELATION, {
            f.name: _kind(f.type) for f in pa.schema(self._opened.schema().to_arrow())
        }

    def _value(self, expression: str, kind: str) -> str:
        return expression

    def _bound(self, time: str, kind: str, micros: int) -> str:
        if kind == "DATE":
            return f"arrow_cast({-(-micros // DAY_MICROS)}, 'Date32')"
        zone = 'Some("UTC")' if kind == "TIMESTAMPTZ" else "None"
        return f"arrow_cast({micros}, 'Timestamp(Microsecond, {zone})')"


def _kind(kind: pa.DataType) -> str:
    """The name of a type as the statements of tables have it."""
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz is None else "TIMESTAMPTZ"
    return "DATE" if pa.types.is_date(kind) else str(kind)


def library() -> Any:
    """The package deltalake, which the extra `delta` installs; ConfigError without it."""
    try:
        import deltalake
    except ImportError:
        raise ConfigError.from_extra("a Delta table", "deltalake", "delta") from None
    return deltalake
