"""Arrow batches on their way between Spark and a job: names, tags, sizes.

Spark takes no column name with a dot or a backtick, so the columns of every frame travel under
names of their own. Rows of other frames that belong to a person (snapshots of the user's own,
static attributes) travel among the person's events, marked in the column `TAG`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from churnlab.events.source import BATCH
from churnlab.events.spec import LogSpec

TAG = "churnlab_tag"
EVENT = 0
SNAPSHOT = 1
USER = 2


def travelling(tag: int, names: Iterable[str], texts: Collection[str] = ()) -> dict[str, str]:
    """The name under which each column of a frame travels among the events.

    `texts` are the columns that hold text.

    >>> travelling(USER, ["age", "channel"], texts=["channel"])
    {'age': 'churnlab_2_value_0', 'channel': 'churnlab_2_text_1'}
    """
    return {
        n: f"churnlab_{tag}_{'text' if n in texts else 'value'}_{i}" for i, n in enumerate(names)
    }


def is_text(travelling_name: str) -> bool:
    """True if the column with this travelling name holds text."""
    return "_text_" in travelling_name


def named(batches: Iterator[pa.RecordBatch], spec: LogSpec) -> Iterator[pa.RecordBatch]:
    """The batches with the event columns under the names that they have in the log."""
    names = {c: n for n, c in travelling(EVENT, spec.columns).items()}
    return (b.rename_columns([names.get(n, n) for n in b.schema.names]) for b in batches)


def larger(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at least BATCH rows, because Spark's hold 10,000 only."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held += [batch] if batch.num_rows else []
        if sum(b.num_rows for b in held) >= BATCH:
            yield pa.concat_batches(held)
            held = []
    if held:
        yield pa.concat_batches(held)


class Separated:
    """Batches with a TAG, separated into events and rows of other frames.

    `events` yields the event rows. The other rows are buffered, and complete only when that
    iterator is exhausted.
    """

    def __init__(self, user: str) -> None:
        self.user = user
        self.kept: dict[int, list[pa.RecordBatch]] = {SNAPSHOT: [], USER: []}

    def events(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The events of the batches."""
        for batch in batches:
            if TAG not in batch.schema.names:
                yield batch
                continue
            tag = batch.column(TAG)
            for other, kept in self.kept.items():
                kept.append(batch.filter(pc.equal(tag, other)))
            yield batch.filter(pc.equal(tag, EVENT))

    def frame(self, tag: int, columns: dict[str, str]) -> pd.DataFrame:
        """Buffered rows of the frame with this tag: user_id and `columns`, under their own names.

        `columns` gives each column its travelling name.
        """
        names = {"user_id": self.user, **columns}
        batches = [b for b in self.kept[tag] if b.num_rows]
        if not batches:
            kinds = {n: "str" if is_text(c) else "float64" for n, c in names.items()}
            return pd.DataFrame({n: pd.Series(dtype=kind) for n, kind in kinds.items()})
        table = pa.Table.from_batches(batches).select(list(names.values()))
        return table.rename_columns(list(names)).to_pandas()


def to_arrow(frame: pd.DataFrame, into: pa.Schema) -> pa.RecordBatch:
    """The columns of `into` as Arrow: numbers to the last bit, missing texts as null."""
    return pa.RecordBatch.from_arrays([_column(frame[f.name], f.type) for f in into], schema=into)


def _column(column: pd.Series, kind: pa.DataType) -> pa.Array:
    """One column as an Arrow array of a type."""
    if pa.types.is_string(kind):
        return pa.array(column.astype(object).where(column.notna(), None).to_numpy(), kind)
    if pa.types.is_list(kind):
        return pa.array(column.tolist(), kind)
    to = "datetime64[us]" if pa.types.is_timestamp(kind) else kind.to_pandas_dtype()
    return pa.array(column.to_numpy().astype(to), kind)
