"""Logs without events that are repeated, sorted out on disk by DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab.errors import LogError
from churnlab.events.batches import Reader
from churnlab.events.codes import Tables
from churnlab.events.file_system import local_file
from churnlab.events.parquet_files import ParquetFiles
from churnlab.events.source import Source, quoted
from churnlab.events.spec import LogSpec
from churnlab.events.text_errors import explained
from churnlab.schema.roles import Roles

_LEAST_MEMORY = 256  # MB, with which DuckDB still works


@dataclass(frozen=True)
class Disk:
    """A folder for the copies of one log."""

    spec: LogSpec
    threads: int
    folder: Path

    def without_repeats(self, source: Source) -> tuple[ParquetFiles, int]:
        """The log with one row for each event id, and how many rows were dropped.

        The earliest row is kept, whatever the order of the rows. Rows whose id is null or empty are
        all kept. With `days` only rows of these days are compared.
        """
        if self.spec.days is not None:
            source = self.spooled(source)
        wanted = self.spec.wanted()
        keys = ("time", "user", "event", *sorted(wanted))
        order = quoted(list(dict.fromkeys(wanted[k] for k in keys if k != "event_id")))
        event_id = quoted([wanted["event_id"]])
        nothing = f"coalesce(cast({event_id} as varchar), '') = ''"
        first = f"row_number() over (partition by {event_id} order by {order}) = 1"
        out, before, after = self._copy(
            source,
            f"select * from events where {nothing} union all "
            f"(select * from events where not {nothing} qualify {first})",
            "format parquet, compression lz4, per_thread_output true",
        )
        files = tuple(map(local_file, sorted(out.glob("*.parquet"))))
        return ParquetFiles(source.name, files), before - after

    def spooled(self, source: Source) -> ParquetFiles:
        """The log as one Parquet file, written batch by batch and restricted to `days`."""
        reader = Reader(source.name, self.spec, Tables(Roles()))
        file = self.folder / "spool.parquet"
        writer = None
        for task in source.tasks(self.spec, self.threads):
            for batch in task.batches():
                table = pa.table(reader.inside(batch, task.days)).select(self.spec.columns)
                if writer is None:
                    kinds = _without_dictionaries(table.schema)
                    writer = pq.ParquetWriter(
                        file, kinds, compression="lz4", write_page_checksum=True
                    )
                try:
                    writer.write_table(table.cast(kinds))
                except pa.ArrowException as error:
                    raise LogError.from_unreadable(source.name, str(error)) from error
        if writer is None:
            raise LogError.from_empty(source.name)
        writer.close()
        return ParquetFiles(source.name, (local_file(file),))

    def _copy(self, source: Source, select: str, options: str) -> tuple[Path, int, int]:
        """Write the rows that `select` makes of the table `events` into a fresh folder.

        Returns the folder and the number of rows before and after.
        """
        out = self.folder / f"copy{len(list(self.folder.iterdir()))}"
        out.mkdir()
        with duckdb.connect(":memory:") as connection:
            for setting, value in self._settings().items():
                connection.execute(f"set {setting} = '{value}'")
            try:
                relation = source.relation(connection)
                if relation is None or not {*self.spec.columns} <= {*relation.columns}:
                    relation = self.spooled(source).relation(connection)
                assert relation is not None
                relation.project(quoted(self.spec.columns)).create_view("events")
                before = _count(connection, "select count(*) from events")
                after = _count(connection, f"copy ({select}) to '{out}' ({options})")
            except duckdb.Error as error:
                raise explained(source.name, error, {}) from error
        return out, before, after

    def _settings(self) -> dict[str, object]:
        """The settings of DuckDB: within the memory and the cores that the log may use."""
        return {
            "memory_limit": f"{max(self.spec.memory // 2**20, _LEAST_MEMORY)}MB",
            "threads": self.threads,
            "temp_directory": str(self.folder / "temp"),
            "preserve_insertion_order": False,
            "TimeZone": "UTC",
            "autoinstall_known_extensions": False,
        }


def _without_dictionaries(schema: pa.Schema) -> pa.Schema:
    """The schema with the types of the values in place of dictionaries."""
    return pa.schema(
        [f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in schema]
    )


def _count(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    """The number that a statement gives, for `copy` that of the rows written."""
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
