"""CSV files as a log."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.source import BATCH, Task, check_columns, quoted
from churnlab.events.spec import LogSpec


@dataclass(frozen=True)
class CsvFiles:
    """CSV files with one header line each; all columns are text."""

    name: str
    files: tuple[str, ...]

    @property
    def rows(self) -> int:
        """The number of events if each took 32 bytes, or 4 in a compressed file."""
        return sum(Path(f).stat().st_size // (4 if f.endswith(".gz") else 32) for f in self.files)

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One task, in the order of the files."""
        check_columns(self.name, spec.wanted(), header(self.files[0])[0])
        return [Task(lambda: self._batches(spec), spec.days)]

    def _batches(self, spec: LogSpec) -> Iterator[pa.RecordBatch]:
        try:
            with duckdb.connect(":memory:") as connection:
                columns = self.relation(connection).project(quoted(spec.columns))
                yield from columns.to_arrow_reader(BATCH)
        except (duckdb.Error, OSError, UnicodeError, EOFError, pa.ArrowException) as error:
            name = self.files[0] if len(self.files) == 1 else self.name
            raise LogError.from_unreadable(name, str(error)) from error

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All files as one relation; LogError where a header differs from the first file's."""
        names, mark = header(self.files[0])
        for file in self.files[1:]:
            if header(file) != (names, mark):
                raise LogError.from_other_header(file, self.files[0])
        return connection.read_csv(
            list(self.files),
            header=True,
            sep=mark,
            quotechar='"',
            escapechar='"',
            auto_detect=False,
            columns=dict.fromkeys(names, "VARCHAR"),
        )


def header(file: str) -> tuple[list[str], str]:
    """The column names of a CSV file and its separator, the commonest mark of its first line."""
    try:
        with (
            gzip.open(file, "rt", encoding="utf-8-sig")
            if file.endswith(".gz")
            else open(file, encoding="utf-8-sig") as lines
        ):
            line = lines.readline()
    except (OSError, UnicodeError, EOFError) as error:
        raise LogError.from_unreadable(file, str(error)) from error
    mark = max(",;\t|", key=line.count)
    return next(csv.reader([line.rstrip("\r\n")], delimiter=mark), []), mark
