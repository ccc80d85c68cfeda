"""CSV files as a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.csv_header import Header, Style, distinct, read_header
from churnlab.events.file_system import File
from churnlab.events.partitions import partition_of, with_folders, with_partition
from churnlab.events.plain_text import TextFile, literal
from churnlab.events.source import Task, check_columns, quoted
from churnlab.events.spec import LogSpec
from churnlab.events.text_reader import Connection, Relation, alike, is_packed, rows_of


@dataclass(frozen=True)
class CsvFiles:
    """CSV files with the same columns; all columns are text."""

    name: str
    files: tuple[File, ...]
    style: Style = field(default_factory=Style)

    @classmethod
    def of(cls, name: str, files: tuple[File, ...], spec: LogSpec | None) -> CsvFiles:
        """The files, written as the options of a log say."""
        return cls(name, files, Style.of(spec))

    @property
    def rows(self) -> int:
        """The number of events if each took 32 bytes, or 4 in a packed file."""
        return sum(f.size // (4 if is_packed(f.name) else 32) for f in self.files)

    @cached_property
    def texts(self) -> list[TextFile]:
        """How each file is packed and encoded."""
        return [TextFile.of(f, self.style.encoding, "CSV") for f in self.files]

    @cached_property
    def headers(self) -> list[Header]:
        """The header of each file; LogError where one differs from the first file's."""
        found = [read_header(text, self.style) for text in self.texts]
        for file, header in zip(self.files, found, strict=True):
            if (header.names, header.separator) != (found[0].names, found[0].separator):
                raise LogError.from_other_header(file.name, self.files[0].name)
        return found

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One task, in the order of the files."""
        check_columns(self.name, spec.wanted(), with_folders(self.headers[0].names, self.files))
        return [Task(lambda: self._batches(spec), spec.days)]

    def _batches(self, spec: LogSpec) -> Iterator[pa.RecordBatch]:
        names = self.headers[0].names
        inside = [c for c in spec.columns if c in names]
        outside = [c for c in spec.columns if c not in names]
        for (skip, *_), texts in alike(self.texts, outside, [h.skip for h in self.headers]):
            related = partial(self._related, skip=skip, columns=inside)
            values = partition_of(texts[0].file.path)
            for batch in rows_of(self.name, texts, spec, related):
                yield with_partition(batch, {c: values.get(c) for c in outside})

    def _related(
        self,
        connection: Connection,
        paths: list[str],
        packing: str,
        *,
        skip: int,
        columns: Sequence[str],
    ) -> Relation:
        """Some columns of some files as one relation."""
        header = self.headers[0]
        found = connection.read_csv(
            paths,
            header=header.named,
            skiprows=skip,
            sep=header.separator,
            quotechar='"',
            escapechar='"',
            auto_detect=False,
            compression=packing,
            columns={f"c{i}": "VARCHAR" for i in range(len(header.names))},
        )
        shown = (f"c{header.names.index(c)} as {quoted([c])}" for c in columns)
        return found.project(", ".join(shown))

    def relation(self, connection: Connection) -> Relation | None:
        """All files as one relation; None where some have to be copied, or names are too alike."""
        names = self.headers[0].names
        groups = [*alike(self.texts, (), [h.skip for h in self.headers])]
        if len(groups) > 1 or not self.texts[0].direct or not distinct(names):
            return None
        (skip, *_), texts = groups[0]
        paths = [literal(t.file.path) for t in texts]
        return self._related(connection, paths, texts[0].packing, skip=skip, columns=names)
