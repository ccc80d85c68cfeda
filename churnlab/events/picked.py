"""The wanted columns of a file: its own, those inside its own, and those that its folders name."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.file_system import File
from churnlab.events.nested import Step, at_path, steps_of
from churnlab.events.partitions import partition_of, with_partition
from churnlab.events.source import check_columns


class Picker:
    """Makes the wanted columns of a log from the batches of one file.

    `wanted` takes options to columns. `read` are the columns to read, inner ones by a dotted path.
    LogError for a column that the file does not have.
    """

    def __init__(self, file: File, schema: pa.Schema, wanted: dict[str, str]) -> None:
        columns = list(dict.fromkeys(wanted.values()))
        found = {c: steps_of(c, schema.names) for c in columns}
        self.steps = {c: place for c, place in found.items() if place is not None}
        parts = partition_of(file.path)
        self.outside = {c: parts[c] for c in columns if c not in self.steps and c in parts}
        inner = [c for c in (*self.steps, *self.outside) if c not in schema.names]
        others = {*parts, *inner} - {*schema.names}
        check_columns(file.name, wanted, [*schema.names, *others])
        self._check_steps(file, schema, wanted)
        self.plain = not inner
        self.read = list(dict.fromkeys(_to_read(schema, *place) for place in self.steps.values()))
        if not self.read:
            self.read = schema.names[:1]  # for the number of rows

    def _check_steps(self, file: File, schema: pa.Schema, wanted: dict[str, str]) -> None:
        """LogError for a step into a column that its type does not have."""
        for option, column in wanted.items():
            top, steps = self.steps.get(column, ("", []))
            try:
                at_path(pa.nulls(0, schema.field(top).type), steps) if steps else None
            except KeyError as error:
                known = [f.name for f in schema]
                raise LogError.from_missing_column(file.name, option, column, known) from error

    def pick(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The wanted columns of a batch of the columns `read`."""
        if self.plain:
            return batch
        found = with_partition(batch, {c: v for c, v in self.outside.items()})
        for name, (top, steps) in self.steps.items():
            if steps:
                found = found.append_column(name, at_path(batch.column(top), steps))
        return found


def _to_read(schema: pa.Schema, top: str, steps: Sequence[Step]) -> str:
    """The column to read: an inner one where no list stands between, else the whole column."""
    kind, path = schema.field(top).type, [top]
    for step in steps:
        if not isinstance(step, str) or not pa.types.is_struct(kind):
            return top
        kind = kind.field(step).type
        path.append(step)
    return ".".join(path)
