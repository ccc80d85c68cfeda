"""An Iceberg table at one snapshot, read by the pyiceberg package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.errors import ConfigError, LogError
from churnlab.events.addresses import scheme_of
from churnlab.events.database_table import in_one_line

METADATA = ".metadata.json"
_WAY = "check the table, and that its files are still there"


@dataclass(frozen=True)
class IcebergTable:
    """An Iceberg table at one snapshot. Needs `pip install churnlab[iceberg]`.

    `place` is `iceberg://catalogue/namespace.table` of a catalogue in pyiceberg's configuration,
    a metadata file (….metadata.json), or the table's folder, whose newest metadata file counts.
    The snapshot is pinned when the table is first asked for anything: `asked`, or the current one.
    Deleted rows are left out; a table with equality deletes is refused.
    """

    place: str
    asked: int | None = None

    @property
    def name(self) -> str:
        """The table in messages."""
        return f"Iceberg table {self.place}"

    @property
    def version(self) -> int | None:
        """The id of the snapshot that is read; None for a table without one."""
        if self.asked is not None:
            return self.asked
        current = self._opened.current_snapshot()
        return None if current is None else int(current.snapshot_id)

    @cached_property
    def _opened(self) -> Any:
        with in_one_line(self.name, _WAY):
            found = self._found()
            ids = [snapshot.snapshot_id for snapshot in found.snapshots()]
            if self.asked is not None and self.asked not in ids:
                raise LogError.from_version(self.name, self.asked, ids, "snapshot")
            return found

    def _found(self) -> Any:
        """The table by its address, its metadata file or its folder."""
        if scheme_of(self.place) == "iceberg":
            catalogue, _, table = self.place.partition("://")[2].partition("/")
            return _library().catalog.load_catalog(catalogue).load_table(table.replace("/", "."))
        file = self.place if self.place.endswith(METADATA) else newest_metadata(self.place)
        return _library().table.StaticTable.from_metadata(file)

    def schema(self) -> pa.Schema:
        """Names and Arrow types of all columns."""
        with in_one_line(self.name, _WAY):
            return _library().io.pyarrow.schema_to_pyarrow(self._scan(("*",)).projection())

    def span(self, time: str) -> tuple[int, int] | None:
        """The first and the last time in microseconds, nulls left out; None where there is none."""
        if not _has_days(self.schema().field(time).type):
            return None
        ends: list[int] = []
        for batch in self.batches([time], time, None, None):
            found = pc.min_max(_as_micros(batch.column(0)))
            ends += [end for end in (found["min"].as_py(), found["max"].as_py()) if end is not None]
        return (min(ends), max(ends)) if ends else None

    def lacks(self, time: str) -> bool:
        """Whether the time is null in any row."""
        if self.schema().field(time).nullable:
            return any(b.column(0).null_count for b in self.batches([time], time, None, None))
        return False

    def batches(
        self, columns: Sequence[str], time: str, low: int | None, high: int | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows with `low <= time < high` in microseconds, streamed; None leaves an end open."""
        names = list(dict.fromkeys(columns))
        with in_one_line(self.name, _WAY):
            scan = self._scan(tuple(names), self._filter(time, low, high))
            for batch in scan.to_arrow_batch_reader():
                yield batch.select(names)

    def _scan(self, columns: tuple[str, ...], condition: Any = None) -> Any:
        given = {} if condition is None else {"row_filter": condition}
        return self._opened.scan(
            selected_fields=columns, snapshot_id=self.version, case_sensitive=True, **given
        )

    def _filter(self, time: str, low: int | None, high: int | None) -> Any:
        """The bounds as an expression of pyiceberg; None without bounds."""
        expressions = _library().expressions
        kind = self.schema().field(time).type
        signs = ((expressions.GreaterThanOrEqual, low), (expressions.LessThan, high))
        parts = [sign(time, _literal(kind, at)) for sign, at in signs if at is not None]
        return expressions.And(*parts) if len(parts) == 2 else parts[0] if parts else None


def _has_days(kind: pa.DataType) -> bool:
    """Whether days can be asked of a column of that type."""
    return pa.types.is_date32(kind) or (pa.types.is_timestamp(kind) and kind.unit == "us")


def _as_micros(column: pa.Array) -> pa.Array:
    zone = getattr(column.type, "tz", None)
    return column.cast(pa.timestamp("us", tz=zone)).cast(pa.int64())


def _literal(kind: pa.DataType, micros: int) -> str:
    """Microseconds as text of the column's own type; a date is rounded up."""
    at = np.datetime64(micros, "us")
    if pa.types.is_date(kind):
        return str((at - np.timedelta64(1, "us")).astype("datetime64[D]") + 1)
    return str(at) + ("+00:00" if kind.tz else "")


def _library() -> Any:
    """The package pyiceberg, which the extra `iceberg` installs."""
    try:
        import pyiceberg.catalog
        import pyiceberg.expressions
        import pyiceberg.io.pyarrow
        import pyiceberg.table
    except ImportError:
        raise ConfigError.from_extra("an Iceberg table", "pyiceberg", "iceberg") from None
    return pyiceberg


def newest_metadata(folder: str) -> str:
    """The metadata file of a table's folder: the one that its version hint names, or the newest.

    LogError where there is none, or where two are the newest.
    """
    inside = Path(folder) / "metadata"
    hint = inside / "version-hint.text"
    if hint.is_file():
        text = hint.read_text("utf-8").strip()
        name = f"v{text}" if text.isdecimal() else text.removesuffix(METADATA)
        return str(inside / f"{name}{METADATA}")
    numbered = sorted((_number(file), str(file)) for file in inside.glob(f"*{METADATA}"))
    if not numbered:
        way = "give a file that ends in .metadata.json, or iceberg://catalogue/namespace.table"
        raise LogError.from_unreadable(f"Iceberg table {folder}", "no metadata file", way)
    if len(numbered) > 1 and numbered[-1][0] == numbered[-2][0]:
        way = f"give one of the files, such as {numbered[-1][1]}"
        raise LogError.from_unreadable(f"Iceberg table {folder}", "two metadata files are new", way)
    return numbered[-1][1]


def _number(file: Path) -> int:
    """The number of a metadata file: 3 of v3.metadata.json and of 00003-….metadata.json."""
    found = re.match(r"v?(\d+)", file.name)
    return int(found[1]) if found else -1
