"""JSON Lines as a log: one JSON object a line, or one list of objects a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain

import pyarrow as pa

from churnlab.events.csv_header import distinct
from churnlab.events.file_system import File
from churnlab.events.json_columns import JsonColumn, below, identifier, kind_of, text
from churnlab.events.nested import Step, ValueOf, places_of
from churnlab.events.partitions import partition_of, with_folders, with_partition
from churnlab.events.plain_text import TextFile
from churnlab.events.source import Task, check_columns
from churnlab.events.spec import LogSpec
from churnlab.events.text_reader import Connection, Relation, alike, is_packed, rows_of

_SAMPLE = 20_000  # lines by which the kind of a column is told


@dataclass(frozen=True)
class JsonFiles:
    """JSON files; a property that a line lacks is null there.

    A column is of whole numbers, numbers or truth values where the first lines of the log hold only
    these in it, else text.
    """

    name: str
    files: tuple[File, ...]
    encoding: str | None = None

    @classmethod
    def of(cls, name: str, files: tuple[File, ...], spec: LogSpec | None) -> JsonFiles:
        """The files, in the encoding that the options of a log say."""
        return cls(name, files, None if spec is None else spec.encoding)

    @property
    def rows(self) -> int:
        """The number of events if each took 64 bytes, or 8 in a packed file."""
        return sum(f.size // (8 if is_packed(f.name) else 64) for f in self.files)

    @cached_property
    def texts(self) -> list[TextFile]:
        """How each file is packed and encoded; files without a byte are left out."""
        return [TextFile.of(f, self.encoding, "JSON Lines") for f in self.files if f.size]

    @cached_property
    def formats(self) -> list[str]:
        """How DuckDB reads each file: by lines, or as one list."""
        heads = (text.text(4096).lstrip() for text in self.texts)
        return ["array" if head.startswith("[") else "newline_delimited" for head in heads]

    def tasks(self, spec: LogSpec, threads: int) -> list[Task]:
        """One task, in the order of the files; LogError where no line has a wanted property."""
        columns = self._columns(spec)
        return [Task(lambda: self._batches(columns, spec), spec.days)]

    def _columns(self, spec: LogSpec) -> list[JsonColumn]:
        """Where the wanted columns are: by the first lines, or for a rare property by all lines.

        A property that no line has may be misspelt. It is null where a preset names it, or where
        the log is that of one day, on which nobody may have bought.
        """
        folders = with_folders((), self.files)
        if not self.texts:
            return []
        found = self._seen(spec, spec.columns, _SAMPLE)
        rare = [c for c in spec.columns if c not in found and c not in folders]
        found |= self._seen(spec, rare, None) if rare else {}
        if any(c not in found for c in rare):
            keys = self._keys(spec)
            if keys:  # else no line holds anything
                there = dict.fromkeys([*keys, *found, *folders])
                check_columns(self.name, _needed(spec), there)
        return [*found.values()]

    def _seen(
        self, spec: LogSpec, names: Sequence[str], limit: int | None
    ) -> dict[str, JsonColumn]:
        """The columns of some names that the lines have, with the kinds that they have there."""
        places = [JsonColumn(n, top, steps) for n in names for top, steps in _places(n)]
        kinds = [f"list(distinct json_type({below('json', (p.top, *p.steps))}))" for p in places]
        seen: list[set[str]] = [set() for _ in places]
        for batch in self._asked(spec, ", ".join(kinds), limit):
            for types, column in zip(seen, batch.columns, strict=True):
                types |= {t for row in column.to_pylist() for t in row or () if t is not None}
        found: dict[str, JsonColumn] = {}
        for place, types in zip(places, seen, strict=True):
            if types:
                found.setdefault(place.name, replace(place, kind=kind_of(types)))
        return found

    def _keys(self, spec: LogSpec) -> list[str]:
        """The properties that the first lines have."""
        batches = self._asked(spec, "json_keys(json)", _SAMPLE)
        rows = chain.from_iterable(batch.column(0).to_pylist() for batch in batches)
        return sorted({key for row in rows for key in row or ()})

    def _asked(self, spec: LogSpec, select: str, limit: int | None) -> Iterator[pa.RecordBatch]:
        """What SQL says of the first lines, or of all where there is no limit."""
        for (way, *_), texts in alike(self.texts, (), self.formats):
            related = partial(_asked_of, select=select, limit=limit, way=way)
            yield from rows_of(self.name, texts, spec, related)
            if limit:
                return

    def _batches(self, columns: list[JsonColumn], spec: LogSpec) -> Iterator[pa.RecordBatch]:
        outside = [c for c in spec.columns if c not in {f.name for f in columns}]
        for (way, *_), texts in alike(self.texts, outside, self.formats):
            values = partition_of(texts[0].file.path)
            related = partial(_related, columns=columns, way=way)
            for batch in rows_of(self.name, texts, spec, related):
                if columns:
                    arrays = [c.typed(a) for c, a in zip(columns, batch.columns, strict=True)]
                    batch = pa.record_batch(arrays, [c.name for c in columns])
                yield with_partition(batch, {c: values.get(c) for c in outside})

    def relation(self, connection: Connection) -> None:
        """None: the types of numbers are made batch by batch."""
        return None


def _places(name: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """The places that a name may mean; the first step may also be a key in a list of records."""
    for top, steps in places_of(name):
        yield top, tuple(steps)
        if steps and isinstance(steps[0], str):
            yield top, (ValueOf(steps[0]), *steps[1:])


def _needed(spec: LogSpec) -> dict[str, str]:
    """The columns that some line must have, by option."""
    known = () if spec.one_day else spec.wanted().keys() - spec.of_preset.keys()
    needed = {"user", "time", "event", *known}
    return {option: column for option, column in spec.wanted().items() if option in needed}


def _related(
    connection: Connection, paths: list[str], packing: str, *, columns: list[JsonColumn], way: str
) -> Relation:
    """The wanted columns of some files as one relation."""
    read = {c.top: "VARCHAR" for c in columns}
    read |= {c.top: "JSON" for c in columns if not c.plain}
    tops = {top: identifier(top) for top in read}
    how = f"format={text(way)}, compression={text(packing)}"
    if read and distinct(read):
        declared = ", ".join(f"{text(top)}: {text(kind)}" for top, kind in read.items())
        source = f"read_json({_several(paths)}, {how}, records=true, columns={{{declared}}})"
    else:  # DuckDB's names differ in more than upper and lower case
        source = f"read_json_objects({_several(paths)}, {how})"
        tops = {top: below("json", [top]) for top in read}
        read = dict.fromkeys(read, "JSON")
    shown = [f"{c.sql(tops[c.top], read[c.top])} as c{i}" for i, c in enumerate(columns)]
    return connection.sql(f"select {', '.join(shown) or '1'} from {source}")


def _asked_of(
    connection: Connection,
    paths: list[str],
    packing: str,
    *,
    select: str,
    limit: int | None,
    way: str,
) -> Relation:
    how = f"format={text(way)}, compression={text(packing)}"
    reader = f"read_json_objects({_several(paths)}, {how})"
    some = f"(select json from {reader} limit {limit})" if limit else reader
    return connection.sql(f"select {select} from {some}")


def _several(paths: Sequence[str]) -> str:
    return f"[{', '.join(map(text, paths))}]"
