"""The wanted columns of a frame or a table: its own, and those inside its own."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from churnlab.errors import LogError
from churnlab.events.nested import Step, at_path, steps_of
from churnlab.events.source import check_columns


class InnerColumns:
    """Makes the wanted columns of a log from batches of its outer columns.

    `wanted` takes options to columns, inner ones by a dotted path. `outer` are the columns to read.
    LogError for a column that the schema does not have.

    >>> batch = pa.record_batch({"who": ["ann"], "paid": [{"sum": 5}]})
    >>> wanted = {"user": "who", "amount": "paid.sum"}
    >>> InnerColumns("the frame", batch.schema, wanted).pick(batch).to_pylist()
    [{'who': 'ann', 'paid.sum': 5}]
    """

    def __init__(self, source: str, schema: pa.Schema, wanted: dict[str, str]) -> None:
        self.outer = outer_columns(source, schema.names, wanted)
        self.places = _places(schema.names, wanted)
        self.plain = not any(steps for _, steps in self.places.values())
        for option, column in wanted.items():
            top, steps = self.places[column]
            try:
                at_path(pa.nulls(0, schema.field(top).type), steps)
            except KeyError as error:
                raise LogError.from_missing_column(source, option, column, schema.names) from error

    def pick(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The wanted columns of a batch that has the columns `outer`."""
        if self.plain:
            return batch
        names = {c: at_path(batch.column(top), steps) for c, (top, steps) in self.places.items()}
        return pa.record_batch(names)

    def table(self, given: pa.Table) -> pa.Table:
        """The wanted columns of a table."""
        outer = given.select(self.outer)
        if self.plain:
            return outer
        empty = self.pick(pa.RecordBatch.from_pylist([], outer.schema))
        return pa.Table.from_batches([self.pick(b) for b in outer.to_batches()], empty.schema)


def outer_columns(source: str, present: Sequence[str], wanted: dict[str, str]) -> list[str]:
    """The columns that the wanted ones are, or lie in; LogError for one that is not there.

    >>> outer_columns("the frame", ["who", "paid"], {"user": "who", "amount": "paid.sum"})
    ['who', 'paid']
    """
    places = _places(present, wanted)
    check_columns(source, wanted, [*present, *(c for c in places if c not in present)])
    return list(dict.fromkeys(top for top, _ in places.values()))


def _places(present: Sequence[str], wanted: dict[str, str]) -> dict[str, tuple[str, list[Step]]]:
    """The column that each wanted one begins with, and the steps from there."""
    found = {column: steps_of(column, present) for column in wanted.values()}
    return {column: place for column, place in found.items() if place is not None}
